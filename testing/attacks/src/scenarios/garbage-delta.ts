/** The replica whose turn it is carries garbage as the delta of a right root: nobody can restore the state any more. */
import { DEVELOPMENT_CLUSTER, PhaContractState } from "@pha/runtime";
import { commitCall, signedCommit } from "@pha/runtime/testing";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster } from "../cluster.ts";

export const attack: Attack = {
  name: "right root with a garbage delta",
  rule: "a commit names the hash of its delta, and the chain compares the bytes (protocol §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-contract-state/commits.ts",
      text: "equalBytes(deltaHash, commit.deltaHash) &&",
      instead: "deltaHash.length === commit.deltaHash.length &&",
    },
  ],
  attempt() {
    const { chain, workers, keys, step, vote } = attackedCluster();
    const garbage = new Uint8Array(step.delta.length);
    const honest = signedCommit(chain, workers[0], keys.signing, step);
    const delta = { type: "OnChain", value: garbage } as const;
    const carried = { ...honest, content: { delta, replies: step.replies } };
    chain.send(commitCall(chain, workers[0], carried));
    vote(workers[1], step);
    const { Steps } = chain.runtime.env(chain.overlay).of(PhaContractState).storage;
    const kept = Steps.get([DEVELOPMENT_CLUSTER, 1n])?.delta;
    return kept?.type === "OnChain" && equalBytes(kept.value, garbage)
      ? { succeeded: true, says: "the root is final, and its delta opens for nobody" }
      : { succeeded: false, says: "the vote with other bytes is refused: BadContent" };
  },
};
