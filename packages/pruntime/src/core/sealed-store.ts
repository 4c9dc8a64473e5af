/**
 * Content of the sealed store: identity and light-client checkpoint (protocol §1), what a gatekeeper has heard of what may get
 * keys up to that checkpoint, and its shares on presets that allow `sealed-shares`.
 */
import { LightClientCheckpoint } from "@pha/consensus";
import { type CodecType, decode, fixedBytes, option, struct, u8, u32, u64, vec } from "@pha/scale";
import { AdmissionRecord } from "./admissions.ts";

export const SealedShare = struct({ generation: u64, seat: u8, share: fixedBytes(32) });
export type SealedShare = CodecType<typeof SealedShare>;

export const SealedContent = struct({
  /**
   * Newest version that the chain has registered with it, `major << 16 | minor << 8 | patch`: first, so that any program can
   * read it. One that was never registered may still be taken back.
   */
  version: u32,
  /** Seed of the sr25519 identity. */
  identitySeed: fixedBytes(32),
  checkpoint: LightClientCheckpoint,
  shares: vec(SealedShare, 8),
  /** Of gatekeepers. */
  admissions: option(AdmissionRecord),
});
export type SealedContent = CodecType<typeof SealedContent>;

/** Newest version that was registered with the content; `undefined` when it is too short to have one. */
export function sealedBy(content: Uint8Array): number | undefined {
  const version = decode(u32, content.slice(0, 4));
  return version.ok ? version.value : undefined;
}
