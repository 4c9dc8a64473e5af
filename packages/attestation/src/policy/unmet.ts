/** Demands that are not met: a code, the facts, and what the operator can do. */
import type { PlatformAttribute, ProductLine } from "../result.ts";
import type { Role } from "./policy.ts";

/** In the order of appraisal. Numbers on chain are positions in this list, so it only grows. */
export const UNMET_CODES = [
  "appraisal/line-off",
  "appraisal/role-not-for-line",
  "appraisal/platform-denied",
  "appraisal/platform-taken",
  "appraisal/platform-unnamed",
  "appraisal/debug",
  "appraisal/attribute",
  "appraisal/measurement-not-allowed",
  "appraisal/unsigned",
  "appraisal/signer-not-allowed",
  "appraisal/program-svn-too-low",
  "appraisal/svn-too-low",
  "appraisal/advisory",
  "appraisal/confidence-too-low",
  "appraisal/unknown-block",
  "appraisal/block-too-old",
  "appraisal/too-old",
  "appraisal/refresh-due",
  "appraisal/expired",
] as const;
export type UnmetCode = (typeof UNMET_CODES)[number];

type UnmetFacts =
  | { readonly code: "appraisal/line-off"; readonly line: ProductLine }
  | {
      readonly code: "appraisal/role-not-for-line";
      readonly line: ProductLine;
      readonly role: Role;
    }
  | { readonly code: "appraisal/platform-denied"; readonly platformId: Uint8Array }
  | { readonly code: "appraisal/platform-taken"; readonly platformId: Uint8Array }
  | { readonly code: "appraisal/platform-unnamed"; readonly role: Role }
  | { readonly code: "appraisal/debug" }
  | { readonly code: "appraisal/attribute"; readonly attribute: PlatformAttribute }
  | { readonly code: "appraisal/measurement-not-allowed"; readonly measurement: Uint8Array }
  | { readonly code: "appraisal/unsigned" }
  | { readonly code: "appraisal/signer-not-allowed"; readonly signer: Uint8Array }
  | { readonly code: "appraisal/program-svn-too-low"; readonly svn: number; readonly least: number }
  | { readonly code: "appraisal/svn-too-low"; readonly svn: number; readonly least: number }
  | { readonly code: "appraisal/advisory"; readonly advisory: string }
  | {
      readonly code: "appraisal/confidence-too-low";
      readonly confidence: number;
      readonly worst: number;
      readonly role: Role;
    }
  | { readonly code: "appraisal/unknown-block" }
  | { readonly code: "appraisal/block-too-old"; readonly age: number; readonly most: number }
  | { readonly code: "appraisal/too-old"; readonly ageMs: bigint; readonly mostMs: bigint }
  | { readonly code: "appraisal/refresh-due"; readonly shownMs: bigint; readonly mostMs: bigint }
  | {
      readonly code: "appraisal/expired";
      readonly validUntilMs: bigint;
      readonly nowMs: bigint;
    };

export type Unmet = UnmetFacts & { readonly fix: string };

const FIXES: Readonly<Record<UnmetCode, string>> = {
  "appraisal/line-off": "Use hardware of a product line that the policy of this chain has.",
  "appraisal/role-not-for-line":
    "Run this role on another product line; this one may only have others.",
  "appraisal/platform-denied": "Use another machine; governance has denied this one.",
  "appraisal/platform-taken": "Stop the other worker on this machine, or use another machine.",
  "appraisal/platform-unnamed":
    "Use a key of the chip itself (VCEK): a provider's key does not say which machine this is.",
  "appraisal/debug":
    "Launch without debugging, migration or other ways for the host to look inside.",
  "appraisal/attribute": "Switch the named attribute off in firmware or at launch.",
  "appraisal/measurement-not-allowed": "Run a released pRuntime that the chain's allow-list has.",
  "appraisal/unsigned": "Run a build that is signed.",
  "appraisal/signer-not-allowed": "Run a build that a listed signer signed.",
  "appraisal/program-svn-too-low": "Run a newer build of the signer.",
  "appraisal/svn-too-low": "Update microcode and firmware, then make new evidence.",
  "appraisal/advisory": "Apply the vendor's fix for the named advisory, then make new evidence.",
  "appraisal/confidence-too-low":
    "Update microcode, firmware and their configuration, then make new evidence.",
  "appraisal/unknown-block": "Make evidence over a finalized block of this chain.",
  "appraisal/block-too-old": "Make new evidence over a newer finalized block.",
  "appraisal/too-old": "Register as soon as the evidence is made.",
  "appraisal/refresh-due": "Make new evidence and refresh the registration.",
  "appraisal/expired":
    "Wait until somebody submits current collateral, or submit it; then refresh the registration.",
};

export function unmet(facts: UnmetFacts): Unmet {
  return { ...facts, fix: FIXES[facts.code] };
}
