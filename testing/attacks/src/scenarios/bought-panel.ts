/** One bought member of a panel convicts honest replicas. */
import { PhalaComputation } from "@pha/runtime";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster, clusterRecord, spares } from "../cluster.ts";

const BOND = 10n ** 14n;

export const attack: Attack = {
  name: "bought member of a panel",
  rule: "only two thirds of all members of a panel slash (protocol §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-contract-state/quorum.ts",
      text: "return Math.ceil((2 * members) / 3);",
      instead: "return Math.min(1, members);",
    },
  ],
  attempt() {
    const { chain, workers, step, forged, vote } = attackedCluster();
    const waiting = spares(chain, 6);
    const worker = workers[0].identity.publicKey;
    chain.send(chain.runtime.tx.PhalaComputation.bond_worker({ worker, amount: BOND }));
    vote(workers[0], step, { carries: true });
    vote(workers[1], forged("forged once"), { carries: true });
    vote(workers[2], forged("forged twice"), { carries: true });
    const members = clusterRecord(chain).panel?.members ?? [];
    const bought = waiting.find((boot) => members.some((one) => equalBytes(one.boot, boot.boot)));
    if (bought === undefined) throw new Error("a panel sits");
    vote(bought, forged("forged once"), { carries: true });
    const { Bonds } = chain.runtime.env(chain.overlay).of(PhalaComputation).storage;
    return (Bonds.get(worker)?.amount ?? 0n) < BOND
      ? { succeeded: true, says: "the honest replica was slashed by one voice of five" }
      : { succeeded: false, says: "one voice of five decides nothing" };
  },
};
