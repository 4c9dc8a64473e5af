/** What a chain keeps of a worker's evidence: what it was found to say, and for how long it counts. */
import { Hash } from "@pha/protocol";
import { boundedStr, type CodecType, option, struct, u8, u32, u64, vec } from "@pha/scale";
import { ProductLineCodec } from "./demands-codec.ts";

export const MAX_GRADE_ADVISORIES = 64;
export const MAX_ADVISORY_BYTES = 32;

export const GradeRecord = struct(
  {
    line: ProductLineCodec,
    /** 1 best … 5 worst; 128 of simulated platforms, which earn nothing. */
    confidence: u8,
    measurement: Hash,
    platformId: Hash,
    /** Bulletins that are open on the platform, the first of them. */
    advisoryIds: vec(boundedStr(MAX_ADVISORY_BYTES), MAX_GRADE_ADVISORIES),
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
export type GradeRecord = CodecType<typeof GradeRecord>;
