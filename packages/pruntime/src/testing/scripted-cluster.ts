/** The one cluster of a scripted chain: its record, its contracts, and the blocks whose work is not final. */
import { blake2b128, blake2b256 } from "@pha/crypto";
import {
  type Cluster,
  ClusterEvent,
  type Contract,
  contractId,
  itemKey,
  STORAGE,
  TOPIC,
} from "@pha/protocol";
import { concatBytes, encode, struct, u32, utf8, vec } from "@pha/scale";
import { counterArtefact } from "./counter-artefact.ts";
import type { ScriptedChain } from "./scripted-chain.ts";

export const CLUSTER = new Uint8Array(32).fill(0xc1);
const OWNER = new Uint8Array(32).fill(0x0e);
const Progress = struct({ waiting: vec(u32, 128), lastFinalAt: u32 });
const progressKey = concatBytes(
  itemKey("PhaContractState", "Progress"),
  blake2b128(CLUSTER),
  CLUSTER,
);

export interface ClusterOptions {
  readonly chain: ScriptedChain;
  readonly replication: number;
  readonly fuelPerBlock: bigint;
  /** Contracts of the cluster at genesis. */
  readonly contracts: number;
  /** X25519 key that the contracts declare for audits. */
  readonly auditKey?: Uint8Array | undefined;
  /** The cluster takes platforms alone whose place is proven. */
  readonly endorsed: boolean;
}

export interface ScriptedCluster {
  readonly record: Cluster;
  readonly contracts: readonly Uint8Array[];
  /** Changes the record, and tells of it. */
  change(part: Partial<Cluster>): void;
  /** A root is final: what waits is the work of later blocks. */
  rootFinal(block: number): void;
  tell(event: ClusterEvent): void;
  addContract(
    salt: number,
    createdAt: number,
    auditKey: Uint8Array | undefined,
  ): { readonly id: Uint8Array; readonly record: Contract };
  /** The block being made holds something that replicas must execute. */
  workQueued(): void;
}

export function createScriptedCluster(options: ClusterOptions): ScriptedCluster {
  const { chain } = options;
  const contracts: Uint8Array[] = [];
  let work: readonly number[] = [];
  let record: Cluster = {
    owner: OWNER,
    class: { type: options.endorsed ? "Endorsed" : "Open", value: undefined },
    crossVendor: false,
    replication: options.replication,
    replicas: [],
    generation: 0n,
    epoch: 0n,
    formers: [],
    status: { type: "Pending", value: undefined },
    createdAt: { number: 0, hash: chain.genesisHash },
    fuelPerBlock: options.fuelPerBlock,
    panel: undefined,
  };
  put(record);
  for (let i = 0; i < options.contracts; i++) addContract(i, 0, options.auditKey);
  if (options.auditKey) chain.put(STORAGE.auditKey.key(CLUSTER), options.auditKey);

  function put(next: Cluster): void {
    record = next;
    chain.put(STORAGE.cluster.key(CLUSTER), encode(STORAGE.cluster.value, next));
  }

  function putProgress(next: readonly number[]): void {
    work = next;
    const lastFinalAt = chain.head.number + 1;
    chain.put(progressKey, encode(Progress, { waiting: [...next], lastFinalAt }));
  }

  function tell(event: ClusterEvent): void {
    chain.push({
      sender: { type: "Pallet", value: utf8("PhalaPhatContracts") },
      destination: TOPIC.cluster,
      payload: encode(ClusterEvent, event),
    });
  }

  function addContract(salt: number, createdAt: number, auditKey: Uint8Array | undefined) {
    const code = counterArtefact(auditKey);
    const codeHash = blake2b256(code);
    const salted = { deployer: OWNER, cluster: CLUSTER, codeHash, salt: Uint8Array.of(salt) };
    const id = contractId(salted);
    const contract: Contract = { cluster: CLUSTER, codeHash, owner: OWNER, createdAt, open: true };
    contracts.push(id);
    chain.put(STORAGE.code.key(codeHash), encode(STORAGE.code.value, code));
    chain.put(STORAGE.contract.key(id), encode(STORAGE.contract.value, contract));
    chain.put(
      STORAGE.clusterContracts.key(CLUSTER),
      encode(STORAGE.clusterContracts.value, contracts),
    );
    return { id, record: contract };
  }

  return {
    get record() {
      return record;
    },
    contracts,
    change(part) {
      put({ ...record, ...part });
      tell({ type: "Changed", value: { cluster: CLUSTER, record } });
    },
    rootFinal(block) {
      putProgress(work.filter((number) => number > block));
      if (record.status.type !== "Live")
        put({ ...record, status: { type: "Live", value: undefined } });
    },
    tell,
    addContract,
    workQueued() {
      const now = chain.head.number + 1;
      if (work.at(-1) !== now) putProgress([...work, now]);
    },
  };
}
