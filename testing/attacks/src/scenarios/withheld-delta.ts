/** The replica whose turn it is votes for the right root, names a blob as its delta, and gives it to nobody. */
import { commitDigest } from "@pha/protocol";
import { DEVELOPMENT_CLUSTER, PhaContractState } from "@pha/runtime";
import { commitCall, signedCommit } from "@pha/runtime/testing";
import type { Attack } from "../attack.ts";
import { attackedCluster } from "../cluster.ts";

export const attack: Attack = {
  name: "right root with a withheld delta",
  rule: "a root is final when its delta is on chain or several operators keep its blob (protocol §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-contract-state/tally.ts",
      text: "if (winner && content && isAvailable(ctx, content)) {",
      instead: "if (winner && content) {",
    },
  ],
  attempt() {
    const { chain, workers, keys, step, vote } = attackedCluster();
    const signed = signedCommit(chain, workers[0], keys.signing, step);
    const delta = {
      type: "Blob",
      value: { digest: signed.commit.deltaHash, bytes: step.delta.length },
    } as const;
    const carried = { ...signed, content: { delta, replies: step.replies } };
    chain.send(commitCall(chain, workers[0], carried));
    vote(workers[1], step);
    vote(workers[2], step);
    const { Steps, Contents } = chain.runtime.env(chain.overlay).of(PhaContractState).storage;
    const isFinal = Steps.has([DEVELOPMENT_CLUSTER, 1n]);
    if (!isFinal && !Contents.has(DEVELOPMENT_CLUSTER, commitDigest(signed.commit)))
      throw new Error("the chain knows of the blob");
    return isFinal
      ? { succeeded: true, says: "the root is final, and the state that it names is lost" }
      : { succeeded: false, says: "three votes wait until the blob is kept; another may carry it" };
  },
};
