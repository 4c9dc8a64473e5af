/**
 * One cluster as a replica serves it.
 *
 * ```
 * reading ─ facts proven ─► waiting-for-key ─ key opened ─► restoring ─ root reached ─► serving
 *    ▲                                                          ▲                          │ our root differs
 *    └────────────────── epoch or generation changed ───────────┴──────── diverged ◄───────┘
 * ```
 * A change of epoch begins anew at the final root: what is not final then is executed under the new key, and commands
 * sealed to the former one stay unopened, on every replica alike. The state key outlives the epoch in memory.
 *
 * **Bounds**: `MAX_PENDING_COMMITS` steps wait for finality; the queue as in `cluster-queue.ts`; steps arrive
 * `STEPS_AT_ONCE` at a time, history `HISTORY_AT_ONCE` blocks; `MAX_FINAL_AHEAD` final roots may be ahead of us.
 * **Trust**: steps and history come from the host and must open under the state key and lead to the proven root.
 */
import { blake2bKeyed, ed25519Sign } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  deriveClusterSigningSeed,
  deriveEpochSecrets,
  deriveStateKey,
  type KeyRelease,
  MAX_PENDING_COMMITS,
  replyPayload,
  type StateStep,
  TOPIC,
} from "@pha/protocol";
import { assert, concatBytes, encode, equalBytes, toHex, u64 } from "@pha/scale";
import {
  type ClusterFacts,
  type ContractFacts,
  readClusterFacts,
  readContracts,
} from "./cluster-facts.ts";
import { clusterKeys } from "./cluster-keys.ts";
import { type ClusterQueue, createClusterQueue } from "./cluster-queue.ts";
import { type Commits, createCommits } from "./commits.ts";
import type { EngineBlock, EngineOutcome, EngineRequest, EngineResponse } from "./engine-job.ts";
import type { Entropy } from "./entropy.ts";
import { createEpochKey, type EpochKey } from "./epoch-key.ts";
import {
  createSealingSecrets,
  derivePseudonymKey,
  type EpochContext,
  instantiation,
  type Prepared,
  prepare,
  pseudonymEntry,
  randomSeed,
  type SealingSecrets,
} from "./execution.ts";
import type { Follower } from "./follower.ts";
import type { ClusterStatus, HistoryBatch, LogEvent, Output } from "./inputs.ts";
import { type JobReply, type JobResult, resultOf } from "./job-result.ts";
import type { Keys } from "./keys.ts";
import { loadContract, loadState } from "./mirror.ts";
import type { Outbox } from "./outbox.ts";
import type { QueueItem } from "./queue.ts";
import type { Reads } from "./reads.ts";
import {
  createState,
  type ExecutedStep,
  type ReplicaState,
  type Restore,
  startRestore,
} from "./replica-state.ts";

export const STEPS_AT_ONCE = 64;
export const HISTORY_AT_ONCE = 256;
const MAX_FINAL_AHEAD = 4096;
/** Plain write bytes after which a job stops: leaves room for one more call below the largest bucket of a delta. */
const SOFT_WRITE_BYTES = 160 << 10;

export interface FinalState {
  readonly root: Uint8Array;
  readonly block: BlockRef;
}

export interface Replica {
  readonly cluster: Uint8Array;
  readonly record: Cluster;
  /** State that queries are answered from; absent while the replica does not serve. */
  readonly final: FinalState | undefined;
  /** Oldest block that it will read again. */
  readonly needs: number;
  has(contract: Uint8Array): boolean;
  status(): ClusterStatus;
  changed(record: Cluster): readonly Output[];
  /** Not a replica any more: secrets are overwritten, the engine forgets its mirror. */
  end(): readonly Output[];
  /** @param sender identity of the gatekeeper that sent it */
  release(sender: Uint8Array, release: KeyRelease): readonly Output[];
  rootFinal(block: BlockRef, root: Uint8Array): readonly Output[];
  afterBatch(): readonly Output[];
  engine(response: Exclude<EngineResponse, { readonly type: "queried" }>): readonly Output[];
}

interface Parts {
  readonly follower: Follower;
  readonly reads: Reads;
  readonly keys: Keys;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
  /** Registers who takes the steps or the history that the host sends. */
  readonly askSteps: (
    cluster: Uint8Array,
    from: bigint,
    then: (steps: readonly StateStep[]) => readonly Output[],
  ) => Output;
  readonly askHistory: (
    from: number,
    to: number,
    then: (batch: HistoryBatch | undefined) => readonly Output[],
  ) => Output;
}

interface Job {
  readonly id: number;
  readonly block: BlockRef;
  readonly timestampMs: bigint;
  readonly prepared: readonly Prepared[];
  readonly creation: boolean;
}

export function createReplica(cluster: Uint8Array, first: Cluster, parts: Parts): Replica {
  const { follower, reads, keys, entropy, outbox } = parts;
  const genesisHash = follower.light.genesisHash;
  const commits: Commits = createCommits({ keys, entropy, outbox });
  let record = first;
  let key: EpochKey = newKey(first);
  /** Counts new starts: an answer to a question of before is void. */
  let attempt = 0;
  let facts: ClusterFacts | undefined;
  let reading = false;
  let contracts: ContractFacts[] = [];
  let known = new Set<string>();
  let epoch: EpochContext | undefined;
  let sealing: SealingSecrets | undefined;
  /** Made in the first epoch that this boot had the key of; lives on over epochs. */
  let stateKey: Uint8Array | undefined;
  let restore: Restore | undefined;
  let stepsWithheld = false;
  let askingHistory = false;
  let state: ReplicaState | undefined;
  let queue: ClusterQueue | undefined;
  let final: FinalState | undefined;
  let job: Job | undefined;
  let nextJob = 1;
  let phase: ClusterStatus["phase"] = "reading";
  /** Final roots of blocks that this replica has not executed yet. */
  const finalAhead = new Map<number, FinalState>();
  /** Newest block contained in the mirror's base after a reload. */
  let baseBlock = 0;

  function newKey(of: Cluster): EpochKey {
    const { generation, epoch: number } = of;
    return createEpochKey({ cluster, generation, epoch: number, follower, keys, entropy, outbox });
  }

  function log(event: LogEvent, block = follower.head.number): Output {
    return { type: "log", event, block, subject: cluster };
  }

  function engine(request: EngineRequest): Output {
    return { type: "engine", cluster, request };
  }

  function readFacts(): readonly Output[] {
    if (reading || facts !== undefined) return [];
    reading = true;
    const of = attempt;
    return readClusterFacts({ follower, reads }, cluster, record.generation, (read) => {
      if (of !== attempt) return [];
      reading = false;
      if (read === undefined) return [];
      facts = read;
      return [...key.generationProven(read.generation), ...withKey()];
    });
  }

  /** Goes on as soon as both the facts and the key are there. */
  function withKey(): readonly Output[] {
    const { vetKey } = key;
    if (facts === undefined || queue !== undefined || restore !== undefined || job !== undefined)
      return [];
    if (vetKey === undefined) {
      phase = "waiting-for-key";
      return [];
    }
    // What became final since is cheaper to restore than to execute.
    if (finalAhead.size > 0 && facts.at.number < follower.head.number) {
      facts = undefined;
      return readFacts();
    }
    epoch = {
      genesisHash,
      generation: key.generation,
      epoch: key.epoch,
      vetKey,
      secrets: deriveEpochSecrets(vetKey),
    };
    sealing = createSealingSecrets(vetKey);
    stateKey ??= deriveStateKey(vetKey);
    phase = "restoring";
    if (facts.root === undefined) return create(facts, epoch);
    restore = startRestore({ genesisHash, cluster, stateKey });
    return askSteps(restore, facts.root.root);
  }

  function create(from: ClusterFacts, context: EpochContext): readonly Output[] {
    const block = record.createdAt;
    contracts = from.contracts.filter(({ record: { createdAt } }) => createdAt <= block.number);
    known = new Set(contracts.map(({ id }) => toHex(id)));
    const prepared = contracts.map(({ id, record: contract }, index): Prepared => {
      const call = instantiation(id, contract.owner, randomSeed(context, block, index));
      const at = { block: block.number, index };
      const item: QueueItem = { type: "instantiate", at, block, contract: id, record: contract };
      return { item, call, body: undefined, refused: undefined };
    });
    // The creation has no time: not every replica has seen its block.
    job = { id: nextJob++, block, timestampMs: 0n, prepared, creation: true };
    return [
      engine({ type: "reset" }),
      ...contracts.map((contract) =>
        engine(loadContract(contract, derivePseudonymKey(context.vetKey, contract.id))),
      ),
      run(job),
    ];
  }

  function askSteps(into: Restore, wanted: Uint8Array): readonly Output[] {
    stepsWithheld = false;
    return [
      parts.askSteps(cluster, into.taken, (steps) => {
        if (restore !== into) return [];
        for (const step of steps.slice(0, STEPS_AT_ONCE)) {
          if (!into.take([step]).ok) return [log("steps-refused"), ...startAgain()];
          if (equalBytes(into.root, wanted)) return restored(into);
        }
        // What the host withholds is asked for again after the next batch.
        if (steps.length > 0) return askSteps(into, wanted);
        stepsWithheld = true;
        return [];
      }),
    ];
  }

  function restored(from: Restore): readonly Output[] {
    const finished = from.finish();
    if (!finished.ok || facts === undefined) return [log("steps-refused"), ...startAgain()];
    state = finished.value;
    restore = undefined;
    const { store, block, position, root } = state;
    final = { root, block };
    baseBlock = block.number;
    contracts = facts.contracts.filter(({ id }) => store.reserved(pseudonymEntry(id)));
    known = new Set(contracts.map(({ id }) => toHex(id)));
    const isLeftOver = position.block <= block.number;
    const firstJob = isLeftOver ? block.number + 1 : Math.max(facts.workFrom, block.number + 1);
    queue = newQueue(isLeftOver ? position : { block: firstJob, index: 0 }, firstJob);
    for (const number of finalAhead.keys()) if (number <= block.number) finalAhead.delete(number);
    return [...reload(state), ...serve(), log("state-restored", block.number), ...pump()];
  }

  function newQueue(
    position: { readonly block: number; readonly index: number },
    firstJob: number,
  ) {
    return createClusterQueue({ follower, cluster, contracts: known, position, firstJob });
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

  function run({ id, block, timestampMs, prepared }: Job): Output {
    const at: EngineBlock = { number: block.number, timestampMs };
    const calls = prepared.flatMap(({ call }) => call ?? []);
    return engine({ type: "run", job: id, block: at, calls, softWriteBytes: SOFT_WRITE_BYTES });
  }

  function serve(): readonly Output[] {
    phase = "serving";
    if (!epoch || !sealing || !state || !facts || !stateKey) return [];
    const payload = clusterKeys({
      cluster,
      epoch,
      sealing,
      stateKey,
      signingKey: state.signing.publicKey,
      contracts: contracts.map(({ id }) => id),
      rootPublicKey: facts.generation.root,
    });
    return [outbox.send(TOPIC.clusterKeys, payload)];
  }

  /** Starts jobs while the engine is free and not too many votes are pending. */
  function pump(): readonly Output[] {
    const outputs: Output[] = [];
    while (phase === "serving" && queue && !job && commits.pending < MAX_PENDING_COMMITS) {
      const next = queue.take(record.fuelPerBlock);
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
    const context = epoch;
    const secrets = sealing;
    assert(context && secrets, "a replica serves with a key");
    const timestampMs = follower.block(block.number)?.timestampMs;
    assert(timestampMs !== undefined, "the window holds the blocks that are not executed");
    const prepared = items.map((item, order) =>
      prepare(item, block, order, context, secrets, codeHashOf),
    );
    job = { id: nextJob++, block, timestampMs, prepared, creation: false };
    return prepared.some(({ call }) => call) ? [run(job)] : executed(job, []);
  }

  /** Code of contracts instantiated in this block, read with proofs before the job starts. */
  function loadMissing(ids: readonly Uint8Array[]): readonly Output[] {
    if (reading) return [];
    reading = true;
    const of = attempt;
    const at = { block: follower.head, stateRoot: follower.headStateRoot };
    return readContracts({ reads }, at, ids, [], (read) => {
      if (of !== attempt) return [];
      reading = false;
      if (read === undefined || epoch === undefined) return [];
      contracts.push(...read);
      const { vetKey } = epoch;
      return [
        ...read.map((one) => engine(loadContract(one, derivePseudonymKey(vetKey, one.id)))),
        ...pump(),
      ];
    });
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
        if (batch === undefined) return [];
        const taken = follower.takeHistory(batch);
        return taken.ok ? pump() : [];
      }),
    ];
  }

  function executed(of: Job, outcomes: readonly EngineOutcome[]): readonly Output[] {
    assert(epoch && stateKey, "a job runs under a key");
    job = undefined;
    const result = resultOf(of.prepared, outcomes, epoch);
    const outputs: Output[] = [];
    let step: ExecutedStep;
    if (of.creation) {
      assert(result.done === of.prepared.length, "a cluster's first contracts fit one step");
      step = createFrom(of, result, stateKey, epoch);
      outputs.push(...serve(), log("state-created", of.block.number));
    } else {
      assert(state && queue, "a job adds to a state");
      step = state.step(of.block, result.writes, queue.done(result.done));
    }
    const isNewContract = of.prepared
      .slice(0, result.done)
      .some(({ item }) => item.type === "instantiate");
    if (isNewContract && !of.creation) outputs.push(...serve());
    outputs.push(...vote(of, step, result), ...result.replies.map(signedReply));
    const ahead = finalAhead.get(of.block.number);
    if (ahead === undefined) return outputs;
    finalAhead.delete(of.block.number);
    if (!equalBytes(ahead.root, step.newRoot)) return [...outputs, ...diverge()];
    final = ahead;
    return [...outputs, engine({ type: "finalize", job: of.id })];
  }

  function createFrom(
    of: Job,
    { writes }: JobResult,
    withStateKey: Uint8Array,
    { vetKey }: EpochContext,
  ): ExecutedStep {
    const { block } = of;
    const next = block.number + 1;
    const created = createState(
      { genesisHash, cluster, stateKey: withStateKey },
      {
        signingSeed: deriveClusterSigningSeed(vetKey),
        block,
        writes,
        position: { block: next, index: 0 },
      },
    );
    state = created.state;
    const from = Math.max(facts?.workFrom ?? next, next);
    queue = newQueue({ block: from, index: 0 }, from);
    return created.first;
  }

  function vote(of: Job, step: ExecutedStep, { replies, fuelUsed }: JobResult): readonly Output[] {
    assert(epoch && state, "a vote is on a state");
    const { traceKey } = epoch.secrets;
    const fuel = fuelUsed.map((used) => encode(u64, used));
    return commits.vote({
      step,
      job: of.id,
      replies: replies.map(({ reply }) => reply),
      trace: blake2bKeyed(traceKey, concatBytes(step.newRoot, ...fuel), 32),
      cluster,
      record,
      state,
      genesisHash,
      head: follower.head.number,
      alreadyFinal: finalAhead.has(of.block.number),
    });
  }

  function signedReply({ reply, item }: JobReply): Output {
    const statement = { ...reply, block: item.block };
    const signature = ed25519Sign(keys.boot.seed, replyPayload(genesisHash, statement));
    return { type: "reply", reply: { ...statement, boot: keys.boot.publicKey, signature } };
  }

  /** The majority found another root: what we hold is worth nothing, the chain's steps are. */
  function diverge(): readonly Output[] {
    const outputs = [log("state-diverged"), ...startAgain()];
    phase = "diverged";
    return outputs;
  }

  function startAgain(): readonly Output[] {
    attempt += 1;
    reading = false;
    facts = undefined;
    state = undefined;
    queue = undefined;
    restore = undefined;
    final = undefined;
    job = undefined;
    phase = "reading";
    commits.reset();
    return readFacts();
  }

  return {
    cluster,
    get record() {
      return record;
    },
    get final() {
      return phase === "serving" && finalAhead.size === 0 ? final : undefined;
    },
    get needs() {
      if (queue) return queue.needs;
      return Math.min(facts?.root?.block.number ?? Infinity, facts?.workFrom ?? Infinity);
    },
    has: (contract) => known.has(toHex(contract)),
    status: () => ({
      cluster,
      phase,
      executed: state?.block.number ?? 0,
      final: final?.block.number ?? 0,
      waiting: queue ? Math.max(0, follower.head.number + 1 - queue.next) : 0,
    }),
    changed(next) {
      const rekeyed = next.generation !== key.generation || next.epoch !== key.epoch;
      record = next;
      if (!rekeyed) return [];
      key.erase();
      key = newKey(next);
      return startAgain();
    },
    end() {
      attempt += 1;
      key.erase();
      stateKey?.fill(0);
      return [engine({ type: "reset" }), log("unassigned")];
    },
    release(sender, release) {
      const before = key.vetKey;
      const outputs = key.release(sender, release);
      return before === undefined && key.vetKey !== undefined
        ? [...outputs, ...withKey()]
        : outputs;
    },
    rootFinal(block, root) {
      const verdict = commits.final(block, root);
      if (verdict === "differs") return diverge();
      if (verdict === "unknown") {
        if (state !== undefined && block.number <= state.block.number) return [];
        finalAhead.set(block.number, { block, root });
        if (finalAhead.size > MAX_FINAL_AHEAD)
          finalAhead.delete(finalAhead.keys().next().value ?? 0);
        return [];
      }
      // After an engine restart the mirror's base is newer than the older votes.
      if (block.number >= baseBlock) final = { root, block };
      return [engine({ type: "finalize", job: verdict.job }), ...pump()];
    },
    afterBatch() {
      if (record.generation === 0n) return [];
      const outputs: Output[] = [...key.request(), ...readFacts()];
      if (restore && facts?.root && stepsWithheld)
        outputs.push(...askSteps(restore, facts.root.root));
      outputs.push(...pump(), ...commits.afterBatch(follower.head.number, record));
      return outputs;
    },
    engine(response) {
      if (response.type === "ran")
        return job?.id === response.job ? [...executed(job, response.outcomes), ...pump()] : [];
      const outputs: Output[] = [log("engine-restarted")];
      if (state === undefined) return job ? [...outputs, ...startAgain()] : outputs;
      // The mirror is gone: the newest executed state becomes its base again.
      if (commits.pending > 0) {
        final = undefined;
        baseBlock = state.block.number;
      }
      outputs.push(...reload(state));
      if (job) outputs.push(run(job));
      return outputs;
    },
  };
}
