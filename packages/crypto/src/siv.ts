/**
 * Deterministic authenticated encryption, for what several replicas must seal to equal bytes.
 *
 * `iv = HMAC-SHA256(K_mac, u64le(len context) ‖ context ‖ plaintext)[0..16]`, body = AES-256-CTR under `K_enc` from that
 * iv. The iv is the tag. Equal inputs give equal bytes; different plaintexts meet the same key stream only if the MAC
 * collides, whatever is replayed, rolled back or forked.
 *
 * @see Pha protocol §5
 * @see RFC 5297 (the idea; this is not AES-SIV)
 */

import { assert } from "@pha/scale";
import { backend } from "#backend";
import { aes256Ctr } from "./aead.ts";

export const SIV_OVERHEAD_BYTES = 16;

export interface SivKeys {
  /** 32 bytes. */
  readonly macKey: Uint8Array;
  /** 32 bytes. */
  readonly encKey: Uint8Array;
}

/** 16 bytes of iv, then as many as the plaintext has. */
export function sivSeal(
  input: SivKeys & { readonly context: Uint8Array; readonly plaintext: Uint8Array },
): Uint8Array {
  const iv = syntheticIv(input, input.context, input.plaintext);
  const out = new Uint8Array(SIV_OVERHEAD_BYTES + input.plaintext.length);
  out.set(iv);
  out.set(aes256Ctr(input.encKey, iv, input.plaintext), SIV_OVERHEAD_BYTES);
  return out;
}

/** Plaintext, or `undefined` when anything differs from what was sealed. */
export function sivOpen(
  input: SivKeys & { readonly context: Uint8Array; readonly sealed: Uint8Array },
): Uint8Array | undefined {
  if (input.sealed.length < SIV_OVERHEAD_BYTES) return undefined;
  const iv = input.sealed.subarray(0, SIV_OVERHEAD_BYTES);
  const plaintext = aes256Ctr(input.encKey, iv, input.sealed.subarray(SIV_OVERHEAD_BYTES));
  const expected = syntheticIv(input, input.context, plaintext);
  let difference = 0;
  // No early exit: the time must not say how much of a forged tag was right.
  for (let i = 0; i < SIV_OVERHEAD_BYTES; i++) difference |= (iv[i] ?? 0) ^ (expected[i] ?? 0);
  return difference === 0 ? plaintext : undefined;
}

function syntheticIv(keys: SivKeys, context: Uint8Array, plaintext: Uint8Array): Uint8Array {
  assert(keys.macKey.length === 32 && keys.encKey.length === 32, "SIV keys have 32 bytes each");
  const data = new Uint8Array(8 + context.length + plaintext.length);
  new DataView(data.buffer).setBigUint64(0, BigInt(context.length), true);
  data.set(context, 8);
  data.set(plaintext, 8 + context.length);
  return backend.hmacSha256(keys.macKey, data).slice(0, SIV_OVERHEAD_BYTES);
}
