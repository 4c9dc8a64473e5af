/** Records of workers, and what other pallets and the registry say to each other. */
import type { AttestationResult, Vendor } from "@pha/attestation";
import { accountId, type HasEnv } from "@pha/frame";
import { Ed25519Key, Hash, type Registration, Sr25519Key } from "@pha/protocol";
import {
  boundedStr,
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
import { ProductLine } from "../pha-attestation/index.ts";

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

export function providerOf({ vendor }: Pick<AttestationResult, "vendor">): AttestationProvider {
  return { type: PROVIDER_OF[vendor], value: undefined };
}

const MAX_ADVISORIES = 64;
const MAX_ADVISORY_BYTES = 32;

/** What a worker's evidence was found to say, and for how long it counts. */
export const Grade = struct(
  {
    line: ProductLine,
    /** 1 best … 5 worst; 128 of simulated platforms, which earn nothing. */
    confidence: u8,
    measurement: Hash,
    platformId: Hash,
    /** Bulletins that are open on the platform, the first of them. */
    advisoryIds: vec(boundedStr(MAX_ADVISORY_BYTES), MAX_ADVISORIES),
    /** Unix milliseconds: the registration that brought the evidence. */
    shownAtMs: u64,
    /** Blocks between the one that the evidence names and its registration. */
    blockAge: u32,
    /** Unix milliseconds until which certificates and collateral hold; absent: without end. */
    validUntilMs: option(u64),
    /** Of the policy, lists and collateral that it was looked at with last. */
    revision: u32,
  },
  { path: ["pha_runtime", "phala_registry", "Grade"] },
);
export type Grade = CodecType<typeof Grade>;

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
      .slice(0, MAX_ADVISORIES),
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

/** A boot that was replaced: it may not be registered again. */
export const RetiredBoot = struct(
  { boot: Ed25519Key, at: u32 },
  { path: ["pha_runtime", "phala_registry", "RetiredBoot"] },
);

export const PlatformOwner = struct(
  { operator: accountId, identity: Sr25519Key },
  { path: ["pha_runtime", "phala_registry", "PlatformOwner"] },
);

export const SuspensionReason = variants(
  {
    /** The same platform served two operators. */
    SharedPlatform: variant(0, unit),
    /** Two different votes on one block. */
    Equivocation: variant(1, unit),
    /** A vote that the majority contradicts; a new boot lifts it. */
    Dissent: variant(2, unit),
    /** Its platform was denied; a boot on another one, or on the same once it is readmitted, lifts it. */
    Denied: variant(3, unit),
    /** A panel found its vote wrong. */
    Judged: variant(4, unit),
    /** It did not show that it had executed what it voted for; a new boot lifts it. */
    NotExecuted: variant(5, unit),
    /** Its evidence satisfies no more; fresh evidence lifts it. */
    Evidence: variant(6, unit),
  },
  { path: ["pha_runtime", "phala_registry", "SuspensionReason"] },
);
export type SuspensionReason = CodecType<typeof SuspensionReason>;

export const Suspension = struct(
  { reason: SuspensionReason, boot: Ed25519Key, since: u32 },
  { path: ["pha_runtime", "phala_registry", "Suspension"] },
);

export type Suspension = CodecType<typeof Suspension>;

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
  /** Whose hardware a worker's evidence hangs on, such as `amd`; Azure's hangs on AMD's. */
  vendorOf(ctx: HasEnv, identity: Uint8Array): string | undefined;
  /** What the evidence of the boot that serves now was found to say. */
  gradeOf(ctx: HasEnv, identity: Uint8Array): Grade | undefined;
  registrationOf(ctx: HasEnv, identity: Uint8Array): Registration | undefined;
  /** Stops a worker's messages; its lease ends at once. */
  suspend(ctx: HasEnv, identity: Uint8Array, reason: SuspensionReason["type"]): void;
}
