/**
 * Secret URIs: `phrase/soft//hard///password`, the way Substrate tools write keys.
 *
 * The phrase is BIP-39 English words or a 32-byte hex seed; without one it is the public development phrase.
 * Errors name what is wrong, never the text itself.
 *
 * @see polkadot-sdk sp-core "SecretUri"
 * @see substrate-bip39 (seed from entropy, not from the words)
 */

import { concatBytes, encode, fail, ok, parseHex, type Result, str, utf8 } from "@pha/scale";
import { mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { backend } from "#backend";
import { deriveEthereumSecret } from "./bip32.ts";
import { DEV_SEED } from "./development-pair.ts";
import { type EcdsaPair, ecdsaFromSecret } from "./ecdsa.ts";
import { type Ed25519Pair, ed25519FromSeed } from "./ed25519.ts";
import { blake2b256 } from "./hash.ts";
import { junctionsOf } from "./junctions.ts";
import {
  type Sr25519Pair,
  sr25519DeriveHard,
  sr25519DeriveSoft,
  sr25519FromSeed,
} from "./sr25519.ts";

/** Known to everyone: for development chains only. Its seed is `DEV_SEED`. */
export const DEV_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

export interface PairOf {
  readonly sr25519: Sr25519Pair;
  readonly ed25519: Ed25519Pair;
  readonly ecdsa: EcdsaPair;
  /** secp256k1 with BIP-44 paths, `phrase/m/44'/60'/0'/0/0`. */
  readonly ethereum: EcdsaPair;
}

export type KeyScheme = keyof PairOf;

export interface SecretUriError {
  readonly code: "crypto/bad-secret-uri";
  readonly reason:
    | "bad-phrase"
    | "bad-seed"
    | "bad-path"
    /** The scheme derives hard (`//`) only. */
    | "soft-derivation"
    | "bad-secret";
}

/** Key pair that `uri` names under `scheme`; takes about a millisecond for a phrase. */
export function pairFromUri<S extends KeyScheme>(
  uri: string,
  scheme: S,
): Result<PairOf[S], SecretUriError> {
  const parsed = parseSecretUri(uri);
  return parsed.ok ? SCHEMES[scheme](parsed.value) : parsed;
}

interface SecretUri {
  readonly phrase: string;
  readonly path: string;
  readonly password: string;
}

function parseSecretUri(uri: string): Result<SecretUri, SecretUriError> {
  const passwordAt = uri.indexOf("///");
  const before = passwordAt < 0 ? uri : uri.slice(0, passwordAt);
  const pathAt = before.indexOf("/");
  const phrase = pathAt < 0 ? before : before.slice(0, pathAt);
  const path = pathAt < 0 ? "" : before.slice(pathAt);
  if (!/^(\/\/?[^/]+)*$/.test(path)) return refuse("bad-path");
  return ok({
    phrase: phrase === "" ? DEV_PHRASE : phrase,
    path,
    password: passwordAt < 0 ? "" : uri.slice(passwordAt + 3),
  });
}

type Scheme<S extends KeyScheme> = (uri: SecretUri) => Result<PairOf[S], SecretUriError>;

const SCHEMES: { readonly [S in KeyScheme]: Scheme<S> } = {
  sr25519: (uri) => {
    const seed = seedOf(uri);
    if (!seed.ok) return seed;
    let pair = sr25519FromSeed(seed.value);
    for (const { hard, chainCode } of junctionsOf(uri.path))
      pair = hard ? sr25519DeriveHard(pair, chainCode) : sr25519DeriveSoft(pair, chainCode);
    return ok(pair);
  },
  ed25519: (uri) => {
    const seed = hardSeed(uri, "Ed25519HDKD");
    return seed.ok ? ok(ed25519FromSeed(seed.value)) : seed;
  },
  ecdsa: (uri) => {
    const secret = hardSeed(uri, "Secp256k1HDKD");
    return secret.ok ? ecdsaPair(secret.value) : secret;
  },
  ethereum: (uri) => {
    if (uri.phrase.startsWith("0x")) {
      if (uri.path !== "") return refuse("bad-path");
      const seed = seedOf(uri);
      return seed.ok ? ecdsaPair(seed.value) : seed;
    }
    if (entropyOf(uri.phrase) === undefined) return refuse("bad-phrase");
    const salt = utf8(`mnemonic${uri.password}`.normalize("NFKD"));
    const seed = backend.pbkdf2Sha512(utf8(uri.phrase.normalize("NFKD")), salt, ROUNDS, 64);
    const secret = deriveEthereumSecret(seed, uri.path);
    return secret === undefined ? refuse("bad-path") : ecdsaPair(secret);
  },
};

const ROUNDS = 2048;

/** 32-byte mini secret of a hex seed or of a phrase. */
function seedOf(uri: SecretUri): Result<Uint8Array, SecretUriError> {
  if (uri.phrase.startsWith("0x")) {
    const seed = parseHex(uri.phrase, 32);
    return seed.ok && seed.value.length === 32 ? ok(seed.value) : refuse("bad-seed");
  }
  if (uri.phrase === DEV_PHRASE && uri.password === "") return ok(DEV_SEED);
  const entropy = entropyOf(uri.phrase);
  if (entropy === undefined) return refuse("bad-phrase");
  return ok(miniSecretFromEntropy(entropy, uri.password).slice(0, 32));
}

/** 64 bytes, of which the first 32 are the mini secret. Entropy is 16 to 32 bytes. */
export function miniSecretFromEntropy(entropy: Uint8Array, password: string): Uint8Array {
  return backend.pbkdf2Sha512(entropy, utf8(`mnemonic${password}`), ROUNDS, 64);
}

/** Entropy that the words stand for; `undefined` for unknown words or a wrong checksum. */
export function entropyOf(phrase: string): Uint8Array | undefined {
  try {
    return mnemonicToEntropy(phrase, wordlist);
  } catch {
    // unknown word, wrong count or wrong checksum
    return undefined;
  }
}

function hardSeed(uri: SecretUri, label: string): Result<Uint8Array, SecretUriError> {
  const seed = seedOf(uri);
  if (!seed.ok) return seed;
  let current = seed.value;
  for (const { hard, chainCode } of junctionsOf(uri.path)) {
    if (!hard) return refuse("soft-derivation");
    current = blake2b256(concatBytes(encode(str, label), current, chainCode));
  }
  return ok(current);
}

function ecdsaPair(secret: Uint8Array): Result<EcdsaPair, SecretUriError> {
  const pair = ecdsaFromSecret(secret);
  return pair === undefined ? refuse("bad-secret") : ok(pair);
}

function refuse(reason: SecretUriError["reason"]): Result<never, SecretUriError> {
  return fail({ code: "crypto/bad-secret-uri", reason });
}
