/**
 * PhalaPhatContracts: clusters, contracts and their keys, and the commands users send.
 *
 * The chain sees ciphertext, sizes, times and senders. It orders and refuses what it can judge without opening anything;
 * the rest is decided by the replicas of the contract's cluster.
 *
 * **Bounds**: see `declaration.ts`. **Not here**: roots and votes (PhaContractState), the release of keys (PhaGatekeepers).
 */
import { accountId, addWeights, ensure, root, signed } from "@pha/frame";
import { ClusterClass, Hash, MAX_SEALED_BYTES, Sr25519Key } from "@pha/protocol";
import { bool, boundedBytes, equalBytes, option, u8, u32, u64, u128 } from "@pha/scale";
import { maintainSeats, replaceSilent, setDraining, setReplication } from "./assignment.ts";
import {
  assertConsistent,
  clusterOf,
  createCluster,
  type NewCluster,
  nameGenesis,
  setStatus,
} from "./clusters.ts";
import { forgetExpired, queueCommand } from "./commands.ts";
import { deploy, instantiate, ownedContract, storeCode } from "./contracts.ts";
import { declaration, MAX_CODE_BYTES, MAX_SALT_BYTES } from "./declaration.ts";
import {
  closeFormers,
  commandsFinal,
  generationActivated,
  generationLost,
  giveUp,
  oldestFormer,
  rotate,
  rotateDue,
  snapshotFinal,
} from "./formers.ts";
import { isKeyOf } from "./keys.ts";
import { convenePanel, dissolvePanel } from "./panels.ts";
import { workerLost, workerRegistered } from "./seats.ts";
import type { ClusterDirectory } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** A contract that exists from genesis. */
export interface GenesisContract {
  readonly artefact: Uint8Array;
  readonly salt: Uint8Array;
}

/** A cluster that exists from genesis; its contracts belong to its owner. */
export interface GenesisCluster extends NewCluster {
  readonly contracts: readonly GenesisContract[];
}

export interface PhalaPhatContractsGenesis {
  readonly clusters: readonly GenesisCluster[];
}

export const PhalaPhatContracts = declaration.implement(({ call }) => ({
  calls: {
    add_cluster: call(
      0,
      {
        docs: "Creates a cluster; its replicas are drawn.",
        origin: root,
        args: {
          owner: accountId,
          clusterClass: ClusterClass,
          crossVendor: bool,
          replication: u8,
          fuelPerBlock: u64,
        },
        weight: WEIGHTS.add_cluster,
        dispatchClass: "Operational",
      },
      (ctx, { clusterClass, ...rest }) => {
        const number = Math.max(0, ctx.block.number - 1);
        const createdAt = { number, hash: ctx.block.parentHash };
        createCluster(ctx, { class: clusterClass, ...rest }, createdAt);
      },
    ),
    drain_worker: call(
      1,
      {
        docs: "Takes a worker of the caller out of service as soon as another can have its seat, or back into it.",
        origin: signed,
        args: { worker: Sr25519Key, draining: bool },
        weight: WEIGHTS.drain_worker,
      },
      (ctx, change) => setDraining(ctx, ctx.caller, change),
    ),
    upload_code: call(
      2,
      {
        docs: "Stores the artefact of a contract under its blake2b-256.",
        origin: signed,
        args: { artefact: boundedBytes(MAX_CODE_BYTES) },
        weight: {
          base: WEIGHTS.upload_code,
          each: { argument: "artefact", weight: WEIGHTS.upload_code_per_byte },
        },
      },
      (ctx, { artefact }) => void storeCode(ctx, ctx.caller, artefact),
    ),
    instantiate: call(
      3,
      {
        docs: "Makes a contract of uploaded code in a cluster; the caller owns it.",
        origin: signed,
        args: { cluster: Hash, codeHash: Hash, salt: boundedBytes(MAX_SALT_BYTES) },
        weight: WEIGHTS.instantiate,
      },
      (ctx, { cluster, codeHash, salt }) =>
        deploy(ctx, { deployer: ctx.caller, cluster, codeHash, salt }),
    ),
    push_command: call(
      4,
      {
        docs: "Queues a sealed command for a contract; its fuel limit is paid now, rounded up to a power of two.",
        origin: signed,
        args: {
          contract: Hash,
          generation: u64,
          epoch: u64,
          commandId: Hash,
          codeHash: option(Hash),
          fuelLimit: u64,
          value: u128,
          expiry: u32,
          sealed: boundedBytes(MAX_SEALED_BYTES),
        },
        weight: {
          base: WEIGHTS.push_command,
          each: { argument: "sealed", weight: WEIGHTS.push_command_per_byte },
        },
      },
      (ctx, command) => queueCommand(ctx, { origin: ctx.caller, ...command }),
    ),
    transfer_ownership: call(
      5,
      {
        docs: "Gives a contract to another owner.",
        origin: signed,
        args: { contract: Hash, owner: accountId },
        weight: WEIGHTS.transfer_ownership,
      },
      (ctx, { contract, owner }) => {
        const record = ownedContract(ctx, contract, ctx.caller);
        ctx.storage.Contracts.put(contract, { ...record, owner });
        ctx.emit.OwnershipTransferred({ contract, owner });
      },
    ),
    set_open: call(
      6,
      {
        docs: "Lets a contract accept commands, or stops it.",
        origin: signed,
        args: { contract: Hash, open: bool },
        weight: WEIGHTS.set_open,
      },
      (ctx, { contract, open }) => {
        const record = ownedContract(ctx, contract, ctx.caller);
        ctx.storage.Contracts.put(contract, { ...record, open });
        ctx.emit.OpenSet({ contract, open });
      },
    ),
    set_replication: call(
      7,
      {
        docs: "Sets the number of replicas of a cluster of the caller: more are drawn, of fewer the newest leave.",
        origin: signed,
        args: { cluster: Hash, replication: u8 },
        weight: WEIGHTS.set_replication,
      },
      (ctx, { cluster, replication }) => {
        ensure(equalBytes(clusterOf(ctx, cluster).owner, ctx.caller), ctx.errors.NotOwner);
        setReplication(ctx, cluster, replication);
      },
    ),
    rotate_state_key: call(
      8,
      {
        docs: "Has a cluster's state key made anew now: what is written from then on is under the new one, and so is soon all of it.",
        origin: root,
        args: { cluster: Hash },
        weight: WEIGHTS.rotate_state_key,
        dispatchClass: "Operational",
      },
      (ctx, { cluster }) => {
        const { newest, oldest } = ctx.storage.StateKeys.get(cluster);
        clusterOf(ctx, cluster);
        const isInUse =
          oldest === newest && ctx.storage.WrappedStateKeys.get(cluster)?.version === newest;
        ensure(isInUse, ctx.errors.RotationUnderWay);
        ctx.storage.Rotations.put(cluster, { due: ctx.block.number, wanted: true });
        rotate(ctx, cluster);
      },
    ),
  },
  genesis: (ctx, { clusters }: PhalaPhatContractsGenesis) => {
    for (const { contracts, ...made } of clusters) {
      const cluster = createCluster(ctx, made, { number: 0, hash: new Uint8Array(32) });
      for (const { artefact, salt } of contracts) {
        const codeHash = storeCode(ctx, made.owner, artefact);
        instantiate(ctx, { deployer: made.owner, cluster, codeHash, salt });
      }
    }
  },
  hooks: {
    onInitialize(ctx) {
      if (ctx.block.number === 1) nameGenesis(ctx);
      const seats = addWeights(WEIGHTS.block, maintainSeats(ctx));
      const keys = addWeights(closeFormers(ctx), rotateDue(ctx));
      return addWeights(seats, addWeights(forgetExpired(ctx), keys));
    },
    tryState: assertConsistent,
  },
}));

export const clusters: ClusterDirectory = {
  clusterOf: (ctx, cluster) => ctx.env.of(declaration).storage.Clusters.get(cluster),
  isKeyOf: (ctx, cluster, record, name) => isKeyOf(ctx.env.of(declaration), cluster, record, name),
  setStatus: (ctx, cluster, status) => setStatus(ctx.env.of(declaration), cluster, status),
  convene: (ctx, cluster, task, count) =>
    convenePanel(ctx.env.of(declaration), cluster, task, count),
  dissolve: (ctx, cluster) => dissolvePanel(ctx.env.of(declaration), cluster),
  replaceSilent: (ctx, cluster, silent) => replaceSilent(ctx.env.of(declaration), cluster, silent),
  signingKeyOf: (ctx, cluster) => ctx.env.of(declaration).storage.ClusterSigningKeys.get(cluster),
  publishedSigningKey(ctx, cluster, boot) {
    const { storage } = ctx.env.of(declaration);
    const record = storage.Clusters.get(cluster);
    return storage.KeyVotes.get(cluster, new Uint8Array(32)).find(
      (vote) =>
        equalBytes(vote.boot, boot) &&
        vote.generation === record?.generation &&
        vote.epoch === record.epoch,
    )?.key;
  },
  generationActivated: (ctx, generation, keeps) =>
    generationActivated(ctx.env.of(declaration), generation, keeps),
  generationLost: (ctx, generation) => generationLost(ctx.env.of(declaration), generation),
  giveUp: (ctx, cluster, generation) => giveUp(ctx.env.of(declaration), cluster, generation),
  oldestFormer: (ctx) => oldestFormer(ctx.env.of(declaration)),
  stateKeyVersion(ctx, cluster) {
    const { StateKeys, WrappedStateKeys } = ctx.env.of(declaration).storage;
    const { newest } = StateKeys.get(cluster);
    return WrappedStateKeys.get(cluster)?.version === newest ? newest : undefined;
  },
  snapshotFinal: (ctx, cluster, version) =>
    snapshotFinal(ctx.env.of(declaration), cluster, version),
  commandsFinal: (ctx, cluster, count) => commandsFinal(ctx.env.of(declaration), cluster, count),
};

/** For the registry: gives a new boot its seat. */
export const assignRegistered = (
  ctx: Parameters<ClusterDirectory["clusterOf"]>[0],
  change: Parameters<typeof workerRegistered>[1],
): void => workerRegistered(ctx.env.of(declaration), change);

/** For the registry: a worker may not serve any more. */
export const removeLost = (
  ctx: Parameters<ClusterDirectory["clusterOf"]>[0],
  loss: Parameters<typeof workerLost>[1],
): void => workerLost(ctx.env.of(declaration), loss);

/** For PhalaComputation: whether a worker holds keys of a cluster. */
export const isServing = (
  ctx: Parameters<ClusterDirectory["clusterOf"]>[0],
  worker: Uint8Array,
): boolean => ctx.env.of(declaration).storage.ClusterOf.has(worker);
