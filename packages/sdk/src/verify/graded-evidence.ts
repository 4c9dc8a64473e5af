/** Verifies evidence of any kind with the collateral of one chain. */

import {
  ATTESTATION_STORAGE,
  type AttestationError,
  type AttestationResult,
  kindOf,
  type VerifyEvidenceInput,
  type VerifyWithInput,
  verifyEvidence,
} from "@pha/attestation";
import type { CollateralItem, CollateralSlot } from "@pha/protocol";
import { type Result, toHex } from "@pha/scale";
import { loadVendors } from "#vendors";
import type { TrustContext } from "./chain-links.ts";

type View = (slot: CollateralSlot) => CollateralItem | undefined;

export interface Collateral {
  readonly view: View;
  /** In the order in which the evidence asks for them. */
  readonly items: readonly (CollateralItem | undefined)[];
}

const NO_COLLATERAL: Collateral = { view: () => undefined, items: [] };

/** Of kinds that hang on no vendor. */
function isSimulated(evidence: Uint8Array): boolean {
  return kindOf(evidence) === "Simulated";
}

/** The chain's collateral for a piece of evidence, proven; its signatures are looked at when it is used. */
export async function collateralOf(trust: TrustContext, evidence: Uint8Array): Promise<Collateral> {
  if (isSimulated(evidence)) return NO_COLLATERAL;
  const { neededCollateral } = await loadVendors();
  const needed = neededCollateral(evidence);
  // What cannot be read needs nothing, and is refused by its verifier.
  if (!needed.ok) return NO_COLLATERAL;
  const { key, value } = ATTESTATION_STORAGE.collateral;
  const stored = await Promise.all(
    needed.value.map(async (slot) => {
      const at = key(slot);
      return [toHex(at), (await trust.read({ key: at, value }))?.item] as const;
    }),
  );
  const items = new Map(stored);
  return {
    view: (slot) => items.get(toHex(key(slot))),
    items: stored.map(([, item]) => item),
  };
}

/**
 * @param shown evidence that was taken once, with the Unix milliseconds until which it was found to hold when it was looked
 * at last; absent: it is shown for the first time
 */
export async function verifyGraded(
  trust: TrustContext,
  bytes: Uint8Array,
  expectedReportData: Uint8Array,
  view: View,
  shown?: { readonly validUntilMs: bigint | undefined },
): Promise<Result<AttestationResult, AttestationError>> {
  const { policy, simulatedRoot, nowMs: now } = trust;
  const common: VerifyEvidenceInput = { bytes, simulatedRoot, now, expectedReportData };
  // No collateral of it ends, so there is no grace either.
  if (isSimulated(bytes)) return verifyEvidence(common);
  const { PINNED_ROOTS, verifyShownEvidence, verifyWithCollateral } = await loadVendors();
  const input: VerifyWithInput = {
    bytes,
    roots: trust.roots ?? PINNED_ROOTS,
    view,
    lines: policy?.lines ?? [],
    amdLevels: policy?.amdLevels ?? [],
    simulatedRoot,
    now,
    expectedReportData,
  };
  return shown === undefined
    ? verifyWithCollateral(input)
    : verifyShownEvidence(input, shown.validUntilMs);
}
