/**
 * A piece of evidence by itself: whose it is, whether it is over the report data that the caller expects, and whether its
 * program is allowed, with this chain's collateral and lists. No registration has to exist.
 *
 * Direct challenges end here: the caller's nonce is in the report data that it expects.
 */
import { causeOf, verifyWithCollateral } from "@pha/attestation";
import { toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { networkLinks, openTrust, type TrustContext, type TrustOptions } from "./chain-links.ts";
import { branch, leaf, reportOf, type TrustNode, type TrustReport } from "./trust-tree.ts";
import {
  collateralOf,
  evidenceLeaf,
  inputOf,
  measurementLeaf,
  platformLeaf,
  readLists,
} from "./worker-links.ts";

export interface EvidenceInput extends TrustOptions {
  /** Envelope: kind byte and the vendor's evidence. */
  readonly evidence: Uint8Array;
  /** 64 bytes. */
  readonly expectedReportData: Uint8Array;
}

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
  const verified = verifyWithCollateral(inputOf(trust, evidence, expectedReportData, view));
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
