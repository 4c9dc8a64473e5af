/**
 * The policy's plain demands as bytes: what a chain stores, and a gatekeeper reads from its state.
 *
 * Lists of names are closed; numbers are positions in them.
 */

import { closedList } from "@pha/protocol";
import { bool, boundedStr, type Codec, option, struct, u8, u16, u32, u64, vec } from "@pha/scale";
import { PLATFORM_ATTRIBUTES, PRODUCT_LINES, type ProductLine } from "../result.ts";
import type { SnpProductLine } from "../sev-snp/tcb.ts";
import type { Demands } from "./policy.ts";

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
export const ProductLineCodec: Codec<ProductLine> = named(PRODUCT_LINES, "ProductLine");
const LineDemand = struct(
  {
    line: ProductLineCodec,
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

/** A signer whose programs may run: their least security version, and the block since which that counts. */
export const SignerRecord = struct({ minProgramSvn: u16, since: u32 }, path("Signer"));

/** Demands beside allow-lists and deny-list; see `Demands` for the fields. */
export const DemandsCodec: Codec<Demands> = struct(
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
