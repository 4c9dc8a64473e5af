/**
 * What may get keys, as the chain tells gatekeepers (protocol §3).
 *
 * Every change is a message of the block that makes it, so a gatekeeper that reads all blocks knows since when each counts,
 * and no later state of the chain can say otherwise.
 */
import { bytes, type CodecType, struct, u32, variant, variants, vec } from "@pha/scale";
import { Hash } from "./ids.ts";

/** Longest policy as bytes. */
export const MAX_POLICY_BYTES = 32 << 10;

/** `PhaAttestation.ReleaseRules`: what the chain began with; of genesis, and never changed. */
export const ReleaseRules = struct(
  {
    /** Blocks from the declaration of what loosens until gatekeepers go by it. */
    looseningDelay: u32,
    measurements: vec(Hash, 64),
    /** Demands on evidence, encoded as the chain stores them. */
    policy: bytes,
  },
  { path: ["pha_protocol", "admission", "ReleaseRules"] },
);
export type ReleaseRules = CodecType<typeof ReleaseRules>;

/** Declared changes, topic `pha/admission/event`. What tightens counts at once, what loosens after the delay. */
export const AdmissionEvent = variants(
  {
    MeasurementAdded: variant(0, struct({ measurement: Hash })),
    MeasurementRemoved: variant(1, struct({ measurement: Hash })),
    /** Set, or announced to be set after the delay. */
    PolicyDeclared: variant(2, struct({ policy: bytes })),
    PlatformDenied: variant(3, struct({ platformId: Hash })),
    ReadmissionAnnounced: variant(4, struct({ platformId: Hash })),
    /** Least version of a pRuntime, `major << 16 | minor << 8 | patch`; a lower one than before counts after the delay. */
    MinimumVersion: variant(5, struct({ version: u32 })),
    /** Code of the chain that may follow after the delay; takes the place of what was authorized before. */
    CodeAuthorized: variant(6, struct({ codeHash: Hash })),
    /** The chain goes on with this code: at once, or as authorized. blake2b-256 of the artefact. */
    CodeReplaced: variant(7, struct({ codeHash: Hash })),
    /** It is proven where the platform stands. */
    PlatformEndorsed: variant(8, struct({ platformId: Hash })),
    EndorsementWithdrawn: variant(9, struct({ platformId: Hash })),
  },
  { path: ["pha_protocol", "admission", "AdmissionEvent"] },
);
export type AdmissionEvent = CodecType<typeof AdmissionEvent>;
