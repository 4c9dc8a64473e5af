/**
 * sr25519 signatures from before November 2019, which lack the marker bit.
 *
 * Only for checking old statements; nothing that decides today accepts one. Since the marker is missing, such bytes
 * could as well be an ed25519 signature.
 *
 * @see polkadot-spec "ext_crypto_sr25519_verify" version 1
 */
import { ristretto255 } from "@noble/curves/ed25519.js";
import { equalBytes, utf8 } from "@pha/scale";
import { isBelowGroupOrder } from "./ed25519-rule.ts";
import { littleEndian } from "./little-endian.ts";
import { createTranscript } from "./merlin.ts";
import { isNeutral, sr25519Verify } from "./sr25519.ts";

/** Accepts what `sr25519Verify` accepts, and unmarked signatures of the old transcript. */
export function sr25519VerifyDeprecated(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 64 || publicKey.length !== 32 || isNeutral(publicKey)) return false;
  if (((signature[63] ?? 0) & 0x80) !== 0) return sr25519Verify(publicKey, message, signature);
  if (!isBelowGroupOrder(signature, 32)) return false;
  const { Point } = ristretto255;
  const r = signature.subarray(0, 32);
  const transcript = createTranscript("substrate");
  transcript.append("sign-bytes", message);
  transcript.append("proto-name", utf8("Schnorr-sig"));
  transcript.append("pk", publicKey);
  transcript.append("no", r);
  const k = Point.Fn.create(littleEndian(transcript.challenge("", 64)));
  const s = littleEndian(signature.subarray(32));
  try {
    const expected = Point.BASE.multiplyUnsafe(s).subtract(
      Point.fromBytes(publicKey).multiplyUnsafe(k),
    );
    return equalBytes(expected.toBytes(), r);
  } catch {
    // not the canonical encoding of a point
    return false;
  }
}
