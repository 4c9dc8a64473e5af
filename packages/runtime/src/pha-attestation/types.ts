/** Policy as the chain stores it, and what other pallets ask of attestation. */
import {
  type AttestationResult,
  CollateralItem,
  CollateralSlot,
  closedList,
  type Demands,
  EVIDENCE_KINDS,
  PLATFORM_ATTRIBUTES,
  PRODUCT_LINES,
  type SnpProductLine,
  UNMET_CODES,
} from "@pha/attestation";
import type { HasEnv } from "@pha/frame";
import type { WorkerRole } from "@pha/protocol";
import {
  bool,
  boundedStr,
  type Codec,
  type CodecType,
  option,
  type Result,
  struct,
  u8,
  u16,
  u32,
  u64,
  variant,
  variants,
  vec,
} from "@pha/scale";

const path = (name: string) => ({ path: ["pha_runtime", "pha_attestation", name] });

const named = <const T extends string>(names: readonly T[], name: string): Codec<T> =>
  closedList(names, path(name).path);

const SNP_LINES = ["Milan", "Genoa", "Turin"] as const satisfies readonly SnpProductLine[];

const RoleDemand = struct(
  { maxAgeMs: u64, serveMs: u64, maxBlockAge: u32, named: bool },
  path("RoleDemand"),
);
const Tcb = struct(
  { fmc: option(u8), bootloader: u8, tee: u8, snp: u8, microcode: u8 },
  path("SnpTcb"),
);
export const ProductLine = named(PRODUCT_LINES, "ProductLine");
const LineDemand = struct(
  {
    line: ProductLine,
    minSvn: u16,
    /** 1 to 5; 128 of simulated platforms; 0 refuses the role. */
    worstConfidence: struct({ worker: u8, gatekeeper: u8 }, path("WorstConfidence")),
  },
  path("LineDemand"),
);
const AmdLevel = struct(
  { line: named(SNP_LINES, "SnpProductLine"), tcb: Tcb, confidence: u8 },
  path("AmdLevel"),
);

/** Demands beside allow-lists and deny-list; see `Demands` for the fields. */
export const Policy: Codec<Demands> = struct(
  {
    lines: vec(LineDemand, 32),
    roles: struct({ worker: RoleDemand, gatekeeper: RoleDemand }, path("Roles")),
    toleratedAttributes: vec(named(PLATFORM_ATTRIBUTES, "PlatformAttribute"), 32),
    refusedAdvisories: vec(boundedStr(32), 128),
    signed: bool,
    graceMs: u64,
    amdLevels: vec(AmdLevel, 32),
  },
  path("Policy"),
);
export type Policy = Demands;

/** A policy that counts from a block on. */
export const PendingPolicy = struct({ policy: Policy, since: u32 }, path("PendingPolicy"));

export const Signer = struct({ minProgramSvn: u16, since: u32 }, path("Signer"));

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
