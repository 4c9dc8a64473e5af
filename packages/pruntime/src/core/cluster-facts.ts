/** What a replica reads of its cluster with proofs before it can serve: root key, contracts, code, final root. */
import { readArtefact } from "@pha/contract";
import { blake2b128 } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  type Contract,
  type FinalRoot,
  type Generation,
  itemKey,
  type Snapshot,
  STORAGE,
  type StateKeyVersions,
  type WrappedStateKey,
} from "@pha/protocol";
import { concatBytes, parseHex, struct, u32, vec } from "@pha/scale";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Reads } from "./reads.ts";

export interface ContractFacts {
  readonly id: Uint8Array;
  readonly record: Contract;
  /** Artefact as uploaded. */
  readonly code: Uint8Array;
  /** Key for audits that its manifest declares, if any. */
  readonly auditKey: Uint8Array | undefined;
}

export interface ClusterFacts {
  readonly generation: Generation;
  /** Absent before a majority has published it. */
  readonly wrap: WrappedStateKey | undefined;
  /** Under whose root the state key is wrapped: an older one until the cluster is handed over. */
  readonly wrapGeneration: Generation | undefined;
  /** Of the cluster's former names, as far as they are not retired. */
  readonly formerGenerations: readonly Generation[];
  readonly contracts: readonly ContractFacts[];
  /** Absent before the first commit is final. */
  readonly root: FinalRoot | undefined;
  /** Versions of the state key that are in use. */
  readonly stateKeys: StateKeyVersions;
  /** Newest final one. */
  readonly snapshot: Snapshot | undefined;
  /** Steps after which the next snapshot is due. */
  readonly snapshotSteps: bigint;
  /** Block at which all of it was proven. */
  readonly at: BlockRef;
  /** Oldest block up to `at` with work that the root does not cover; one above `at` when there is none. */
  readonly workFrom: number;
}

/** `PhaContractState.Progress[cluster]`: blocks with queued work that no final root covers, ascending. */
const PROGRESS = {
  key: (cluster: Uint8Array): Uint8Array =>
    concatBytes(itemKey("PhaContractState", "Progress"), blake2b128(cluster), cluster),
  value: struct({ waiting: vec(u32, 4096), lastFinalAt: u32 }),
};

const FIRST_VERSION: StateKeyVersions = { newest: 0, oldest: 0 };

/** Contracts whose records and code are read at once. */
const CHUNK = 16;

/** Reads all facts at one finalized block; `then(undefined)` when a proof was missing and it must be tried again. */
export function readClusterFacts(
  parts: { readonly follower: Follower; readonly reads: Reads },
  cluster: Uint8Array,
  { generation, formers }: Pick<Cluster, "generation" | "formers">,
  then: (facts: ClusterFacts | undefined) => readonly Output[],
): readonly Output[] {
  const { follower, reads } = parts;
  const at = { block: follower.head, stateRoot: follower.headStateRoot };
  const generationKey = STORAGE.generation.record.key(generation);
  const progressKey = PROGRESS.key(cluster);
  const keys = [
    generationKey,
    STORAGE.clusterContracts.key(cluster),
    STORAGE.root.key(cluster),
    STORAGE.wrappedStateKey.key(cluster),
    STORAGE.snapshot.key(cluster),
    STORAGE.snapshotSteps.key,
    STORAGE.stateKeys.key(cluster),
    progressKey,
  ];
  return reads.ask(at, keys, (proven) => {
    const record = proven?.value({ key: generationKey, codec: STORAGE.generation.record.value });
    if (proven === undefined || record === undefined) return then(undefined);
    const ids = proven.value({
      key: STORAGE.clusterContracts.key(cluster),
      codec: STORAGE.clusterContracts.value,
    });
    const root = proven.value({ key: STORAGE.root.key(cluster), codec: STORAGE.root.value });
    const wrap = proven.value({
      key: STORAGE.wrappedStateKey.key(cluster),
      codec: STORAGE.wrappedStateKey.value,
    });
    const snapshot = proven.value({
      key: STORAGE.snapshot.key(cluster),
      codec: STORAGE.snapshot.value,
    });
    const stateKeys = proven.value({
      key: STORAGE.stateKeys.key(cluster),
      codec: STORAGE.stateKeys.value,
    });
    const { key, value: codec } = STORAGE.snapshotSteps;
    const snapshotSteps = BigInt(proven.value({ key, codec }) ?? 0);
    const progress = proven.value({ key: progressKey, codec: PROGRESS.value });
    // Unreadable progress hides work: then every block since the root is looked at.
    const hidden = progress === undefined && proven.has(progressKey);
    const workFrom = hidden ? 0 : (progress?.waiting[0] ?? at.block.number + 1);
    const named = [wrap?.generation ?? generation, ...formers.map((one) => one.generation)];
    return readGenerations(parts, at, record, named, ([wrapGeneration, ...others]) =>
      readContracts(parts, at, ids ?? [], [], (contracts) =>
        then(
          contracts && {
            generation: record,
            wrap,
            wrapGeneration,
            formerGenerations: others.filter((one) => one !== undefined),
            contracts,
            root,
            stateKeys: stateKeys ?? FIRST_VERSION,
            snapshot,
            snapshotSteps,
            at: at.block,
            workFrom,
          },
        ),
      ),
    );
  });
}

/** Records of the generations named, in that order. */
function readGenerations(
  { reads }: { readonly reads: Reads },
  at: At,
  present: Generation,
  named: readonly bigint[],
  then: (generations: readonly (Generation | undefined)[]) => readonly Output[],
): readonly Output[] {
  const older = [...new Set(named)].filter((one) => one !== present.generation);
  if (older.length === 0) return then(named.map(() => present));
  const { key: keyOf, value: codec } = STORAGE.generation.record;
  return reads.ask(at, older.map(keyOf), (proven) => {
    const records = older.map((one) => proven?.value({ key: keyOf(one), codec }));
    return then(
      named.map((one) => (one === present.generation ? present : records[older.indexOf(one)])),
    );
  });
}

type At = Parameters<Reads["ask"]>[0];

/** What is no artefact declares nothing; its calls trap. */
export function declaredAuditKey(code: Uint8Array): Uint8Array | undefined {
  const artefact = readArtefact(code);
  const declared = artefact.ok ? artefact.value.audit : undefined;
  const key = declared === undefined ? undefined : parseHex(declared, 32);
  return key?.ok ? key.value : undefined;
}

/** Records, then the code they name, a chunk at a time. */
export function readContracts(
  parts: { readonly reads: Reads },
  at: At,
  ids: readonly Uint8Array[],
  done: readonly ContractFacts[],
  then: (contracts: readonly ContractFacts[] | undefined) => readonly Output[],
): readonly Output[] {
  const { reads } = parts;
  const chunk = ids.slice(done.length, done.length + CHUNK);
  if (chunk.length === 0) return then(done);
  return reads.ask(at, chunk.map(STORAGE.contract.key), (proven) => {
    if (proven === undefined) return then(undefined);
    const records = chunk.map((id) =>
      proven.value({ key: STORAGE.contract.key(id), codec: STORAGE.contract.value }),
    );
    const known = records.filter((record) => record !== undefined);
    if (known.length !== chunk.length) return then(undefined);
    const codeKeys = known.map((record) => STORAGE.code.key(record.codeHash));
    return reads.ask(at, codeKeys, (codes) => {
      if (codes === undefined) return then(undefined);
      const more: ContractFacts[] = [];
      for (const [i, record] of known.entries()) {
        const id = chunk[i];
        const code = codes.value({
          key: STORAGE.code.key(record.codeHash),
          codec: STORAGE.code.value,
        });
        if (id === undefined || code === undefined) return then(undefined);
        more.push({ id, record, code, auditKey: declaredAuditKey(code) });
      }
      return readContracts(parts, at, ids, [...done, ...more], then);
    });
  });
}
