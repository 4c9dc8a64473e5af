/** A development chain whose slots come when the test says so: all services of a node, no timers, no sockets. */
import type { BabeVerifier, Header } from "@pha/consensus";
import { assert } from "@pha/scale";
import { authorSlot } from "../authoring/authoring-service.ts";
import { Chain } from "../chain/chain.ts";
import { genesisBlock } from "../chain-spec.ts";
import { type ChainDatabase, openChainDatabase } from "../database/chain-database.ts";
import { type JournaledStore, openJournaledStore } from "../database/journaled-store.ts";
import { createMemoryStore } from "../database/memory-store.ts";
import type { Pruning } from "../database/pruning.ts";
import { genesisAuthoritySet } from "../finality/genesis-authorities.ts";
import type { GrandpaNetwork } from "../finality/grandpa-network.ts";
import { type GrandpaService, startGrandpa } from "../finality/grandpa-service.ts";
import { SILENT } from "../node-log.ts";
import type { NodeChain } from "../open-chain.ts";
import { PoolService } from "../pool/pool-service.ts";
import { developmentChain } from "../preset-chain.ts";
import { joinKeystores, type Keystore } from "../signer/keystore.ts";
import { openKeystore, type SingleKeystore } from "../signer/secret-keys.ts";

export const SLOT_MS = 1_000;
export const FIRST_SLOT = 1_000;

/** Made once: it is the same every time and takes a while. */
let shared: NodeChain | undefined;

export function sharedDevelopment(): NodeChain {
  shared ??= developmentChain();
  return shared;
}

export interface DevChain {
  readonly chain: Chain;
  readonly pool: PoolService;
  /** The voter that runs now. */
  readonly grandpa: GrandpaService;
  readonly keystore: SingleKeystore;
  readonly store: JournaledStore;
  readonly database: ChainDatabase;
  readonly development: NodeChain;
  /** Authors in the slot, by default the next, from what is in the pool; the block is final when it resolves. */
  author(slot?: number): Promise<void>;
  /** Ends the voter and starts one with another key, or in another network. */
  restartVoter(options: { readonly keystore?: Keystore; readonly network?: GrandpaNetwork }): void;
  /** Blocks of the chain from 1 on. */
  blocks(): readonly { readonly header: Header; readonly body: readonly Uint8Array[] }[];
}

export function aDevChain(
  options: {
    readonly store?: JournaledStore;
    readonly pruning?: Pruning;
    readonly follows?: boolean;
    readonly network?: GrandpaNetwork;
    readonly development?: NodeChain;
    /** Verifies seals and claims. */
    readonly verifier?: BabeVerifier;
    /** Secret whose keys author. @default "//Alice" */
    readonly authority?: string;
    /** Signs beside those keys. */
    readonly moreKeys?: Keystore;
  } = {},
): DevChain {
  const { development = sharedDevelopment() } = options;
  const { spec, runtime } = development;
  const fail = (error: unknown): never => {
    throw error;
  };
  const store =
    options.store ?? openJournaledStore({ backing: createMemoryStore(), onFailure: fail });
  const genesis = genesisBlock(spec);
  const database = openChainDatabase(store, {
    genesisHash: genesis.hash,
    pruning: options.pruning,
  });
  if (database.genesisHash() === undefined)
    database.putGenesis({ ...genesis, body: [] }, genesisAuthoritySet(spec));
  const chain = new Chain({
    database,
    runtime,
    genesisHash: genesis.hash,
    verifier: options.verifier,
    onListenerError: fail,
  });
  const pool = new PoolService({ chain, runtime, onListenerError: fail });
  const keystore = openKeystore(options.authority ?? "//Alice");
  const signing = joinKeystores([keystore, ...(options.moreKeys ? [options.moreKeys] : [])]);
  let failure: unknown;
  const startVoter: DevChain["restartVoter"] = (voting) => {
    grandpa?.stop();
    grandpa = startGrandpa({
      chain,
      database,
      keystore: voting.keystore,
      log: SILENT,
      onFailure: (error) => {
        failure = error;
      },
      ...(voting.network ? { network: voting.network } : {}),
    });
  };
  let grandpa: GrandpaService | undefined;
  startVoter({
    ...(options.follows ? {} : { keystore: signing }),
    ...(options.network ? { network: options.network } : {}),
  });
  return {
    chain,
    pool,
    get grandpa() {
      assert(grandpa, "a voter was started");
      return grandpa;
    },
    restartVoter: startVoter,
    keystore,
    store,
    database,
    development,
    author: async (slot = FIRST_SLOT + chain.best.number) => {
      await authorSlot(
        {
          chain,
          runtime,
          pool,
          keystore: signing,
          log: SILENT,
          ready: () => store.ready(),
          slotDurationMs: SLOT_MS,
          clock: () => slot * SLOT_MS + 10,
          // Stands still: what a block takes in depends on no machine's speed.
          now: () => 0,
        },
        slot,
      );
      // The voter runs in a microtask after the block.
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      if (failure !== undefined) throw failure;
    },
    blocks: () =>
      Array.from({ length: chain.best.number }, (_, index) => {
        const hash = chain.hashAt(index + 1);
        const header = hash && chain.header(hash);
        const body = hash && chain.body(hash);
        assert(header && body, "blocks of the best chain are stored");
        return { header, body };
      }),
  };
}
