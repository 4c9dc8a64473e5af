/** A worker catches up over empty finalized blocks, against checking their justifications and proofs' hashes alone. */
import { encodeHeader } from "@pha/consensus";
import { blake2b256, ed25519FromSeed, ed25519Sign, ed25519Verify } from "@pha/crypto";
import { aDevChain } from "@pha/node/testing";
import { BLOCK_KEYS, GENESIS_KEYS } from "@pha/protocol";
import { startPRuntime } from "@pha/pruntime/core";
import { createProof } from "@pha/state";
import type { Bench } from "./bench.ts";

const BLOCKS = 1_200;
const BATCH = 256;

export const catchUp: Bench = {
  id: "pruntime/catch-up",
  async run() {
    const source = aDevChain();
    for (let i = 0; i < BLOCKS; i++) await source.author();
    const { chain } = source;
    const genesis = chain.header(chain.genesisHash);
    if (genesis === undefined) throw new Error("block 0 is stored");
    const started = startPRuntime({
      type: "start",
      role: { type: "Worker", value: undefined },
      operator: new Uint8Array(32),
      genesisHeader: encodeHeader(genesis),
      genesisProof: [...createProof(chain.stateOf(genesis), GENESIS_KEYS)],
      sealed: undefined,
      entropy: new Uint8Array(32).fill(1),
      version: 1,
    });
    if (!started.ok) throw new Error(started.error.code);
    const batches = batchesOf(
      source.blocks().map(({ header }) => header),
      chain,
    );
    const began = performance.now();
    for (const batch of batches)
      for (const output of started.value.runtime.step({ type: "batch", batch }))
        if (output.type === "batch-refused") throw new Error(output.code);
    const seconds = (performance.now() - began) / 1000;
    const pair = ed25519FromSeed(new Uint8Array(32).fill(2));
    const message = new Uint8Array(53);
    const signature = ed25519Sign(pair.seed, message);
    const limitBegan = performance.now();
    for (let i = 0; i < 1_000; i++) {
      ed25519Verify(pair.publicKey, message, signature);
      for (let k = 0; k < 6; k++) blake2b256(message);
    }
    const limit = 1_000 / ((performance.now() - limitBegan) / 1000);
    return [
      {
        id: "pruntime/catch-up",
        value: BLOCKS / seconds,
        unit: "blocks/s",
        better: "larger",
        against: { name: "one signature and six hashes a block", value: limit },
        samples: BLOCKS,
        floor: 500,
        goal: 3_000,
      },
    ];
  },
};

type DevChain = ReturnType<typeof aDevChain>["chain"];
type Header = Parameters<typeof encodeHeader>[0];

function batchesOf(headers: readonly Header[], chain: DevChain) {
  const batches: {
    headers: Uint8Array[];
    justification: Uint8Array;
    proofs: (readonly Uint8Array[])[];
  }[] = [];
  for (let at = 0; at < headers.length; at += BATCH) {
    const part = headers.slice(at, at + BATCH);
    const last = part.at(-1);
    const hash = last && chain.hashAt(last.number);
    const justification = hash && chain.justification(hash);
    if (!justification) throw new Error("each block has a justification");
    batches.push({
      headers: part.map(encodeHeader),
      justification,
      proofs: part.map((header) => [...createProof(chain.stateOf(header), BLOCK_KEYS)]),
    });
  }
  return batches;
}
