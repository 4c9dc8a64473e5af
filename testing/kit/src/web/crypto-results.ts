/**
 * What one half of crypto answers to everything: third-party vectors, our golden vectors, seeded random and hostile
 * input. It runs in Node, in the web half under Node and in Chromium; equal halves give equal results.
 */
import { sr25519FromSeed, sr25519Sign, sr25519Verify } from "@pha/crypto";
import { fromHex, toHex } from "@pha/scale";
import { seeded } from "../decoders/valid-bytes.ts";
import { loadCryptoVectors } from "../vectors/crypto.ts";
import { goldenVectors } from "../workspace/golden-vectors.ts";
import { type Drawn, drawFrom, PROBES } from "./crypto-probes.ts";

export interface VectorFile {
  readonly name: string;
  readonly text: string;
}

export interface CryptoInput {
  readonly seed: number;
  /** Draws for each probe. */
  readonly draws: number;
  readonly vectorFiles: readonly VectorFile[];
}

export interface CryptoResults {
  /** `file: case` → `pass`, or why it failed. */
  readonly vectors: Readonly<Record<string, string>>;
  /** File of docs/vectors → its content. */
  readonly golden: Readonly<Record<string, string>>;
  /** `probe/draw` → what the half answered, as text. */
  readonly probes: Readonly<Record<string, string>>;
}

export function cryptoResults({ seed, draws, vectorFiles }: CryptoInput): CryptoResults {
  return {
    vectors: Object.fromEntries(vectorFiles.flatMap(runFile)),
    golden: Object.fromEntries(
      [...goldenVectors()].map(([name, value]) => [name, `${JSON.stringify(value, null, 1)}\n`]),
    ),
    probes: Object.fromEntries(
      Object.entries(PROBES).flatMap(([name, probe], at) => {
        // Every probe has numbers of its own: a new one does not change the others.
        const drawn = drawFrom(seeded(seed + at));
        return Array.from({ length: draws }, (_, i) => [`${name}/${i}`, answer(probe, drawn)]);
      }),
    ),
  };
}

function answer(probe: (drawn: Drawn) => unknown, drawn: Drawn): string {
  return JSON.stringify(probe(drawn), (_key, value: unknown) => {
    if (value instanceof Uint8Array) return toHex(value);
    return typeof value === "bigint" ? `${value}n` : value === undefined ? "undefined" : value;
  });
}

function runFile({ name, text }: VectorFile): readonly (readonly [string, string])[] {
  const cases = loadCryptoVectors({ name, bytes: new TextEncoder().encode(text) });
  if (cases === undefined) return [[name, "no format fits the file"]];
  return cases.map((vector) => {
    try {
      return [`${name}: ${vector.name}`, vector.run()?.skip ?? "pass"];
    } catch (error) {
      return [`${name}: ${vector.name}`, error instanceof Error ? error.message : String(error)];
    }
  });
}

/** A signature with fresh entropy: each half makes its own, and the other must accept it. */
export interface SignedText {
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

export function signTexts(count: number): readonly SignedText[] {
  return Array.from({ length: count }, (_, i) => {
    const pair = sr25519FromSeed(new Uint8Array(32).fill(i + 1));
    const message = new Uint8Array(i * 7).fill(i);
    const signature = sr25519Sign(pair, message);
    return {
      publicKey: toHex(pair.publicKey),
      message: toHex(message),
      signature: toHex(signature),
    };
  });
}

/** Verdict on each signature, and on each with one bit flipped. */
export function verifyTexts(
  texts: readonly SignedText[],
): readonly { readonly own: boolean; readonly flipped: boolean }[] {
  return texts.map(({ publicKey, message, signature }, i) => {
    const [key, text, bytes] = [fromHex(publicKey), fromHex(message), fromHex(signature)];
    const other = bytes.slice();
    other[i % 63] = (other[i % 63] ?? 0) ^ 1;
    return {
      own: sr25519Verify(key, text, bytes),
      flipped: sr25519Verify(key, text, other),
    };
  });
}
