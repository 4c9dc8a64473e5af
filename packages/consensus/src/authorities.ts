/** Weighted authority lists, as BABE and GRANDPA digests carry them. */
import { type Codec, fixedBytes, mapCodec, tuple, u64, vec } from "@pha/scale";

/** Substrate chains have up to about a thousand; a digest with more is refused. */
export const MAX_AUTHORITIES = 10_000;

export interface Authority {
  /** Public key, 32 bytes: sr25519 for BABE, ed25519 for GRANDPA. */
  readonly key: Uint8Array;
  readonly weight: bigint;
}

export const Authority: Codec<Authority> = mapCodec(
  tuple(fixedBytes(32), u64),
  ([key, weight]) => ({ key, weight }),
  ({ key, weight }): [Uint8Array, bigint] => [key, weight],
);

export const Authorities: Codec<readonly Authority[]> = vec(Authority, MAX_AUTHORITIES);

export function totalWeightOf(authorities: readonly Authority[]): bigint {
  let total = 0n;
  for (const { weight } of authorities) total += weight;
  return total;
}
