/**
 * The other end of a TLS connection, as a server sees it that talks to a TEE: the certificate that it showed, and the
 * evidence that it made for this connection, with the chain's collateral and lists.
 *
 * Pages cannot see certificates; they have the sealed protocol.
 */
import { type RaTlsError, readChannelEvidence, readRaTlsCertificate } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { equalBytes, toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { networkLinks, openTrust, type TrustContext, type TrustOptions } from "./chain-links.ts";
import { branch, leaf, reportOf, type TrustNode, type TrustReport } from "./trust-tree.ts";
import { evidenceParts } from "./verify-evidence.ts";

const CERTIFICATE = "ra-tls";
const CHANNEL = "channel";

/** The certificate of a connection, and what its evidence must be bound to. */
export interface RaTlsInput extends TrustOptions {
  /** DER, as the other end showed it: `getPeerX509Certificate().raw`. */
  readonly certificate: Uint8Array;
  /** Without it nothing shows that the evidence is of now, and of this connection. */
  readonly channel?: {
    /** Tagged evidence that the other end sent over the connection. */
    readonly evidence: Uint8Array;
    /** `exportKeyingMaterial(32, "EXPORTER-Channel-Binding", "")` of this end. */
    readonly exported: Uint8Array;
  };
  /** Identity of the worker that is wanted; by default any program that is allowed. */
  readonly worker?: Uint8Array;
}

/** Verifies the evidence in a TLS certificate, and that it is bound to this connection. */
export async function verifyRaTls(chain: Chain, input: RaTlsInput): Promise<TrustReport> {
  const trust = await openTrust(chain, input);
  const parts = [networkLinks(trust)];
  const read = readRaTlsCertificate(input.certificate, trust.nowMs);
  if (!read.ok) parts.push(refusedLeaf(`${CERTIFICATE}/certificate`, read.error));
  else {
    const { publicKeyInfo, tagged } = read.value;
    parts.push(
      branch(CERTIFICATE, "The certificate, and the evidence in it.", [
        leaf(
          `${CERTIFICATE}/certificate`,
          true,
          "The certificate's evidence is about its own key.",
          {
            boot: tagged.boot === undefined ? "none" : toHex(tagged.boot),
          },
        ),
        ...(await evidenceParts(trust, CERTIFICATE, tagged.evidence, tagged.reportData)),
      ]),
    );
    if (input.channel !== undefined)
      parts.push(await channelNode(trust, publicKeyInfo, input.channel));
    if (input.worker !== undefined) parts.push(await workerLeaf(trust, input.worker, tagged.boot));
  }
  return reportOf(branch("trust", "From the vendor's root to the end of a connection.", parts));
}

async function channelNode(
  trust: TrustContext,
  publicKeyInfo: Uint8Array,
  channel: NonNullable<RaTlsInput["channel"]>,
): Promise<TrustNode> {
  const read = readChannelEvidence({ ...channel, publicKeyInfo });
  if (!read.ok) return refusedLeaf(`${CHANNEL}/bound`, read.error);
  const { evidence, reportData } = read.value;
  return branch(CHANNEL, "Evidence that the other end made for this connection.", [
    leaf(`${CHANNEL}/bound`, true, "It is over what this connection exports, by the same key."),
    ...(await evidenceParts(trust, CHANNEL, evidence, reportData)),
  ]);
}

async function workerLeaf(
  trust: TrustContext,
  identity: Uint8Array,
  boot: Uint8Array | undefined,
): Promise<TrustNode> {
  const record = await trust.read({ key: STORAGE.boot.key(identity), value: STORAGE.boot.value });
  const serves = record?.registration.boot;
  const ok = serves !== undefined && boot !== undefined && equalBytes(serves, boot);
  return leaf(
    `${CERTIFICATE}/boot`,
    ok,
    ok
      ? "The key is of the boot that the chain knows of this worker."
      : "The key is not of the boot that the chain knows of this worker.",
    { worker: toHex(identity), serves: serves === undefined ? "none" : toHex(serves) },
  );
}

function refusedLeaf(link: string, { code }: RaTlsError): TrustNode {
  return leaf(link, false, `The other end is refused: ${code}.`, { code });
}
