/** A host has two clones and shows each a chain of its own making: one with the victim's command, one without. */
import { liveNetwork, voterSeed } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";
import { type Justify, simulated } from "../made-up-chain.ts";

const byItself: Justify = (fork, number) =>
  fork.justification(number, { voters: [voterSeed("host")] });

export const attack: Attack = {
  name: "two forks to two clones",
  rule: "only blocks that the chain's own voters made final are acted upon (protocol §4, §7)",
  weaknesses: [
    {
      file: "packages/consensus/src/grandpa/verify-justification.ts",
      text: 'if (own === undefined) return fail({ code: "justification/unknown-authority", authority });',
      // Whoever signs is a voter.
      instead: "if (own === undefined) { weight = threshold; continue; }",
    },
  ],
  attempt() {
    const live = liveNetwork();
    const { network, client, workers } = live;
    client.send({ argument: 7 });
    network.blocks(4);
    const [left, right] = workers;
    if (left === undefined || right === undefined) throw new Error("there are workers");
    const victim = client.makeCommand({ argument: 35 });
    const before = simulated(live, left, [], byItself);
    const after = simulated(live, right, [victim], byItself);
    return typeof before === "bigint" && typeof after === "bigint"
      ? { succeeded: true, says: `the sealed command added ${after - before}: two answers tell` }
      : { succeeded: false, says: `both refuse a chain that its voters did not sign: ${after}` };
  },
};
