/**
 * Content of the sealed store: identity and light-client checkpoint (protocol §1), and the shares of a gatekeeper on
 * presets that allow `sealed-shares`.
 */
import { LightClientCheckpoint } from "@pha/consensus";
import { type CodecType, fixedBytes, struct, u8, u64, vec } from "@pha/scale";

export const SealedShare = struct({ generation: u64, seat: u8, share: fixedBytes(32) });
export type SealedShare = CodecType<typeof SealedShare>;

export const SealedContent = struct({
  /** Seed of the sr25519 identity. */
  identitySeed: fixedBytes(32),
  checkpoint: LightClientCheckpoint,
  shares: vec(SealedShare, 8),
});
export type SealedContent = CodecType<typeof SealedContent>;
