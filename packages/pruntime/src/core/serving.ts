/**
 * A replica that has its state: takes jobs from the queue, has the engine run them, votes on what they wrote, and keeps
 * the engine's mirror in step.
 *
 * ```
 * created ─┐
 *          ├─► idle ─ block with work ─► job runs in the engine ─ outcomes ─► step, vote, replies ─► idle
 * restored ┘                                                                     └ root final: next base of queries
 * ```
 * **Bounds**: `MAX_PENDING_COMMITS` steps wait for finality, one job runs; the queue as in `cluster-queue.ts`; history
 * comes `HISTORY_AT_ONCE` blocks at a time.
 * **Trust**: outcomes come from the cluster's own engine; history must end at a known block. **Not here**: how state and
 * key were obtained (`replica.ts`).
 */
import { blake2bKeyed, ed25519Sign } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  deriveClusterSigningSeed,
  type EpochName,
  isSameName,
  MAX_PENDING_COMMITS,
  replyPayload,
  TOPIC,
} from "@pha/protocol";
import { assert, concatBytes, encode, equalBytes, toHex, u64 } from "@pha/scale";
import { type ClusterFacts, type ContractFacts, readContracts } from "./cluster-facts.ts";
import { auditOpening, clusterKeys } from "./cluster-keys.ts";
import { type ClusterQueue, createClusterQueue } from "./cluster-queue.ts";
import type { FinalView } from "./cluster-store.ts";
import type { Commits } from "./commits.ts";
import type { EngineOutcome, EngineRequest, EngineResponse } from "./engine-job.ts";
import {
  createSealingSecrets,
  creationJob,
  type EpochContext,
  type Job as ExecutionJob,
  loadNew,
  prepare,
  pseudonymEntry,
  runRequest,
  type SealingSecrets,
} from "./execution.ts";
import type { FinalAhead, FinalState } from "./final-ahead.ts";
import type { Follower } from "./follower.ts";
import type { FormerKeys } from "./former-keys.ts";
import type { HistoryBatch, LogEvent, Output } from "./inputs.ts";
import { type JobReply, type JobResult, resultOf } from "./job-result.ts";
import type { Keys } from "./keys.ts";
import { loadContract, loadState } from "./mirror.ts";
import type { Outbox } from "./outbox.ts";
import type { Position } from "./position.ts";
import type { QueueItem } from "./queue.ts";
import type { Reads } from "./reads.ts";
import { createState, type ExecutedStep, type ReplicaState } from "./replica-state.ts";
import type { Snapshots } from "./snapshots.ts";
import type { StateKeyRing } from "./state-keys.ts";

export const HISTORY_AT_ONCE = 256;

export interface Serving {
  /** State that the engine's base holds; absent before a root is final. */
  readonly final: FinalState | undefined;
  /** Block whose commands are executed; absent before the state is created. */
  readonly executed: number | undefined;
  /** Blocks that may still hold work. */
  readonly waiting: number;
  /** Oldest block that it will read again. */
  readonly needs: number;
  has(contract: Uint8Array): boolean;
  /** State as of the newest root that is final here. */
  view(): FinalView | undefined;
  /** Makes the first state of a cluster. */
  create(): readonly Output[];
  /** Goes on from a state at a final root. */
  resume(state: ReplicaState): readonly Output[];
  /** Starts what can be started. */
  pump(): readonly Output[];
  rootFinal(final: FinalState): readonly Output[];
  /** The ring has changed: says so to the chain. */
  keysChanged(): readonly Output[];
  engine(response: Exclude<EngineResponse, { readonly type: "queried" }>): readonly Output[];
  /** Answers that come later are void. */
  stop(): void;
}

export interface ServingParts {
  readonly cluster: Uint8Array;
  readonly follower: Follower;
  readonly reads: Reads;
  readonly keys: Keys;
  readonly outbox: Outbox;
  readonly commits: Commits;
  readonly snapshots: Snapshots;
  readonly finalAhead: FinalAhead;
  readonly epoch: EpochContext;
  /** Keys of former names under which commands may wait. */
  readonly formers: FormerKeys;
  readonly ring: () => StateKeyRing;
  readonly facts: ClusterFacts;
  /** A member of a panel executes this block alone, and tells the chain alone. */
  readonly only: number | undefined;
  /** The cluster's record as it is now. */
  readonly record: () => Cluster;
  /** Larger at each call: the engine may still answer an older job. */
  readonly nextJob: () => number;
  readonly askHistory: (
    from: number,
    to: number,
    then: (batch: HistoryBatch | undefined) => readonly Output[],
  ) => Output;
  /** The majority found another root: what we hold is worth nothing. */
  readonly diverged: () => readonly Output[];
}

interface Job extends ExecutionJob {
  readonly creation: boolean;
}

export function createServing(parts: ServingParts): Serving {
  const { cluster, follower, reads, keys, outbox, commits, snapshots, finalAhead, epoch, facts } =
    parts;
  const { genesisHash, vetKey } = epoch;
  const sealing = createSealingSecrets(vetKey);
  const known = new Set<string>();
  let contracts: ContractFacts[] = [];
  let state: ReplicaState | undefined;
  let queue: ClusterQueue | undefined;
  let job: Job | undefined;
  let final: FinalState | undefined;
  /** Newest block contained in the mirror's base after a reload. */
  let baseBlock = 0;
  let loading = false;
  let askingHistory = false;
  /** The replica has begun anew. */
  let over = false;

  function log(event: LogEvent, block = follower.head.number): Output {
    return { type: "log", event, block, subject: cluster };
  }

  function engine(request: EngineRequest): Output {
    return { type: "engine", cluster, request };
  }

  function take(all: readonly ContractFacts[]): void {
    contracts = [...all];
    for (const { id } of all) known.add(toHex(id));
  }

  function newQueue(position: Position, firstJob: number): ClusterQueue {
    return createClusterQueue({ follower, cluster, contracts: known, position, firstJob });
  }

  function create(): readonly Output[] {
    const block = parts.record().createdAt;
    take(facts.contracts.filter(({ record }) => record.createdAt <= block.number));
    job = { ...creationJob(parts.nextJob(), block, contracts, epoch), creation: true };
    const loads = contracts.map((one) => engine(loadNew(one, epoch)));
    return [engine({ type: "reset" }), ...loads, run(job)];
  }

  function resume(restored: ReplicaState): readonly Output[] {
    state = restored;
    const { store, block, position, root } = restored;
    final = { root, block };
    baseBlock = block.number;
    take(facts.contracts.filter(({ id }) => store.reserved(pseudonymEntry(id))));
    // What an earlier block left over comes first; otherwise the chain says where work begins.
    const isLeftOver = position.block <= block.number;
    const firstJob = isLeftOver ? block.number + 1 : Math.max(facts.workFrom, block.number + 1);
    queue = newQueue(isLeftOver ? position : { block: firstJob, index: 0 }, firstJob);
    finalAhead.dropUpTo(block.number);
    snapshots.reset();
    if (isSnapshotDue(restored)) {
      snapshots.begin(restored);
      snapshots.rootFinal(root);
    }
    const outputs = [...reload(restored), ...publishKeys(restored)];
    return [...outputs, log("state-restored", block.number), ...pump()];
  }

  /**
   * Under a new state key at once, with which all replicas begin at the same root. After many steps, too: all replicas that
   * start while nothing happens start at the same root.
   */
  function isSnapshotDue({ index, keyVersion }: ReplicaState): boolean {
    const { snapshot, snapshotSteps } = facts;
    // Who executes one block again keeps nothing.
    if (parts.only !== undefined) return false;
    if (keyVersion > (snapshot?.keyVersion ?? 0)) return true;
    return snapshotSteps > 0n && index - (snapshot?.index ?? -1n) >= snapshotSteps;
  }

  function reload({ store }: ReplicaState): readonly Output[] {
    return [
      engine({ type: "reset" }),
      ...loadState(store.entries()).map(engine),
      ...contracts.flatMap((contract) => {
        const pseudonymKey = store.reserved(pseudonymEntry(contract.id));
        return pseudonymKey ? [engine(loadContract(contract, pseudonymKey))] : [];
      }),
    ];
  }

  function run(of: Job): Output {
    return engine(runRequest(of));
  }

  function publishKeys({ signing }: ReplicaState): readonly Output[] {
    if (parts.only !== undefined) return [];
    const payload = clusterKeys({
      cluster,
      epoch,
      sealing,
      ring: parts.ring(),
      signingKey: signing.publicKey,
      contracts: contracts.map(({ id }) => id),
      rootPublicKey: facts.generation.root,
    });
    const audit = auditOpening({ cluster, epoch, ring: parts.ring(), contracts });
    return [
      outbox.send(TOPIC.clusterKeys, payload),
      ...(audit ? [outbox.send(TOPIC.audit, audit)] : []),
    ];
  }

  function pump(): readonly Output[] {
    const outputs: Output[] = [];
    while (!over && queue && !job && commits.pending < MAX_PENDING_COMMITS) {
      if (parts.only !== undefined && state !== undefined && state.block.number >= parts.only)
        break;
      const next = queue.take(parts.record().fuelPerBlock);
      if (next === undefined) break;
      if (next.type === "missing") return [...outputs, ...askHistory(next.number)];
      const missing = next.items.flatMap((item) =>
        item.type === "instantiate" && !contracts.some(({ id }) => equalBytes(id, item.contract))
          ? [item.contract]
          : [],
      );
      if (missing.length > 0) return [...outputs, ...loadMissing(missing)];
      outputs.push(...start(next.block, next.items));
    }
    return outputs;
  }

  function start(block: BlockRef, items: readonly QueueItem[]): readonly Output[] {
    const timestampMs = follower.block(block.number)?.timestampMs;
    assert(timestampMs !== undefined, "the window holds the blocks that are not executed");
    const prepared = items.map((item, order) =>
      prepare(item, block, order, epoch, sealingOf, codeHashOf),
    );
    job = { id: parts.nextJob(), block, timestampMs, prepared, creation: false };
    return prepared.some(({ call }) => call) ? [run(job)] : executed(job, []);
  }

  /** Code of contracts instantiated in this block, read with proofs before the job starts. */
  function loadMissing(ids: readonly Uint8Array[]): readonly Output[] {
    if (loading) return [];
    loading = true;
    const at = { block: follower.head, stateRoot: follower.headStateRoot };
    return readContracts({ reads }, at, ids, [], (read) => {
      loading = false;
      if (read === undefined || over) return [];
      contracts.push(...read);
      return [...read.map((one) => engine(loadNew(one, epoch))), ...pump()];
    });
  }

  function sealingOf(name: EpochName): SealingSecrets | undefined {
    return isSameName(name, epoch) ? sealing : parts.formers.sealingOf(name);
  }

  function codeHashOf(contract: Uint8Array): Uint8Array | undefined {
    return contracts.find(({ id }) => equalBytes(id, contract))?.record.codeHash;
  }

  function askHistory(from: number): readonly Output[] {
    if (askingHistory) return [];
    askingHistory = true;
    const to = follower.oldest - 1;
    return [
      parts.askHistory(Math.max(from, to - HISTORY_AT_ONCE + 1), to, (batch) => {
        askingHistory = false;
        if (batch === undefined || over) return [];
        return follower.takeHistory(batch).ok ? pump() : [log("history-refused")];
      }),
    ];
  }

  function executed(of: Job, outcomes: readonly EngineOutcome[]): readonly Output[] {
    job = undefined;
    const result = resultOf(of.prepared, outcomes, epoch);
    const before = state;
    const step = of.creation ? createFrom(of, result) : addStep(of, result);
    assert(state, "a step leads to a state");
    const outputs: Output[] = [];
    const isNewContract = of.prepared
      .slice(0, result.done)
      .some(({ item }) => item.type === "instantiate");
    if (before === undefined || isNewContract) outputs.push(...publishKeys(state));
    if (before === undefined) outputs.push(log("state-created", of.block.number));
    outputs.push(...vote(of, state, step, result));
    if (parts.only === undefined) outputs.push(...result.replies.map(signedReply));
    const ahead = finalAhead.take(of.block.number);
    if (ahead === undefined) return outputs;
    if (!equalBytes(ahead.root, step.newRoot)) return [...outputs, ...end()];
    state.store.settle(ahead.root);
    snapshots.rootFinal(ahead.root);
    final = ahead;
    return [...outputs, engine({ type: "finalize", job: of.id })];
  }

  function addStep({ block }: Job, { writes, done }: JobResult): ExecutedStep {
    assert(state && queue, "a job adds to a state");
    const step = state.step(block, writes, queue.done(done));
    const { snapshotSteps } = facts;
    const isDue = snapshotSteps > 0n && step.index % snapshotSteps === 0n;
    if (isDue && parts.only === undefined) snapshots.begin(state);
    return step;
  }

  function createFrom({ block, prepared }: Job, { writes, done }: JobResult): ExecutedStep {
    assert(done === prepared.length, "a cluster's first contracts fit one step");
    const next = block.number + 1;
    const { state: created, first } = createState(
      { genesisHash, cluster, ring: parts.ring() },
      {
        signingSeed: deriveClusterSigningSeed(vetKey),
        block,
        writes,
        position: { block: next, index: 0 },
      },
    );
    state = created;
    const from = Math.max(facts.workFrom, next);
    queue = newQueue({ block: from, index: 0 }, from);
    return first;
  }

  function vote(
    of: Job,
    at: ReplicaState,
    step: ExecutedStep,
    { replies, fuelUsed }: JobResult,
  ): readonly Output[] {
    const { traceKey } = epoch.secrets;
    const fuel = fuelUsed.map((used) => encode(u64, used));
    return commits.vote({
      step,
      job: of.id,
      replies: replies.map(({ reply }) => reply),
      replyBlobs: replies.flatMap(({ reply, sealed }) =>
        reply.sealed?.type === "Blob" && sealed
          ? [{ digest: reply.sealed.value.digest, content: sealed }]
          : [],
      ),
      trace: blake2bKeyed(traceKey, concatBytes(step.newRoot, ...fuel), 32),
      cluster,
      record: parts.record(),
      state: at,
      genesisHash,
      head: follower.head.number,
      alreadyFinal: finalAhead.has(of.block.number),
    });
  }

  /** Whole, wherever the commit has it. */
  function signedReply({ sealed, item: { block, command } }: JobReply): Output {
    const { contract, commandId } = command;
    const statement = { contract, commandId, sealed, block };
    const signature = ed25519Sign(keys.boot.seed, replyPayload(genesisHash, statement));
    return { type: "reply", reply: { ...statement, boot: keys.boot.publicKey, signature } };
  }

  function end(): readonly Output[] {
    over = true;
    return parts.diverged();
  }

  return {
    get final() {
      return final;
    },
    get executed() {
      return state?.block.number;
    },
    get waiting() {
      return queue ? Math.max(0, follower.head.number + 1 - queue.next) : 0;
    },
    get needs() {
      return queue?.needs ?? facts.workFrom;
    },
    has: (contract) => known.has(toHex(contract)),
    view: () => state?.store.final,
    keysChanged: () => (state ? publishKeys(state) : []),
    create,
    resume,
    pump,
    rootFinal({ block, root }) {
      const verdict = commits.final(block, root);
      if (verdict === "differs") return end();
      if (verdict === "unknown") {
        if (state === undefined || block.number > state.block.number)
          finalAhead.add({ block, root });
        return [];
      }
      state?.store.settle(root);
      snapshots.rootFinal(root);
      // After an engine restart the mirror's base is newer than the older votes.
      if (block.number >= baseBlock) final = { root, block };
      return [engine({ type: "finalize", job: verdict.job }), ...pump()];
    },
    engine(response) {
      if (response.type === "ran")
        return job?.id === response.job ? [...executed(job, response.outcomes), ...pump()] : [];
      const outputs: Output[] = [log("engine-restarted")];
      // The creation begins again; later, the newest executed state becomes the mirror's base.
      if (state === undefined) return [...outputs, ...create()];
      if (commits.pending > 0) {
        final = undefined;
        baseBlock = state.block.number;
      }
      outputs.push(...reload(state));
      if (job) outputs.push(run(job));
      return outputs;
    },
    stop() {
      over = true;
      sealing.erase();
    },
  };
}
