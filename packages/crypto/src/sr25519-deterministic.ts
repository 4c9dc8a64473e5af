/**
 * sr25519 signatures whose randomness is an argument: pRuntime's core draws all its entropy from one recorded seed, so
 * that a run replays to the same bytes. About a millisecond; everybody else uses `sr25519Sign`.
 */

import { assert } from "@pha/scale";
import { sign } from "@scure/sr25519";
import type { Sr25519Pair } from "./sr25519.ts";

/** @param entropy 32 fresh bytes, mixed into the nonce as schnorrkel does */
export function sr25519SignDeterministic(
  pair: Sr25519Pair,
  message: Uint8Array,
  entropy: Uint8Array,
): Uint8Array {
  assert(entropy.length === 32, "the nonce's entropy has 32 bytes");
  return sign(pair.secretKey, message, entropy);
}
