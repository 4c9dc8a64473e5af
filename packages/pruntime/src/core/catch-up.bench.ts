/** A worker that follows empty finalized blocks in batches, as after a long absence. */
import { bench } from "vitest";
import { createScriptedChain } from "../testing/scripted-chain.ts";
import { startPRuntime } from "./index.ts";

const BLOCKS = 2048;
const chain = createScriptedChain({
  // A state as wide as a small chain's, so that proofs have its depth.
  state: Array.from({ length: 2000 }, (_, i): [Uint8Array, Uint8Array] => {
    const key = new Uint8Array(32);
    new DataView(key.buffer).setUint32(0, Math.imul(i, 2654435761) >>> 0);
    return [key, new Uint8Array(40).fill(i)];
  }),
});
for (let i = 0; i < BLOCKS; i++) chain.addBlock();
const batches = Array.from({ length: BLOCKS / 256 }, (_, i) => chain.batch(1 + i * 256, 256));

let seed = 0;
bench(
  `pruntime/catch-up/${BLOCKS}-empty-blocks`,
  () => {
    const started = startPRuntime({
      type: "start",
      role: { type: "Worker", value: undefined },
      operator: new Uint8Array(32),
      genesisHeader: chain.genesisHeader,
      genesisProof: chain.genesisProof,
      sealed: undefined,
      entropy: new Uint8Array(32).fill(++seed),
      version: 0,
    });
    if (!started.ok) throw new Error(started.error.code);
    for (const batch of batches) if (batch) started.value.runtime.step({ type: "batch", batch });
  },
  { time: 3000, warmupIterations: 1 },
);
