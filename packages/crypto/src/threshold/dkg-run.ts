/** What every message of one DKG run is bound to. */
import { assert, type Codec, encode, fixedBytes, struct, u8, u64 } from "@pha/scale";
import { decodeG1, encodeG1, G1_BASE, G1_BYTES, hashToG1, multiplySecretG1 } from "./bls.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { transcriptHash } from "./hash.ts";
import { deriveScalar, scalarToBytes } from "./scalar.ts";
import { isThreshold } from "./seats.ts";

export interface DkgRun {
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  readonly runId: bigint;
  readonly generation: bigint;
  /** Seats, 1 … 31. */
  readonly n: number;
  /** Shares that make a key, 1 … n. */
  readonly t: number;
}

const DkgRunCodec: Codec<DkgRun> = struct({
  genesisHash: fixedBytes(32),
  runId: u64,
  generation: u64,
  n: u8,
  t: u8,
});

/**
 * Hash of the run and of its one-time keys (32 bytes).
 *
 * A dealer that saw another key of some seat is thus refused in public, instead of being accused later.
 *
 * @param oneTimePublicKeys one per seat, in seat order
 */
export function dkgContext(run: DkgRun, oneTimePublicKeys: readonly Uint8Array[]): Uint8Array {
  assert(isThreshold(run.n, run.t), "a run has 1 ≤ t ≤ n ≤ 31");
  assert(oneTimePublicKeys.length === run.n, "a run has one key per seat");
  return transcriptHash(THRESHOLD_DOMAINS.context, [
    encode(DkgRunCodec, run),
    ...oneTimePublicKeys,
  ]);
}

export interface OneTimeKeypair {
  /** Scalar, 32 bytes. */
  readonly secret: Uint8Array;
  /** Compressed G₁, 48 bytes. */
  readonly publicKey: Uint8Array;
}

/** Key that one seat uses in one run: dealers encrypt to it, and it is erased when the run ends. */
export function oneTimeKeypair(seed32: Uint8Array): OneTimeKeypair {
  const secret = deriveScalar(THRESHOLD_DOMAINS.oneTimeKey, seed32, []);
  return {
    secret: scalarToBytes(secret),
    publicKey: encodeG1(multiplySecretG1(G1_BASE, secret)),
  };
}

const EmptySeat = struct({ run: DkgRunCodec, seat: u8 });

/**
 * One-time key of a seat that nobody holds in a run: a point by hashing, so that its share opens for nobody. It lets the
 * others make a key of n seats, any t of which are enough, although some are not there.
 */
export function emptySeatKey(run: DkgRun, seat: number): Uint8Array {
  assert(isThreshold(run.n, run.t) && seat < run.n, "the run has the seat");
  return encodeG1(hashToG1(encode(EmptySeat, { run, seat }), THRESHOLD_DOMAINS.emptySeat));
}

/** Is this a canonical point of the right group, and not the identity? */
export function isOneTimePublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === G1_BYTES && decodeG1(publicKey) !== undefined;
}
