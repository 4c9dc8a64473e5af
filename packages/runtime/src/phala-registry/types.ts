/** Records of workers, and what other pallets and the registry say to each other. */
import {
  type AttestationResult,
  GradeRecord,
  MAX_ADVISORY_BYTES,
  MAX_GRADE_ADVISORIES,
  type Vendor,
} from "@pha/attestation";
import { accountId, type HasEnv } from "@pha/frame";
import {
  Ed25519Key,
  Hash,
  ProgramVersion,
  type Registration,
  Sr25519Key,
  type SuspensionReason,
} from "@pha/protocol";
import {
  type CodecType,
  option,
  struct,
  u8,
  u32,
  u64,
  unit,
  utf8,
  variant,
  variants,
  vec,
} from "@pha/scale";

/** How a worker was attested; the first three are the original's, of which nobody gets the first two any more. */
export const AttestationProvider = variants(
  {
    Root: variant(0, unit),
    Ias: variant(1, unit),
    Dcap: variant(2, unit),
    SevSnp: variant(16, unit),
    Nitro: variant(17, unit),
    Cca: variant(18, unit),
    Android: variant(19, unit),
    AzureVtpm: variant(20, unit),
    AzureTdx: variant(21, unit),
    Simulated: variant(255, unit),
  },
  { path: ["phala_types", "AttestationProvider"] },
);

export type AttestationProvider = CodecType<typeof AttestationProvider>;

const PROVIDER_OF: Readonly<Record<Vendor, AttestationProvider["type"]>> = {
  simulated: "Simulated",
  intel: "Dcap",
  amd: "SevSnp",
  aws: "Nitro",
  arm: "Cca",
  google: "Android",
  microsoft: "AzureVtpm",
};

export function providerOf({
  vendor,
  line,
}: Pick<AttestationResult, "vendor" | "line">): AttestationProvider {
  const type = line === "azure-tdx" ? "AzureTdx" : PROVIDER_OF[vendor];
  return { type, value: undefined };
}

/** What a worker's evidence was found to say, and for how long it counts. */
export const Grade = GradeRecord;
export type Grade = GradeRecord;

/** Where the look at all workers stands. */
export const Sweep = struct(
  {
    /** Position in the roster that comes next; 0 between two passes. */
    at: u32,
    /** Of the pass, or of the last one. */
    revision: u32,
    /** Unix milliseconds: when the first of those that this pass has seen is due. */
    leastDueMs: u64,
    /** Unix milliseconds: when the next pass begins, unless something changes before. */
    nextMs: u64,
  },
  { path: ["pha_runtime", "phala_registry", "Sweep"] },
);
export type Sweep = CodecType<typeof Sweep>;

export function gradeOf(
  { line, confidence, measurement, platformId, advisoryIds, validUntilMs }: AttestationResult,
  shown: Pick<Grade, "shownAtMs" | "blockAge" | "revision">,
): Grade {
  return {
    line,
    confidence,
    measurement,
    platformId,
    advisoryIds: advisoryIds
      .filter((id) => utf8(id).length <= MAX_ADVISORY_BYTES)
      .slice(0, MAX_GRADE_ADVISORIES),
    validUntilMs,
    ...shown,
  };
}

/** A worker in the original's shape; `ecdhPubkey` is the identity itself. */
export const WorkerInfoV2 = struct(
  {
    pubkey: Sr25519Key,
    ecdhPubkey: Sr25519Key,
    runtimeVersion: u32,
    /** Unix seconds. */
    lastUpdated: u64,
    operator: option(accountId),
    attestationProvider: option(AttestationProvider),
    confidenceLevel: u8,
    initialScore: option(u32),
    features: vec(u32, 32),
  },
  { path: ["phala_pallets", "registry", "WorkerInfoV2"] },
);

/** What is still to come of changes of the least version. */
export const VersionChange = struct(
  {
    /** Block from which older workers are suspended. */
    suspendFrom: option(u32),
    /** A lower least version that was announced, and the block from which it counts. */
    lowered: option(
      struct(
        { version: ProgramVersion, since: u32 },
        { path: ["pha_runtime", "phala_registry", "LoweredVersion"] },
      ),
    ),
  },
  { path: ["pha_runtime", "phala_registry", "VersionChange"] },
);
export type VersionChange = CodecType<typeof VersionChange>;

/** A boot that was replaced: it may not be registered again. */
export const RetiredBoot = struct(
  { boot: Ed25519Key, at: u32 },
  { path: ["pha_runtime", "phala_registry", "RetiredBoot"] },
);

export const PlatformOwner = struct(
  { operator: accountId, identity: Sr25519Key },
  { path: ["pha_runtime", "phala_registry", "PlatformOwner"] },
);

/** Platform of a boot, kept so that a later registration finds it. */
export const PlatformId = Hash;

/** A registration that took effect. */
export interface BootChange {
  readonly registration: Registration;
  /** Boot that it replaces; equal to the new one when evidence was refreshed. */
  readonly previousBoot: Uint8Array | undefined;
}

/** A worker that may not serve with the boot it had. */
export interface WorkerLoss {
  readonly identity: Uint8Array;
  /** Its platform runs another worker, or what it was suspended for. */
  readonly cause: "PlatformMoved" | SuspensionReason["type"];
}

/** What other pallets ask of the registry. */
export interface WorkerDirectory {
  isSuspended(ctx: HasEnv, identity: Uint8Array): boolean;
  /** Block in which the worker was suspended, if it is. */
  suspendedSince(ctx: HasEnv, identity: Uint8Array): number | undefined;
  /** Chain time in ms until which the boot may answer. */
  leasedUntil(ctx: HasEnv, boot: Uint8Array): bigint | undefined;
  /** Absent when the evidence does not name a machine. */
  platformOf(ctx: HasEnv, identity: Uint8Array): Uint8Array | undefined;
  /** Whose hardware a worker's evidence hangs on, such as `amd`; Azure's hangs on AMD's, or on Intel's. */
  vendorOf(ctx: HasEnv, identity: Uint8Array): string | undefined;
  /** What the evidence of the boot that serves now was found to say. */
  gradeOf(ctx: HasEnv, identity: Uint8Array): Grade | undefined;
  registrationOf(ctx: HasEnv, identity: Uint8Array): Registration | undefined;
  /** Stops a worker's messages; its lease ends at once. */
  suspend(ctx: HasEnv, identity: Uint8Array, reason: SuspensionReason["type"]): void;
}
