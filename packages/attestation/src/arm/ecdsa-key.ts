/** Keys of Arm tokens, and the signatures that they check. */
import { type EcdsaCurve, ecdsaVerify, isEcdsaPublicKey } from "@pha/crypto";
import { decodeCbor, isCborMap } from "../cose/cbor.ts";
import type { CoseAlgorithm, Sign1 } from "../cose/sign1.ts";

export interface EcdsaKey {
  readonly curve: EcdsaCurve;
  /** `x ‖ y`: 64 or 96 bytes. */
  readonly publicKey: Uint8Array;
}

const CURVE_OF: Readonly<Record<CoseAlgorithm, EcdsaCurve>> = { ES256: "P-256", ES384: "P-384" };
const KEY_TYPE_EC2 = 2n;
const COSE_CURVES = new Map<bigint, { curve: EcdsaCurve; bytes: number; algorithm: bigint }>([
  [1n, { curve: "P-256", bytes: 32, algorithm: -7n }],
  [2n, { curve: "P-384", bytes: 48, algorithm: -35n }],
]);
const UNCOMPRESSED = 4;

/** A good signature by a key of the algorithm's curve. */
export function verifySign1(message: Sign1, { curve, publicKey }: EcdsaKey): boolean {
  const { algorithm, signed, signature } = message;
  if (CURVE_OF[algorithm] !== curve) return false;
  const digest = curve === "P-256" ? "SHA-256" : "SHA-384";
  return ecdsaVerify({ curve, digest, publicKey, message: signed, signature });
}

/** Reads a COSE_Key, or an uncompressed point as older tokens have it; `undefined` when it is neither or off the curve. */
export function parseRealmKey(bytes: Uint8Array): EcdsaKey | undefined {
  const key = bytes[0] === UNCOMPRESSED ? rawPoint(bytes) : coseKey(bytes);
  return key !== undefined && isEcdsaPublicKey(key.curve, key.publicKey) ? key : undefined;
}

function rawPoint(bytes: Uint8Array): EcdsaKey | undefined {
  const publicKey = bytes.subarray(1);
  if (publicKey.length === 96) return { curve: "P-384", publicKey };
  return publicKey.length === 64 ? { curve: "P-256", publicKey } : undefined;
}

function coseKey(bytes: Uint8Array): EcdsaKey | undefined {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok || !isCborMap(decoded.value)) return undefined;
  const map = decoded.value;
  const [type, algorithm, id, x, y] = [1n, 3n, -1n, -2n, -3n].map((label) => map.get(label));
  const named = typeof id === "bigint" ? COSE_CURVES.get(id) : undefined;
  if (type !== KEY_TYPE_EC2 || named === undefined) return undefined;
  if (algorithm !== undefined && algorithm !== named.algorithm) return undefined;
  if (!(x instanceof Uint8Array) || !(y instanceof Uint8Array)) return undefined;
  if (x.length !== named.bytes || y.length !== named.bytes) return undefined;
  const publicKey = new Uint8Array(2 * named.bytes);
  publicKey.set(x);
  publicKey.set(y, named.bytes);
  return { curve: named.curve, publicKey };
}
