/** Policy as the chain stores it, and what other pallets ask of attestation. */
import type { AttestationResult } from "@pha/attestation";
import type { HasEnv } from "@pha/frame";
import type { WorkerRole } from "@pha/protocol";
import { type CodecType, struct, u8, u16, u64 } from "@pha/scale";

/** Demands beside allow-list and deny-list. */
export const Policy = struct(
  {
    /** Least security version of a platform. */
    minSvn: u16,
    maxAgeMs: u64,
    /** Worst confidence level of a worker: 1 to 5, 128 admits simulated platforms. */
    worstWorker: u8,
    worstGatekeeper: u8,
  },
  { path: ["pha_runtime", "pha_attestation", "Policy"] },
);
export type Policy = CodecType<typeof Policy>;

export interface EvidenceInput {
  readonly evidence: Uint8Array;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  readonly role: WorkerRole;
}

/** Verifies and appraises evidence by the chain's own policy; refuses the call when it is not good enough. */
export interface EvidenceVerifier {
  attest(ctx: HasEnv, input: EvidenceInput): AttestationResult;
}
