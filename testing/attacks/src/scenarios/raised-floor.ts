/** A CPU's hole is known and its fix is out; two machines that do not take it go on to decide roots. */
import { PhaAttestation } from "@pha/runtime";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster, finalRoot } from "../cluster.ts";

export const attack: Attack = {
  name: "unpatched machines go on after the floor was raised",
  rule: "all evidence is graded anew when governance tightens its policy (protocol §3)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-registry/sweep.ts",
      text: "if (begins && state.revision === current && now < state.nextMs) return WEIGHTS.sweep;",
      // Evidence is looked at when a worker registers, and never again.
      instead: "if (begins) return WEIGHTS.sweep;",
    },
  ],
  attempt() {
    const { chain, workers, forged, vote } = attackedCluster();
    const policy = chain.runtime.env(chain.overlay).of(PhaAttestation).storage.Policy.get();
    const lines = policy.lines.map((one) => ({ ...one, minSvn: one.minSvn + 1 }));
    const { set_policy } = chain.runtime.tx.PhaAttestation;
    chain.sudo(set_policy({ policy: { ...policy, lines } }));
    for (let i = 0; i < 4; i++) chain.block();
    const wrong = forged();
    vote(workers[0], wrong, { carries: true });
    const sent = vote(workers[1], wrong);
    const root = finalRoot(chain);
    return root && equalBytes(root, wrong.newRoot)
      ? { succeeded: true, says: "two broken machines made a forged root final" }
      : { succeeded: false, says: `one call of governance, and they are out: ${sent.error}` };
  },
};
