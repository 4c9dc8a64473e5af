/** Why a cluster takes no command now, as the chain refuses it. */
import { PhaError, toHex } from "@pha/scale";

const PALLET = "PhalaPhatContracts.";

/** Name of the pallet's error with which the chain refused a call. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof PhaError) || error.code !== "chain/dispatch-failed") return undefined;
  const name = String(error.facts["error"]);
  return name.startsWith(PALLET) ? name.slice(PALLET.length) : undefined;
}

/** The chain's refusal in the words of the cluster's state; other errors as they are. */
export function clusterRefusal(cluster: Uint8Array, cause: unknown): unknown {
  const facts = { cluster: toHex(cluster) };
  switch (refusalOf(cause)) {
    case "ClusterLate":
      return new PhaError(
        "cluster/late",
        "the contract's replicas do not agree on a root in time",
        {
          cause,
          facts,
          hint: "Nothing was queued. Wait until the cluster is live again; commands before this one keep their order.",
        },
      );
    case "ClusterDisputed":
      return new PhaError("cluster/disputed", "the contract's replicas found different roots", {
        cause,
        facts,
        hint: "Nothing was queued. A panel of other workers decides; queries answer the last final state.",
      });
    case "ClusterHalted":
      return new PhaError("cluster/halted", "the contract's cluster is halted", {
        cause,
        facts,
        hint: "Nothing was queued. Governance or a panel must name its root; queries answer the last final state.",
      });
    case "ClusterNotLive":
      return new PhaError("cluster/pending", "the contract's cluster does not serve yet", {
        cause,
        facts,
        hint: "Wait until its replicas have their keys; `pha status` shows them.",
      });
    default:
      return cause;
  }
}
