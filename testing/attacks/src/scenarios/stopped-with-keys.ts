/**
 * A worker is stopped for days with its keys in memory. Meanwhile the voters of then unbonded and sold their keys: whoever
 * bought them goes on with a chain of its own, which renews the lease and has the victim's command in it.
 */
import { Heartbeat, STORAGE, TOPIC } from "@pha/protocol";
import { liveNetwork, type ScriptedChain, voterSeed } from "@pha/pruntime/testing";
import { decode, encode, equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { simulated } from "../made-up-chain.ts";

const DAYS = 4;
const LEASE_MS = 12_000n;

export const attack: Attack = {
  name: "worker stopped with its keys in memory, fed by former authorities",
  rule: "a head older than half the unbonding time costs the keys: they are asked for at the next head (protocol §7)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/runtime.ts",
      text: "if (nowMs - headSinceMs >= STALE_HEAD_MS) outputs.push(...giveUpKeys());",
      instead: "void giveUpKeys;",
    },
  ],
  attempt() {
    const live = liveNetwork();
    const { network, chain, client, workers } = live;
    client.send({ argument: 7 });
    network.blocks(4);
    const [worker] = workers;
    if (worker === undefined) throw new Error("there are workers");
    const victim = client.makeCommand({ argument: 35 });
    worker.syncing = false;
    worker.messages.length = 0;
    chain.addBlock({ nextVoters: [voterSeed("two")] });
    network.pass(DAYS * 86_400_000);
    // First it makes its evidence anew.
    network.pass(1_000);
    const beat = worker.messages.findLast(({ message }) =>
      equalBytes(message.destination, TOPIC.heartbeat),
    );
    const heartbeat = beat && decode(Heartbeat, beat.message.payload);
    if (!heartbeat?.ok) throw new Error("it wants a lease again");
    const renew = (fork: ScriptedChain): void => {
      const at = { number: fork.head.number + 1, hash: fork.head.hash };
      const until = fork.nextTimeMs + LEASE_MS;
      const { key, value } = STORAGE.lease;
      fork.put(key(worker.boot), encode(value, { heartbeat: heartbeat.value, at, until }));
    };
    const byFormerVoters = (fork: ScriptedChain, number: number) => fork.justification(number);
    const answer = simulated(live, worker, [victim], byFormerVoters, renew);
    return typeof answer === "bigint"
      ? { succeeded: true, says: `on a chain that nobody else has it would be ${answer}` }
      : {
          succeeded: false,
          says: `it has no keys on a chain that gatekeepers do not know: ${answer}`,
        };
  },
};
