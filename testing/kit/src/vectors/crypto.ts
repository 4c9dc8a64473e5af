/** Vectors of `@pha/crypto`: hashes, AEAD, signatures, derivation, addresses, transcripts, VRF. */
import { utf8ToText } from "@pha/scale";
import { aesGcmCases, hashCases, isHashFile } from "./crypto/hash-cases.ts";
import { isObject, type Json, type JsonObject } from "./crypto/json.ts";
import { bip39Cases, phraseKeyCases, ss58Cases, uriCases } from "./crypto/key-cases.ts";
import { ed25519Cases, multiSignatureCases, sr25519Cases } from "./crypto/signature-cases.ts";
import { merlinCases, vrfCases } from "./crypto/transcript-cases.ts";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

interface Format {
  /** Start of the file's name, folders aside. */
  readonly name: string;
  readonly matches: (file: Json) => boolean;
  readonly cases: (file: Json) => readonly VectorCase[];
}

function objectFormat(
  name: string,
  matches: (file: JsonObject) => boolean,
  cases: (file: JsonObject) => readonly VectorCase[],
): Format {
  return {
    name,
    matches: (file) => isObject(file) && matches(file),
    cases: (file) => (isObject(file) ? cases(file) : []),
  };
}

const has =
  (...fields: readonly string[]) =>
  (file: JsonObject): boolean =>
    fields.some((field) => field in file);

const FORMATS: readonly Format[] = [
  objectFormat("hashes", isHashFile, hashCases),
  objectFormat("aes-256-gcm", has("cases"), aesGcmCases),
  objectFormat("ed25519", has("fromSeed", "verify"), ed25519Cases),
  objectFormat(
    "sr25519",
    has("fromSeed", "verify", "deriveHard", "deriveSoft", "derivePublicSoft", "agreement"),
    sr25519Cases,
  ),
  objectFormat("multi-signature", has("messageUtf8"), multiSignatureCases),
  {
    name: "seed-phrase-keys",
    matches: (file) => Array.isArray(file),
    cases: (file) => (Array.isArray(file) ? phraseKeyCases(file) : []),
  },
  objectFormat("substrate-bip39", has("cases"), bip39Cases),
  objectFormat("suri", has("cases"), uriCases),
  objectFormat("ss58", has("encode", "evmToSubstrate", "multisigAndDerived"), ss58Cases),
  objectFormat("merlin", has("transcripts", "strobe128"), merlinCases),
  objectFormat("vrf", has("cases"), vrfCases),
];

export const loadCryptoVectors: VectorLoader = ({ name, bytes }) => {
  const base = name.slice(name.lastIndexOf("/") + 1);
  const format = FORMATS.find((candidate) => base.startsWith(candidate.name));
  if (format === undefined || !base.endsWith(".json")) return undefined;
  const file: Json = JSON.parse(utf8ToText(bytes) ?? "null");
  return format.matches(file) ? format.cases(file) : undefined;
};
