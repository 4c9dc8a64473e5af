/** A majority votes for the right root with a large reply, and gives the reply's blob to nobody: its user gets no answer. */
import { blake2b256 } from "@pha/crypto";
import { commitDigest, type Reply } from "@pha/protocol";
import { DEVELOPMENT_CLUSTER, PhaContractState } from "@pha/runtime";
import { commitCall, signedCommit, testStep } from "@pha/runtime/testing";
import { utf8 } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster } from "../cluster.ts";

export const attack: Attack = {
  name: "right root with a withheld reply",
  rule: "a root is final when its replies are on chain or several operators keep their blobs (protocol §4, §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-contract-state/blobs.ts",
      text: 'return delta.type === "Blob" ? [delta.value, ...large] : large;',
      instead: 'void large; return delta.type === "Blob" ? [delta.value] : [];',
    },
  ],
  attempt() {
    const { chain, workers, keys, block, creation } = attackedCluster();
    const digest = blake2b256(utf8("sealed reply that nobody gives away"));
    const sealed = { type: "Blob", value: { digest, bytes: 4_144 } } as const;
    const reply: Reply = { contract: digest, commandId: digest, sealed };
    const step = testStep(chain, keys.vetKey, block, creation.newRoot, "honest", [reply]);
    const votes = workers.map((boot, i) =>
      signedCommit(chain, boot, keys.signing, step, { carries: i === 0 }),
    );
    for (const [i, boot] of workers.entries()) {
      const vote = votes[i];
      if (vote) chain.send(commitCall(chain, boot, vote));
    }
    const { Steps, Contents } = chain.runtime.env(chain.overlay).of(PhaContractState).storage;
    const isFinal = Steps.has([DEVELOPMENT_CLUSTER, 1n]);
    const [carried] = votes;
    if (!isFinal && !(carried && Contents.has(DEVELOPMENT_CLUSTER, commitDigest(carried.commit))))
      throw new Error("the chain knows of the reply");
    return isFinal
      ? { succeeded: true, says: "the root is final, and the reply that it names is lost" }
      : { succeeded: false, says: "three votes wait until the reply's blob is kept" };
  },
};
