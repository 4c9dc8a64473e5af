/**
 * The SDK's front door: one verified chain, the worker hosts in reach, and what was seen of each contract.
 */
import { STORAGE } from "@pha/protocol";
import { equalBytes, PhaError, toHex } from "@pha/scale";
import { type Chain, openChain } from "./chain/chain.ts";
import type { ChainProvider } from "./chain/provider.ts";
import {
  createRootMemory,
  type RootMemory,
  type RootMemoryStore,
} from "./contracts/root-memory.ts";
import {
  createWorkerClient,
  type WorkerBoot,
  type WorkerClient,
} from "./contracts/worker-client.ts";
import type { RpcTransport } from "./rpc/transport.ts";
import { connectWebSocket, type WebSocketOptions } from "./rpc/web-socket.ts";
import type { TrustOptions } from "./verify/chain-links.ts";
import { createEvidenceCache } from "./verify/evidence-cache.ts";
import type { TrustReport } from "./verify/trust-tree.ts";
import { verifyContract } from "./verify/verify-contract.ts";
import { verifyWorker } from "./verify/verify-worker.ts";

/** What `createClient` is given. */
export interface ClientOptions {
  /** Address of a node, a transport of one's own, or a provider that verifies by itself, as `@pha/sdk/light` has one. */
  readonly node: WebSocketOptions | RpcTransport | ChainProvider;
  /** Base URLs of worker hosts; or what reaches one otherwise. */
  readonly workers: readonly (string | WorkerClient)[];
  /** Genesis hash of the network; when absent the node's is believed, which only a devnet deserves. */
  readonly genesisHash?: Uint8Array;
  /** Simulated TEEs protect nothing: talking to them needs this word. */
  readonly allowSimulated?: boolean;
  /** What to trust beside what the chain says: pinned programs; vendors' roots of one's own. */
  readonly trust?: TrustOptions;
  /** Keeps what was seen of each contract over restarts. */
  readonly memory?: RootMemoryStore;
}

/** A replica of a cluster that a worker host in reach runs. */
export interface ReachableReplica {
  readonly worker: WorkerClient;
  readonly boot: WorkerBoot;
  /** Account that registered the boot, proven. */
  readonly operator: Uint8Array;
}

/** One program's view of a network: its chain, the worker hosts in reach, and what it has verified. */
export interface Client {
  readonly chain: Chain;
  readonly workers: readonly WorkerClient[];
  readonly memory: RootMemory;
  /** Simulated TEEs are accepted: who operates one says nothing then. */
  readonly allowsSimulated: boolean;
  /** Cluster of a contract, proven. */
  clusterOf(contract: Uint8Array): Promise<Uint8Array>;
  /**
   * Replicas in reach, after the contract's chain of trust has been verified once per boot set.
   *
   * @param again asks the hosts anew which boots they run
   */
  replicasOf(
    contract: Uint8Array,
    cluster: Uint8Array,
    again?: boolean,
  ): Promise<readonly ReachableReplica[]>;
  verify(contract: Uint8Array): Promise<TrustReport>;
  /** @param identity of the worker, 32 bytes */
  verifyWorker(identity: Uint8Array): Promise<TrustReport>;
  close(): void;
}

/** Opens a network: follows its chain, verifying finality from the genesis hash on, and knows its worker hosts. */
export async function createClient(options: ClientOptions): Promise<Client> {
  const { node } = options;
  const source = "url" in node ? await connectWebSocket(node) : node;
  const chain = await openChain(source, options.genesisHash).catch((error: unknown) => {
    ("rpc" in source ? source.rpc : source).close();
    throw error;
  });
  const workers = options.workers.map((worker) =>
    typeof worker === "string" ? createWorkerClient(worker) : worker,
  );
  const memory = createRootMemory(options.memory);
  const rules: TrustOptions = { cache: createEvidenceCache(), ...options.trust };
  const clusters = new Map<string, Uint8Array>();
  const trusted = new Set<string>();
  let boots: readonly ReachableReplica[] = [];

  async function reachable(): Promise<readonly Omit<ReachableReplica, "operator">[]> {
    const lists = await Promise.all(
      workers.map(async (worker) => {
        const infos = await worker.info().catch(() => []);
        return infos.map((boot) => ({ worker, boot }));
      }),
    );
    return lists.flat();
  }

  /** Drops boots whose keys are not the ones the chain has registered: nothing may be sealed to a host's own key. */
  async function genuine(
    found: readonly Omit<ReachableReplica, "operator">[],
  ): Promise<readonly ReachableReplica[]> {
    const checked = await Promise.all(
      found.map(async (replica) => {
        const { identity, boot, bootEncryption } = replica.boot;
        const record = await chain.read({
          key: STORAGE.boot.key(identity),
          value: STORAGE.boot.value,
        });
        const registered =
          record !== undefined &&
          equalBytes(record.registration.boot, boot) &&
          equalBytes(record.registration.bootEncryption, bootEncryption);
        return registered ? [{ ...replica, operator: record.registration.operator }] : [];
      }),
    );
    return checked.flat();
  }

  async function trust(contract: Uint8Array, boot: WorkerBoot): Promise<void> {
    const key = `${toHex(contract)} ${toHex(boot.boot)}`;
    if (trusted.has(key)) return;
    const report = await verifyContract(chain, contract, rules);
    // A worker that starts again displaces its own boot some blocks before the cluster names the new one: the old boot
    // is not asked any more, the evidence that is verified is the new one's, and the other replicas go on. Whom the
    // chain suspends it takes out of the cluster, and gives the cluster new keys.
    const wrong = report.verdicts.find(
      ({ ok, link, facts }) =>
        !ok &&
        link !== "sealing-key" &&
        link !== "state-root" &&
        link !== "cluster" &&
        link !== "replica/standing" &&
        facts["displaced"] !== true,
    );
    if (wrong)
      throw new PhaError(
        "verify/not-trusted",
        `the chain of trust breaks at ${wrong.link}: ${wrong.says}`,
        {
          facts: { link: wrong.link },
          hint: "Send nothing to this contract until its operators explain; `pha verify` shows every link.",
        },
      );
    if (report.simulated && options.allowSimulated !== true)
      throw new PhaError(
        "verify/simulated",
        "the contract runs in SIMULATED TEEs, which protect nothing",
        {
          hint: "On a devnet pass allowSimulated: true; anywhere else, do not send data.",
        },
      );
    trusted.add(key);
  }

  return {
    chain,
    workers,
    memory,
    allowsSimulated: options.allowSimulated === true,
    async clusterOf(contract) {
      const known = clusters.get(toHex(contract));
      if (known) return known;
      const record = await chain.read({
        key: STORAGE.contract.key(contract),
        value: STORAGE.contract.value,
      });
      if (record === undefined)
        throw new PhaError("contract/unknown", "the chain has no such contract", {
          facts: { contract: toHex(contract) },
          hint: "Check the address and the network.",
        });
      const cluster = record.cluster.slice();
      clusters.set(toHex(contract), cluster);
      return cluster;
    },
    async replicasOf(contract, cluster, again = false) {
      const record = await chain.read({
        key: STORAGE.cluster.key(cluster),
        value: STORAGE.cluster.value,
      });
      const members = record?.replicas ?? [];
      const isMember = ({ boot }: ReachableReplica): boolean =>
        members.some((member) => equalBytes(member.boot, boot.boot));
      if (again || !boots.some(isMember)) boots = await genuine(await reachable());
      const found = boots.filter(isMember);
      for (const { boot } of found) await trust(contract, boot);
      if (found.length === 0)
        throw new PhaError("worker/none-reachable", "no replica of the contract is in reach", {
          facts: { replicas: members.length, workers: workers.length },
          hint: "Give the URL of a worker host that serves the contract's cluster.",
        });
      return found;
    },
    verify: (contract) => verifyContract(chain, contract, rules),
    verifyWorker: (identity) => verifyWorker(chain, identity, rules),
    close: () => chain.close(),
  };
}
