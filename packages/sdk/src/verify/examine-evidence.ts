/**
 * Evidence that somebody pastes, without a word of what it should be over: of which kind it is, whether its vendor made it,
 * what runs there, and whether this network takes it.
 *
 * **Trust**: the report data are those that the evidence names. So it proves that such a machine exists, and nothing about
 * whoever shows it: evidence can be copied. Who needs more expects report data of his own (`verifyShownBytes`).
 */
import { type Demands, type EvidenceKind, PRODUCT_LINES } from "@pha/attestation";
import { toHex } from "@pha/scale";
import { loadVendors } from "#vendors";
import type { Chain } from "../chain/chain.ts";
import { networkLinks, openTrust, type TrustContext, type TrustOptions } from "./chain-links.ts";
import { branch, leaf, reportOf, type TrustReport } from "./trust-tree.ts";
import { evidenceParts } from "./verify-evidence.ts";

/** The report on evidence, and its kind. */
export interface ExaminedEvidence extends TrustReport {
  readonly kind: EvidenceKind;
}

/** Not what a network demands: what it takes to look at evidence that the network does not take. */
const ANY_REAL_LINE: Demands["lines"] = PRODUCT_LINES.filter(
  (line) => !line.startsWith("simulated"),
).map((line) => ({ line, minSvn: 0, worstConfidence: { worker: 5, gatekeeper: 5 } }));

/**
 * The report on evidence by itself, and of which kind it is.
 *
 * @param bytes an envelope, or a document as a vendor's platform gives it; `undefined` comes back of what is no evidence
 */
export async function examineEvidence(
  chain: Chain,
  bytes: Uint8Array,
  options: TrustOptions = {},
): Promise<ExaminedEvidence | undefined> {
  const { recognizeEvidence } = await loadVendors();
  const shown = recognizeEvidence(bytes);
  if (shown === undefined) return undefined;
  const { kind, envelope, reportData } = shown;
  const trust = await openTrust(chain, options);
  const parts = [
    leaf(
      "evidence/read",
      true,
      reportData === undefined
        ? "It reads as evidence of this kind. It names a hash of its report data alone, so what it is over cannot be shown."
        : "It reads as evidence of this kind, over these report data; nobody said which to expect, and whoever shows it may have copied it.",
      { kind, bytes: envelope.length, ...(reportData && { reportData: toHex(reportData) }) },
    ),
    ...(await evidenceParts(
      isTaken(trust, kind) ? trust : withAnyLine(trust),
      "evidence",
      envelope,
      reportData ?? new Uint8Array(64),
    )),
    takenLeaf(trust, kind),
  ];
  const tree = branch("trust", "From the vendor's root to the program.", [
    networkLinks(trust),
    branch("evidence", "The evidence, and what runs there.", parts),
  ]);
  return { ...reportOf(tree), kind };
}

/** First part of its product lines' names. */
const VENDOR_OF: Readonly<Record<EvidenceKind, RegExp>> = {
  IntelSgxIas: /^$/,
  IntelSgxDcap: /^intel-sgx$/,
  IntelTdxDcap: /^intel-tdx$/,
  AmdSevSnp: /^amd-/,
  AwsNitro: /^aws-nitro$/,
  ArmCca: /^arm-cca$/,
  AndroidKey: /^android-/,
  AzureVtpm: /^azure-(milan|genoa|turin)$/,
  AzureTdx: /^azure-tdx$/,
  Simulated: /^simulated/,
};

function isTaken({ policy, simulatedRoot }: TrustContext, kind: EvidenceKind): boolean {
  if (kind === "Simulated") return simulatedRoot !== undefined;
  return policy?.lines.some(({ line }) => VENDOR_OF[kind].test(line)) ?? false;
}

function withAnyLine(trust: TrustContext): TrustContext {
  const { policy } = trust;
  return policy === undefined ? trust : { ...trust, policy: { ...policy, lines: ANY_REAL_LINE } };
}

function takenLeaf(trust: TrustContext, kind: EvidenceKind) {
  const taken = isTaken(trust, kind);
  return leaf(
    "evidence/taken",
    taken,
    taken
      ? "This network's policy takes evidence of this kind."
      : "This network's policy takes no evidence of this kind.",
    { kind },
  );
}
