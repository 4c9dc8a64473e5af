/**
 * Re-execution of a range of a cluster's history by whoever holds its audit key (protocol §9).
 *
 * ```
 * openings ─► keys by name and version
 * snapshot, or nothing ─ chunks ─► state ─ steps before the range, opened ─► state ─ steps of the range, run again ─► equal?
 * ```
 * A step of the range is run as a replica runs it: the same queue, engine, randomness, sealing. Its root, the hash of its
 * delta and its replies must come out as they are on chain.
 *
 * **Bounds**: those of a replica's state and queue; what is given in is in memory. **Trust**: steps, snapshot, records and
 * blocks are proven by the caller, blobs prove themselves. The engine is the caller's own, and is asked as a replica asks its.
 */
import { blake2b256 } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  deriveClusterSigningSeed,
  deriveEpochSecrets,
  type EpochName,
  isSameName,
  type KeptOpening,
  type OpeningKeys,
  openOpening,
  repliesRoot,
  type Snapshot,
  type StateStep,
} from "@pha/protocol";
import { assert, equalBytes, fail, ok, type Result, toHex } from "@pha/scale";
import type { FinalizedBlock } from "./block.ts";
import type { ContractFacts } from "./cluster-facts.ts";
import { type ClusterQueue, createClusterQueue } from "./cluster-queue.ts";
import { RESERVED } from "./cluster-store.ts";
import type { EngineRequest, EngineResponse } from "./engine-job.ts";
import {
  createSealingSecrets,
  creationJob,
  type EpochContext,
  type Job,
  loadNew,
  prepare,
  pseudonymEntry,
  runRequest,
  type SealingSecrets,
} from "./execution.ts";
import { type HistoryError, readHistory } from "./follower.ts";
import type { HistoryBatch } from "./inputs.ts";
import { type JobResult, resultOf } from "./job-result.ts";
import { loadContract, loadState } from "./mirror.ts";
import { createState, type ExecutedStep, type ReplicaState, stateOf } from "./replica-state.ts";
import { type RestoreError, startRestore } from "./restore.ts";
import { readManifest, type SnapshotError } from "./snapshot-reader.ts";
import {
  type KeysByVersion,
  keysByVersion,
  STATE_KEY_BYTES,
  type StateKeyRing,
} from "./state-keys.ts";

/** A step with the content of its delta where that is a blob. */
export interface GivenStep {
  readonly step: StateStep;
  readonly blob: Uint8Array | undefined;
}

export interface ReplayInput {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly record: Pick<Cluster, "createdAt" | "fuelPerBlock">;
  /** All contracts of the cluster, in the order of the chain. */
  readonly contracts: readonly ContractFacts[];
  readonly openings: readonly KeptOpening[];
  /** X25519. */
  readonly auditSecret: Uint8Array;
  /** State to begin from; absent: the first step of all. */
  readonly start:
    | {
        readonly snapshot: Snapshot;
        readonly manifest: Uint8Array;
        readonly chunks: readonly Uint8Array[];
      }
    | undefined;
  /** Steps between the start and the range. */
  readonly before: readonly GivenStep[];
  /** Steps to run again, at least one. */
  readonly range: readonly GivenStep[];
}

/** Gives requests for the engine; takes the answer to each, which only a run has. */
export type Running = Generator<
  EngineRequest,
  Result<Replayed, ReplayError>,
  EngineResponse | undefined
>;

export type ReplayError =
  | { readonly code: "audit/wrong-key" }
  /** No replica sealed the keys of this name, or the chain has let them go. */
  | { readonly code: "audit/no-opening"; readonly generation: bigint; readonly epoch: bigint }
  /** What comes out differs from the chain: in its root, its delta, its replies, or in the block that had work. */
  | {
      readonly code: "audit/differs";
      readonly index: bigint;
      readonly what: "block" | "root" | "delta" | "replies";
      readonly expected: string;
      readonly found: string;
    }
  | { readonly code: "audit/unknown-contract"; readonly contract: string }
  | RestoreError
  | SnapshotError
  | HistoryError;

export interface Replayed {
  readonly steps: number;
  readonly commands: number;
  /** Commands that opened for nobody. */
  readonly unopened: number;
  readonly root: Uint8Array;
}

export interface Replay {
  /** First block whose commands the range may hold. */
  readonly needs: number;
  /** @param blocks from `needs` to the block of the last step */
  run(blocks: HistoryBatch): Running;
}

interface Named {
  readonly epoch: EpochContext;
  readonly sealing: SealingSecrets;
  readonly formers: readonly EpochName[];
}

interface Opened {
  readonly names: readonly Named[];
  /** State keys by version. */
  readonly rings: ReadonlyMap<number, StateKeyRing>;
  readonly keys: KeysByVersion;
}

export function prepareReplay(input: ReplayInput): Result<Replay, ReplayError> {
  const opened = openAll(input);
  if (!opened.ok) return opened;
  const restored = restoreStart(input, opened.value.keys);
  if (!restored.ok) return restored;
  const begin = restored.value;
  const needs = begin?.position.block ?? input.record.createdAt.number + 1;
  return ok({ needs, run: (blocks) => run(input, opened.value, begin, blocks) });
}

/** Keys of all names and versions that the openings hold. */
function openAll({
  genesisHash,
  cluster,
  openings,
  auditSecret,
}: ReplayInput): Result<Opened, ReplayError> {
  const names: Named[] = [];
  const rings = new Map<number, StateKeyRing>();
  for (const { opening, formers } of openings) {
    const keys = openOpening({ genesisHash, opening, auditSecret });
    if (!keys.ok) return keys;
    const { vetKey } = keys.value;
    const { generation, epoch } = opening;
    const secrets = deriveEpochSecrets(vetKey);
    names.push({
      epoch: { genesisHash, generation, epoch, vetKey, secrets },
      sealing: createSealingSecrets(vetKey),
      formers,
    });
    for (const ring of ringsOf(keys.value)) rings.set(ring.newest, ring);
  }
  const versions = new Map(
    [...rings].map(([version, ring]) => [version, keysByVersion(ring, { genesisHash, cluster })]),
  );
  const keys: KeysByVersion = {
    newest: Math.max(0, ...versions.keys()),
    of: (version) => versions.get(version)?.of(version),
    eraseOlder: () => undefined,
  };
  return ok({ names, rings, keys });
}

/** Each version alone. */
function ringsOf({ newest, stateKeys }: OpeningKeys): readonly StateKeyRing[] {
  return Array.from({ length: Math.floor(stateKeys.length / STATE_KEY_BYTES) }, (_, i) => ({
    newest: newest - i,
    bytes: stateKeys.subarray(i * STATE_KEY_BYTES, (i + 1) * STATE_KEY_BYTES),
  }));
}

/** The state before the range; nothing where the range begins with the first step. */
function restoreStart(
  { genesisHash, cluster, start, before }: ReplayInput,
  keys: KeysByVersion,
): Result<ReplicaState | undefined, ReplayError> {
  if (start === undefined && before.length === 0) return ok(undefined);
  const restore = startRestore({ genesisHash, cluster }, keys);
  if (start !== undefined) {
    const { snapshot, manifest, chunks } = start;
    const digests = readManifest(snapshot, manifest);
    if (!digests.ok) return digests;
    const reader = restore.snapshotReader(snapshot, digests.value);
    if (reader === undefined) return fail({ code: "restore/not-opened" });
    for (const chunk of chunks) {
      const taken = reader.take(chunk);
      if (!taken.ok) return taken;
    }
    const started = restore.startAt(snapshot, reader);
    if (!started.ok) return started;
  }
  for (const { step, blob } of before) {
    const taken = restore.take(step, blob);
    if (!taken.ok) return taken;
  }
  return restore.finish();
}

function* run(
  input: ReplayInput,
  { names, rings }: Opened,
  begin: ReplicaState | undefined,
  batch: HistoryBatch,
): Running {
  const { genesisHash, cluster, range, contracts, record } = input;
  const [first] = range;
  const last = range.at(-1);
  assert(first && last, "a range has a step");
  const read = readHistory(batch, last.step.block.hash);
  if (!read.ok) return read;
  const blocks = new Map(read.value.map((block) => [block.ref.number, block]));
  const known = new Set<string>();
  let state = begin;
  let queue: ClusterQueue | undefined;
  let commands = 0;
  let unopened = 0;
  let index = begin === undefined ? 0n : begin.index + 1n;

  yield { type: "reset" };
  if (begin !== undefined) {
    yield* loadState(begin.store.entries());
    for (const contract of contracts) {
      const pseudonymKey = begin.store.reserved(pseudonymEntry(contract.id));
      if (pseudonymKey === undefined) continue;
      known.add(toHex(contract.id));
      yield loadContract(contract, pseudonymKey);
    }
    queue = newQueue(begin.position, begin.block.number + 1);
  }

  function newQueue(position: ReplicaState["position"], firstJob: number): ClusterQueue {
    const follower = {
      block: (number: number): FinalizedBlock | undefined => blocks.get(number),
      head: last?.step.block ?? { number: 0 },
    };
    return createClusterQueue({ follower, cluster, contracts: known, position, firstJob });
  }

  function differs(
    what: Extract<ReplayError, { readonly code: "audit/differs" }>["what"],
    expected: string,
    found: string,
  ): Result<never, ReplayError> {
    return fail({ code: "audit/differs", index, what, expected, found });
  }

  function nameOf(name: EpochName): Named | undefined {
    return names.find(({ epoch }) => isSameName(epoch, name));
  }

  /** What the step's replicas ran, or why they cannot have. */
  function* jobOf(
    step: StateStep,
    { epoch, sealing, formers }: Named,
  ): Generator<EngineRequest, Result<Job, ReplayError>, EngineResponse | undefined> {
    const id = Number(index) + 1;
    if (state === undefined || queue === undefined) {
      const created = contracts.filter((one) => one.record.createdAt <= step.block.number);
      for (const one of created) {
        known.add(toHex(one.id));
        yield loadNew(one, epoch);
      }
      return ok(creationJob(id, step.block, created, epoch));
    }
    const next = queue.take(record.fuelPerBlock);
    if (next?.type !== "job" || !isSameBlock(next.block, step.block)) {
      const found = next?.type === "job" ? `#${next.block.number}` : "no work";
      return differs("block", `#${step.block.number}`, found);
    }
    for (const item of next.items) {
      if (item.type !== "instantiate") continue;
      const facts = contracts.find(({ id: one }) => equalBytes(one, item.contract));
      if (facts === undefined)
        return fail({ code: "audit/unknown-contract", contract: toHex(item.contract) });
      yield loadNew(facts, epoch);
    }
    const sealingOf = (name: EpochName): SealingSecrets | undefined => {
      if (isSameName(name, epoch)) return sealing;
      return formers.some((one) => isSameName(one, name)) ? nameOf(name)?.sealing : undefined;
    };
    const codeHashOf = (contract: Uint8Array): Uint8Array | undefined =>
      contracts.find(({ id: one }) => equalBytes(one, contract))?.record.codeHash;
    const prepared = next.items.map((item, order) =>
      prepare(item, next.block, order, epoch, sealingOf, codeHashOf),
    );
    const timestampMs = blocks.get(next.block.number)?.timestampMs ?? 0n;
    return ok({ id, block: next.block, timestampMs, prepared });
  }

  function executed(
    step: StateStep,
    result: JobResult,
    { vetKey }: EpochContext,
    ring: StateKeyRing,
  ): ExecutedStep {
    if (state === undefined || queue === undefined) {
      const position = { block: step.block.number + 1, index: 0 };
      const made = createState(
        { genesisHash, cluster, ring },
        {
          signingSeed: deriveClusterSigningSeed(vetKey),
          block: step.block,
          writes: result.writes,
          position,
        },
      );
      state = made.state;
      queue = newQueue(position, position.block);
      return made.first;
    }
    // A step is sealed under one version, whatever came later.
    if (ring.newest !== state.keyVersion) {
      const { store } = state;
      const signingSeed = store.reserved(RESERVED.signingSeed);
      assert(signingSeed, "a state has the seed of its signing key");
      const of = { genesisHash, cluster };
      state = stateOf(of, keysByVersion(ring, of), store, state, signingSeed);
    }
    return state.step(step.block, result.writes, queue.done(result.done));
  }

  for (const { step } of range) {
    const named = nameOf(step);
    const ring = rings.get(step.keyVersion);
    if (named === undefined || ring === undefined) {
      const { generation, epoch } = step;
      return fail({ code: "audit/no-opening", generation, epoch });
    }
    const job = yield* jobOf(step, named);
    if (!job.ok) return job;
    const { prepared } = job.value;
    const response = prepared.some(({ call }) => call) ? yield runRequest(job.value) : undefined;
    const outcomes = response?.type === "ran" ? response.outcomes : [];
    const result = resultOf(prepared, outcomes, named.epoch);
    const found = executed(step, result, named.epoch, ring);
    if (!equalBytes(found.newRoot, step.newRoot))
      return differs("root", toHex(step.newRoot), toHex(found.newRoot));
    const { delta } = step;
    const deltaHash = delta.type === "Blob" ? delta.value.digest : blake2b256(delta.value);
    if (!equalBytes(found.deltaHash, deltaHash))
      return differs("delta", toHex(deltaHash), toHex(found.deltaHash));
    const replies = result.replies.map(({ reply }) => reply);
    const [expected, own] = [repliesRoot(step.replies), repliesRoot(replies)];
    if (!equalBytes(expected, own)) return differs("replies", toHex(expected), toHex(own));
    state?.store.settle(found.newRoot);
    yield { type: "finalize", job: job.value.id };
    commands += replies.length;
    unopened += replies.filter(({ sealed }) => sealed === undefined).length;
    index += 1n;
  }
  return ok({ steps: range.length, commands, unopened, root: last.step.newRoot });
}

function isSameBlock(a: BlockRef, b: BlockRef): boolean {
  return a.number === b.number && equalBytes(a.hash, b.hash);
}
