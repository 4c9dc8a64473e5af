/**
 * A piece of evidence by itself: whose it is, whether it is over the report data that the caller expects, and whether its
 * program is allowed, with this chain's collateral and lists. No registration has to exist.
 *
 * Direct challenges end here: the caller's nonce is in the report data that it expects.
 */
import { causeOf, type Role, type Unmet } from "@pha/attestation";
import { toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { networkLinks, openTrust, type TrustContext, type TrustOptions } from "./chain-links.ts";
import { collateralOf, verifyGraded } from "./graded-evidence.ts";
import { branch, leaf, reportOf, type TrustNode, type TrustReport } from "./trust-tree.ts";
import {
  appraisedLeaf,
  evidenceLeaf,
  measurementLeaf,
  platformLeaf,
  readLists,
} from "./worker-links.ts";

/** Evidence that somebody shows. */
export interface EvidenceInput extends TrustOptions {
  /** Envelope: kind byte and the vendor's evidence. */
  readonly evidence: Uint8Array;
  /** 64 bytes. */
  readonly expectedReportData: Uint8Array;
}

/** The report on evidence, with what it lacks for a role. */
export interface GradedEvidence extends TrustReport {
  /** Every demand of the chain's policy that is not met, with what its operator can do. */
  readonly unmet: readonly Unmet[];
}

/** The same, and whether it would be good for a role now: what an operator asks before a registration. */
export async function gradeShownBytes(
  chain: Chain,
  input: EvidenceInput & { readonly role: Role },
): Promise<GradedEvidence> {
  const { evidence, expectedReportData, role } = input;
  const trust = await openTrust(chain, input);
  const parts = [...(await evidenceParts(trust, "evidence", evidence, expectedReportData))];
  const { view } = await collateralOf(trust, evidence);
  const verified = await verifyGraded(trust, evidence, expectedReportData, view);
  let unmet: readonly Unmet[] = [];
  if (verified.ok) {
    const lists = await readLists(trust, verified.value);
    const occasion = { role, shownAtMs: trust.nowMs, blockAge: 0 };
    const link = `${parts[0]?.link.split("/")[0]}/policy`;
    const appraised = appraisedLeaf(trust, link, verified.value, lists, occasion);
    parts.push(appraised.node);
    ({ unmet } = appraised);
  }
  const says = "The evidence, and whether the chain would take it now.";
  const tree = branch("trust", "From the vendor's root to a role.", [
    networkLinks(trust),
    branch("evidence", says, parts, { bytes: evidence.length }),
  ]);
  return { ...reportOf(tree), unmet };
}

/** Verifies evidence that somebody shows, with the chain's collateral. */
export async function verifyShownBytes(chain: Chain, input: EvidenceInput): Promise<TrustReport> {
  const { evidence, expectedReportData } = input;
  const trust = await openTrust(chain, input);
  return reportOf(
    branch("trust", "From the vendor's root to the program.", [
      networkLinks(trust),
      branch(
        "evidence",
        "The evidence, and what runs there.",
        await evidenceParts(trust, "evidence", evidence, expectedReportData),
        { bytes: evidence.length, reportData: toHex(expectedReportData) },
      ),
    ]),
  );
}

export async function evidenceParts(
  trust: TrustContext,
  link: string,
  evidence: Uint8Array,
  expectedReportData: Uint8Array,
): Promise<readonly TrustNode[]> {
  const { view } = await collateralOf(trust, evidence);
  const verified = await verifyGraded(trust, evidence, expectedReportData, view);
  if (!verified.ok) {
    const cause = causeOf(verified.error);
    const says = `The evidence does not verify: ${cause}.`;
    return [leaf(`${link}/genuine`, false, says, { code: verified.error.code, cause })];
  }
  const lists = await readLists(trust, verified.value);
  return [
    evidenceLeaf(`${link}/genuine`, {}, verified.value),
    measurementLeaf(trust, `${link}/measurement`, verified.value, lists),
    platformLeaf(`${link}/platform`, verified.value, lists),
  ];
}
