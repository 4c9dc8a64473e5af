/** A chain with many changes of its voters, served to light clients by a node in this process. */
import { chainSpecJson, checkpointOf, SILENT, type SpecJsonOptions } from "@pha/node";
import { aRotatingChain, type RotatingChain, startNodeNetwork } from "@pha/node/testing";

export interface RotatingNetwork {
  readonly node: RotatingChain;
  /** Chain spec as text; the boot node is in it. */
  spec(options?: SpecJsonOptions): string;
  /** From the finalized block, without the genesis state. */
  checkpointSpec(): string;
  /** Makes a block; it is final and announced. */
  author(): Promise<void>;
  /** Ends the peer and starts it again at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const SEED = new Uint8Array(32).fill(77);

export async function startRotatingNetwork(setChanges: bigint): Promise<RotatingNetwork> {
  const node = aRotatingChain();
  await node.authorUntilSet(setChanges);
  let network = await serve(node, "/ip4/127.0.0.1/tcp/0/ws");
  const bootNodes = network.listenAddresses();
  const { spec: chainSpec, runtime } = node.development;
  return {
    node,
    spec: (options = {}) => JSON.stringify(chainSpecJson(chainSpec, { bootNodes, ...options })),
    checkpointSpec() {
      const checkpoint = checkpointOf(node.chain, runtime);
      if (!checkpoint.ok) throw new Error(checkpoint.error.code);
      const options = { bootNodes, checkpoint: checkpoint.value, genesis: "root" } as const;
      return JSON.stringify(chainSpecJson(chainSpec, options));
    },
    author: () => node.author(),
    async restart() {
      await network.stop();
      const address = bootNodes[0]?.replace(/\/p2p\/.*/, "");
      network = await serve(node, address ?? "");
    },
    stop: async () => {
      node.grandpa.stop();
      await network.stop();
    },
  };
}

async function serve(node: RotatingChain, listen: string) {
  const network = await startNodeNetwork({
    chain: node.chain,
    database: node.database,
    pool: node.pool,
    log: SILENT,
    onFailure: (error) => {
      throw error;
    },
    isAuthority: true,
    slotDurationMs: 1_000,
    ready: () => Promise.resolve(),
    seed: SEED,
    listen: [listen],
    bootNodes: [],
    reserved: [],
    reservedOnly: false,
    agent: "pha",
  });
  node.joinNetwork(network.grandpa);
  return network;
}
