/** Somebody without any right tries every call that governance or an owner alone may make. */
import { DEVELOPMENT_CLUSTER } from "@pha/runtime";
import { COUNTER_ID, sampleBytes } from "@pha/runtime/testing";
import { concatBytes, decode } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster } from "../cluster.ts";

const STRANGER = "//Eve";

export const attack: Attack = {
  name: "stranger makes the calls of owners and of governance",
  rule: "every call says whose it is, and a contract is changed by its owner alone (design §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-phat-contracts/contracts.ts",
      text: "  ensure(equalBytes(record.owner, caller), ctx.errors.NotOwner);",
      // As an interface that takes whatever id it is given.
      instead: "",
    },
  ],
  attempt() {
    const { chain, workers } = attackedCluster();
    const { runtime, overlay } = chain;
    const origin = { type: "Signed", account: chain.account(STRANGER) } as const;
    const env = runtime.env(overlay);
    const ofRoot = runtime.tables.pallets.flatMap((entry) =>
      [...entry.callsByName.values()].flatMap(({ declaration }) => {
        if (declaration.origin.name !== "root") return [];
        const place = Uint8Array.of(entry.index, declaration.index);
        const call = decode(
          runtime.format.call,
          concatBytes(place, sampleBytes(declaration.args.shape)),
        );
        if (!call.ok) throw new Error("a sample is a call");
        return [call.value];
      }),
    );
    if (ofRoot.length < 20) throw new Error("governance has calls");
    const tx = runtime.tx.PhalaPhatContracts;
    const [worker] = workers;
    const owned = [
      tx.set_open({ contract: COUNTER_ID, open: false }),
      tx.transfer_ownership({ contract: COUNTER_ID, owner: origin.account }),
      tx.set_replication({ cluster: DEVELOPMENT_CLUSTER, replication: 1 }),
      tx.drain_worker({ worker: worker.identity.publicKey, draining: true }),
    ];
    const done = [...ofRoot, ...owned].flatMap((call) => {
      overlay.begin();
      const { ok } = env.dispatch(call, origin);
      overlay.rollback();
      return ok ? [`${call.pallet}.${call.name}`] : [];
    });
    return done.length > 0
      ? { succeeded: true, says: `it did ${done.join(" and ")}` }
      : { succeeded: false, says: `${ofRoot.length + owned.length} calls, all refused` };
  },
};
