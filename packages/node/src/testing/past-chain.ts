/** A development chain of the past in a data directory: blocks with transfers in the slots up to now. */
import { developmentPreset } from "@pha/runtime";
import { openStore } from "../database/open-database.ts";
import { developmentChain } from "../preset-chain.ts";
import { bundledRuntime } from "./bundled-runtime.ts";
import { aDevChain, SLOT_MS } from "./dev-chain.ts";
import { createSigner, testPair } from "./signer.ts";

/** More than the existential deposit. */
const VALUE = 2_000_000_000n;

export interface PastChain {
  /** 32 bytes each, from genesis on. */
  readonly hashes: readonly Uint8Array[];
  /** Account that every transfer went to. */
  readonly sink: Uint8Array;
}

export async function writePastChain(options: {
  readonly directory: string;
  readonly blocks: number;
  readonly transfersPerBlock: number;
}): Promise<PastChain> {
  const { directory, blocks, transfersPerBlock } = options;
  const store = openStore({
    directory,
    onFailure: (error) => {
      throw error;
    },
  });
  const development = developmentChain({ transition: await bundledRuntime() });
  const node = aDevChain({ store, development });
  const { chain, pool } = node;
  const bob = createSigner(developmentPreset().runtime, chain.genesisHash, "//Bob");
  const sink = testPair("//Sink").publicKey;
  const first = Math.floor(Date.now() / SLOT_MS) - blocks - 1;
  const hashes = [chain.genesisHash];
  let nonce = 0;
  for (let i = 0; i < blocks; i++) {
    for (let one = 0; one < transfersPerBlock; one++)
      pool.submit(bob.transfer(sink, VALUE, nonce++));
    await node.author(first + i);
    hashes.push(chain.best.hash);
  }
  pool.stop();
  node.grandpa.stop();
  await store.close();
  return { hashes, sink };
}
