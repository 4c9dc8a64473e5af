/** Policy as the chain stores it, and what other pallets ask of attestation. */
import {
  type AttestationResult,
  type Demands,
  DemandsCodec,
  EVIDENCE_KINDS,
  ProductLineCodec,
  SignerRecord,
  UNMET_CODES,
} from "@pha/attestation";
import type { HasEnv } from "@pha/frame";
import { CollateralItem, CollateralSlot, closedList, type WorkerRole } from "@pha/protocol";
import {
  boundedStr,
  type Codec,
  type CodecType,
  type Result,
  struct,
  u8,
  u32,
  variant,
  variants,
  vec,
} from "@pha/scale";

const path = (name: string) => ({ path: ["pha_runtime", "pha_attestation", name] });

const named = <const T extends string>(names: readonly T[], name: string): Codec<T> =>
  closedList(names, path(name).path);

export const ProductLine = ProductLineCodec;

/** Demands beside allow-lists and deny-list; see `Demands` for the fields. */
export const Policy = DemandsCodec;
export type Policy = Demands;

/** A policy that counts from a block on. */
export const PendingPolicy = struct({ policy: Policy, since: u32 }, path("PendingPolicy"));

export const Signer = SignerRecord;

/** What governance says of platforms beside what vendors sign. */
export const EntryChange = variants(
  { Put: variant(0, CollateralItem), Remove: variant(1, CollateralSlot) },
  path("EntryChange"),
);
export type EntryChange = CodecType<typeof EntryChange>;

/** Slots that are taken: of what vendors sign, and of what governance says. */
export const CollateralCounts = struct({ signed: u32, entries: u32 }, path("CollateralCounts"));

/** How often evidence of a kind was verified in this block. */
export const Verifications = vec(
  struct({ kind: u8, count: u32 }, path("Verifications")),
  Object.keys(EVIDENCE_KINDS).length,
);

export interface EvidenceInput {
  readonly evidence: Uint8Array;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  readonly role: WorkerRole;
  /** Blocks between the one that the report data names and this one. */
  readonly blockAge: number;
}

/** Why evidence that was good does not satisfy any more. */
export const GradeLoss = variants(
  {
    /** A demand of the policy; the first that is not met. */
    Unmet: variant(
      0,
      named(
        UNMET_CODES.map((code) => code.slice("appraisal/".length)),
        "UnmetDemand",
      ),
    ),
    /** Code of the verifier's refusal. */
    NotVerified: variant(1, boundedStr(64)),
  },
  path("GradeLoss"),
);
export type GradeLoss = CodecType<typeof GradeLoss>;

/** Evidence that was taken once, as the registry keeps it. */
export interface ShownEvidence extends EvidenceInput {
  /** Unix milliseconds: when it was taken. */
  readonly shownAtMs: bigint;
  /** Unix milliseconds until which certificates and collateral held when it was looked at last. */
  readonly validUntilMs: bigint | undefined;
}

/** Verifies and appraises evidence by the chain's own policy. */
export interface EvidenceVerifier {
  /** Refuses the call when the evidence is not good enough. */
  attest(ctx: HasEnv, input: EvidenceInput): AttestationResult;
  /** The same for evidence that was taken before, by what the chain knows now. */
  regrade(ctx: HasEnv, input: ShownEvidence): Result<AttestationResult, GradeLoss>;
  /** Unix milliseconds until which it counts. */
  dueMs(ctx: HasEnv, input: Pick<ShownEvidence, "role" | "shownAtMs" | "validUntilMs">): bigint;
  /** Grows with every change of policy, lists or collateral. */
  revision(ctx: HasEnv): number;
}
