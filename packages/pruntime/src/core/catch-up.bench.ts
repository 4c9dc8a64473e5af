/** A worker that follows empty finalized blocks, as after a long absence: in batches, and by a warp over them. */
import { bench } from "vitest";
import { createScriptedChain, voterSeed } from "../testing/scripted-chain.ts";
import { type Output, type PRuntime, startPRuntime } from "./index.ts";

const BLOCKS = 10_000;
/** Blocks from one change of the voters to the next. */
const SET_BLOCKS = 200;
const chain = createScriptedChain({
  // A state as wide as a small chain's, so that proofs have its depth.
  state: Array.from({ length: 2000 }, (_, i): [Uint8Array, Uint8Array] => {
    const key = new Uint8Array(32);
    new DataView(key.buffer).setUint32(0, Math.imul(i, 2654435761) >>> 0);
    return [key, new Uint8Array(40).fill(i)];
  }),
});
for (let i = 1; i <= BLOCKS; i++)
  chain.addBlock(i % SET_BLOCKS === 0 ? { nextVoters: [voterSeed(`voter of ${i}`)] } : {});
const batches = Array.from({ length: BLOCKS / SET_BLOCKS }, (_, i) =>
  chain.batch(1 + i * SET_BLOCKS, SET_BLOCKS),
);
const warp = chain.warp(0);

let seed = 0;
function start(): PRuntime {
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
  return started.value.runtime;
}

function ensureAtHead(outputs: readonly Output[]): void {
  const synced = outputs.find((output) => output.type === "synced");
  if (synced?.status.head.number !== BLOCKS) throw new Error("not at the head");
}

bench(
  `pruntime/catch-up/${BLOCKS}-empty-blocks`,
  () => {
    const runtime = start();
    let outputs: readonly Output[] = [];
    for (const batch of batches) if (batch) outputs = runtime.step({ type: "batch", batch });
    ensureAtHead(outputs);
  },
  { time: 3000, warmupIterations: 1 },
);

bench(
  `pruntime/warp/${BLOCKS}-blocks-${BLOCKS / SET_BLOCKS}-set-changes`,
  () => ensureAtHead(start().step({ type: "warp", warp })),
  { time: 3000, warmupIterations: 1 },
);
