/**
 * What a relying party demands of attested platforms and programs.
 *
 * Every field is required. To skip one is to write why: `{ accept: "any", because: "…" }`. `Demands` are the part that is
 * plain data, as a chain stores it; lists that grow with the network (measurements, platforms) are asked one by one.
 */
import type { PlatformAttribute, ProductLine } from "../result.ts";
import type { SnpProductLine, SnpTcb } from "../sev-snp/tcb.ts";

export const ROLES = ["worker", "gatekeeper"] as const;
export type Role = (typeof ROLES)[number];

/** A demand that is given up on purpose. */
export interface Unchecked {
  readonly accept: "any";
  /** Shown to people who ask what the policy is. */
  readonly because: string;
}

/** Of one product line; a line without it is switched off. */
export interface LineDemand {
  readonly line: ProductLine;
  /** Least security version of a platform, in the vendor's own count. */
  readonly minSvn: number;
  /** Worst confidence level of each role: 1 to 5, 128 for simulated platforms, 0 where the line may not have the role. */
  readonly worstConfidence: Readonly<Record<Role, number>>;
}

export interface RoleDemand {
  /** Evidence may have been made this long before it is shown; kinds without a time of their own count as new. */
  readonly maxAgeMs: bigint;
  /** Milliseconds for which evidence counts from when it is shown; then it must be made anew. */
  readonly serveMs: bigint;
  /** Blocks that the finalized block in the report data may be behind when the evidence comes. */
  readonly maxBlockAge: number;
  /** The vendor must name the machine, not only its provider. */
  readonly named: boolean;
}

/** A platform of AMD that reports these versions, and cannot fall below them, has the confidence; best first. */
export interface AmdLevelDemand {
  readonly line: SnpProductLine;
  readonly tcb: SnpTcb;
  readonly confidence: number;
}

export interface Demands {
  readonly lines: readonly LineDemand[];
  readonly roles: Readonly<Record<Role, RoleDemand>>;
  /** All others are refused. */
  readonly toleratedAttributes: readonly PlatformAttribute[];
  /** Vendors' bulletins that must not be open, whatever the confidence level. */
  readonly refusedAdvisories: readonly string[];
  /** Programs must be signed by a listed key, too. */
  readonly signed: boolean;
  /** Milliseconds for which certificates and collateral count after their end, of those who already serve. */
  readonly graceMs: bigint;
  readonly amdLevels: readonly AmdLevelDemand[];
}

const NEVER: RoleDemand = { maxAgeMs: 0n, serveMs: 0n, maxBlockAge: 0, named: true };
/** Of a chain that set no policy: nothing satisfies them. */
export const UNSET_DEMANDS: Demands = {
  lines: [],
  roles: { worker: NEVER, gatekeeper: NEVER },
  toleratedAttributes: [],
  refusedAdvisories: [],
  signed: true,
  graceMs: 0n,
  amdLevels: [],
};

type Asked<T> = {
  readonly [P in "isAllowedMeasurement" | "isDeniedPlatform" | "isTakenPlatform"]:
    | ((id: Uint8Array) => boolean)
    | Unchecked;
} & T;

/** The demands, and what is asked of longer lists. Measurement and signer are digests that cover the kind of evidence. */
export type AppraisalPolicy = Asked<{
  readonly lines: Demands["lines"];
  readonly roles: Demands["roles"];
  readonly debug: "refuse" | Unchecked;
  readonly toleratedAttributes: Demands["toleratedAttributes"] | Unchecked;
  readonly refusedAdvisories: Demands["refusedAdvisories"] | Unchecked;
  /** Least security version of a signer's programs; `undefined`: the signer is not listed. */
  readonly minProgramSvn: ((signer: Uint8Array) => number | undefined) | Unchecked;
  readonly graceMs: bigint | Unchecked;
}>;

/** When and with what evidence is shown; from the verifier's own chain. */
export interface Occasion {
  readonly role: Role;
  /** Chain time, Unix milliseconds. */
  readonly nowMs: bigint;
  /** When the evidence was first shown; now, when this is the first time. */
  readonly shownAtMs: bigint;
  /**
   * Blocks between the finalized block named in the report data and the one in which the evidence was first shown;
   * `undefined` when this chain has no such block.
   */
  readonly blockAge: number | undefined;
}
