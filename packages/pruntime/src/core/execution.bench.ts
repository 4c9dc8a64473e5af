/** A block full of small commands through one replica: opened, run by the fake engine, written, replied to, voted on. */
import { bench } from "vitest";
import { liveNetwork } from "../testing/live-network.ts";

const COMMANDS = 500;
const live = liveNetwork({ workers: 1, fuelPerBlock: 10_000_000_000n });
const [worker] = live.workers;
live.network.blocks(2);
if (!worker) throw new Error("no worker");
worker.syncing = false;

bench(
  `pruntime/execute/${COMMANDS}-commands`,
  () => {
    const outputs = worker.feed({ type: "batch", batch });
    if (!outputs.some(({ type }) => type === "reply")) throw new Error("nothing was executed");
  },
  {
    time: 2000,
    warmupIterations: 2,
    setup(task) {
      task.opts.beforeEach = () => {
        worker.syncing = true;
        live.network.blocks(2);
        worker.syncing = false;
        for (let i = 0; i < COMMANDS; i++) live.client.send({ argument: i });
        live.network.blocks(1);
        const next = live.chain.batch(live.chain.head.number);
        if (!next) throw new Error("no batch");
        batch = next;
      };
    },
  },
);

let batch = live.chain.batch(1) ?? { headers: [], justification: new Uint8Array(), proofs: [] };
