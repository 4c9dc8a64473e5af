/** The first replica that has its keys publishes a sealing key of its own, to read what users send. */
import { x25519PublicKey } from "@pha/crypto";
import { PhalaPhatContracts } from "@pha/runtime";
import { COUNTER_ID, clusterKeysCall, startKeyed } from "@pha/runtime/testing";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";

export const attack: Attack = {
  name: "first worker publishes a false sealing key",
  rule: "a sealing key is active when a majority of the seats published the same (protocol §3)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-phat-contracts/keys.ts",
      text: "if (votes.filter((one) => same(one, vote)).length >= quorum) return true;",
      instead:
        "if (votes.filter((one) => same(one, vote)).length >= Math.min(1, quorum)) return true;",
    },
  ],
  attempt() {
    const { chain, workers, keys } = startKeyed();
    const key = x25519PublicKey(new Uint8Array(32).fill(66));
    const own = { ...keys.keys, sealingKeys: [{ contract: COUNTER_ID, key }] };
    chain.send(clusterKeysCall(chain, workers[0], own));
    const { SealingKeys } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
    const active = SealingKeys.get(COUNTER_ID).at(-1);
    return active && equalBytes(active.key, key)
      ? { succeeded: true, says: "clients seal to the attacker's key" }
      : { succeeded: false, says: "no key is active before two of three published it" };
  },
};
