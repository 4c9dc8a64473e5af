/**
 * One cluster as a replica serves it.
 *
 * ```
 * reading ─ facts proven ─► waiting-for-key ─ key opened ─► restoring ─ root reached ─► serving
 *    ▲                                                          ▲                          │ our root differs
 *    └────────────────── epoch or generation changed ───────────┴──────── diverged ◄───────┘
 * ```
 * **Bounds**: `MAX_PENDING_COMMITS` steps wait for finality; the queue is the chain's own, read from the follower's
 * window; steps arrive `STEPS_AT_ONCE` at a time.
 * **Trust**: steps and history come from the host and must open under the state key and lead to the proven root.
 */
import { blake2bKeyed, ed25519Sign, ibeEncrypt, x25519PublicKey } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  ClusterKeys,
  DOMAIN,
  deriveClusterSigningSeed,
  deriveContractSigningSeed,
  deriveEpochSecrets,
  deriveStateKey,
  type KeyRelease,
  keyIdentity,
  MAX_PENDING_COMMITS,
  type Reply,
  replyPayload,
  type StateStep,
  type StateWrite,
  TOPIC,
} from "@pha/protocol";
import { assert, compareBytes, concatBytes, encode, equalBytes, toHex, u64 } from "@pha/scale";
import {
  type ClusterFacts,
  type ContractFacts,
  readClusterFacts,
  readContracts,
} from "./cluster-facts.ts";
import { type Commits, createCommits } from "./commits.ts";
import type { EngineBlock, EngineOutcome, EngineRequest, EngineResponse } from "./engine-job.ts";
import type { Entropy } from "./entropy.ts";
import { createEpochKey, type EpochKey } from "./epoch-key.ts";
import {
  contractEntries,
  createSealingSecrets,
  derivePseudonymKey,
  type EpochContext,
  instantiation,
  type Prepared,
  prepare,
  pseudonymEntry,
  replyOf,
  type SealingSecrets,
  sealedReply,
  writesOf,
} from "./execution.ts";
import type { Follower } from "./follower.ts";
import type { ClusterStatus, HistoryBatch, LogEvent, Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";
import type { Outbox } from "./outbox.ts";
import { isBefore, type Position } from "./position.ts";
import { itemsOf, type QueueItem } from "./queue.ts";
import type { Reads } from "./reads.ts";
import { createState, type ReplicaState, type Restore, startRestore } from "./replica-state.ts";

const STEPS_AT_ONCE = 64;
const HISTORY_AT_ONCE = 256;
/** Entries of one `load-state` frame. */
const LOAD_CHUNK_BYTES = 4 << 20;
/** Plain write bytes after which a job stops: leaves room for one more call below the largest bucket. */
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
  has(contract: Uint8Array): boolean;
  status(): ClusterStatus;
  changed(record: Cluster): readonly Output[];
  release(release: KeyRelease): readonly Output[];
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
  readonly prepared: readonly Prepared[];
  /** Items of the queue up to and including the block, executed or not. */
  readonly items: readonly QueueItem[];
  readonly creation: boolean;
}

export function createReplica(cluster: Uint8Array, first: Cluster, parts: Parts): Replica {
  const { follower, reads, keys, entropy, outbox } = parts;
  const genesisHash = follower.light.genesisHash;
  const commits: Commits = createCommits({ keys, entropy, outbox });
  let record = first;
  let key: EpochKey = newKey(first);
  let facts: ClusterFacts | undefined;
  let reading = false;
  let contracts: ContractFacts[] = [];
  let known = new Set<string>();
  let epoch: EpochContext | undefined;
  let sealing: SealingSecrets | undefined;
  let restore: Restore | undefined;
  let asking = false;
  let state: ReplicaState | undefined;
  let final: FinalState | undefined;
  let job: Job | undefined;
  let nextJob = 1;
  /** Next block whose items join the queue. */
  let nextBlock = 0;
  let phase: ClusterStatus["phase"] = "reading";
  /** Final roots of blocks that this replica has not executed yet. */
  const finalAhead = new Map<number, FinalState>();
  let published = false;
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
    return readClusterFacts({ follower, reads }, cluster, record.generation, (read) => {
      reading = false;
      if (read === undefined) return [];
      facts = read;
      return [...key.generationProven(read.generation), ...withKey()];
    });
  }

  /** Goes on as soon as both the facts and the key are there. */
  function withKey(): readonly Output[] {
    const { vetKey } = key;
    if (facts === undefined || state !== undefined || restore !== undefined) return [];
    if (vetKey === undefined) {
      phase = "waiting-for-key";
      return [];
    }
    epoch = {
      genesisHash,
      generation: key.generation,
      epoch: key.epoch,
      vetKey,
      secrets: deriveEpochSecrets(vetKey),
    };
    sealing = createSealingSecrets(vetKey);
    return facts.root === undefined ? create(facts, epoch) : restoreFrom(facts, epoch);
  }

  function create(from: ClusterFacts, context: EpochContext): readonly Output[] {
    const initial = from.contracts.filter(
      ({ record: contract }) => contract.createdAt <= record.createdAt.number,
    );
    contracts = [...initial];
    known = new Set(initial.map(({ id }) => toHex(id)));
    const calls = initial.map(({ id, record: contract }, order) => {
      const seed = randomAt(context, record.createdAt, order);
      return instantiation(id, contract.owner, seed);
    });
    const prepared = calls.map((call, index): Prepared => {
      const item: QueueItem = {
        type: "instantiate",
        at: { block: record.createdAt.number, index },
        contract: call.contract,
        record: initial[index]?.record ?? assertNever(),
      };
      return { item, call, body: undefined, refused: undefined };
    });
    phase = "restoring";
    job = { id: nextJob++, block: record.createdAt, prepared, items: [], creation: true };
    return [
      engine({ type: "reset" }),
      ...initial.map((contract) =>
        loadContract(contract, derivePseudonymKey(context.vetKey, contract.id)),
      ),
      run(job, calls),
    ];
  }

  function restoreFrom(from: ClusterFacts, context: EpochContext): readonly Output[] {
    phase = "restoring";
    restore = startRestore({ genesisHash, cluster, stateKey: deriveStateKey(context.vetKey) });
    return askSteps(restore, from);
  }

  function askSteps(into: Restore, from: ClusterFacts): readonly Output[] {
    return [
      parts.askSteps(cluster, into.taken, (steps) => {
        if (restore !== into) return [];
        const wanted = from.root?.root;
        assert(wanted, "a state is restored up to a final root");
        for (const step of steps.slice(0, STEPS_AT_ONCE)) {
          const taken = into.take([step]);
          if (!taken.ok) return startAgain();
          if (equalBytes(into.root, wanted)) return restored(into);
        }
        // The host gave nothing more: what it withholds is asked for again at the next batch.
        if (steps.length === 0) {
          asking = true;
          return [];
        }
        return askSteps(into, from);
      }),
    ];
  }

  function restored(from: Restore): readonly Output[] {
    const finished = from.finish();
    if (!finished.ok || facts === undefined || epoch === undefined) return startAgain();
    state = finished.value;
    restore = undefined;
    nextBlock = state.block.number + 1;
    final = { root: state.root, block: state.block };
    const own = state.store;
    contracts = facts.contracts.filter(({ id }) => own.reserved(pseudonymEntry(id)) !== undefined);
    known = new Set(contracts.map(({ id }) => toHex(id)));
    return [...reload(state), ...serve(), log("state-restored", state.block.number)];
  }

  function reload(from: ReplicaState): readonly Output[] {
    const outputs: Output[] = [engine({ type: "reset" })];
    let chunk: StateWrite[] = [];
    let bytes = 0;
    for (const entry of from.store.entries()) {
      chunk.push(entry);
      bytes += (entry.value?.length ?? 0) + entry.key.length + 40;
      if (bytes < LOAD_CHUNK_BYTES) continue;
      outputs.push(engine({ type: "load-state", entries: chunk }));
      chunk = [];
      bytes = 0;
    }
    if (chunk.length > 0) outputs.push(engine({ type: "load-state", entries: chunk }));
    for (const contract of contracts) {
      const pseudonymKey = from.store.reserved(pseudonymEntry(contract.id));
      if (pseudonymKey) outputs.push(loadContract(contract, pseudonymKey));
    }
    return outputs;
  }

  function loadContract(
    { id, record: contract, code }: ContractFacts,
    pseudonymKey: Uint8Array,
  ): Output {
    return engine({
      type: "load-contract",
      contract: id,
      code,
      owner: contract.owner,
      pseudonymKey,
    });
  }

  function run(of: Job, calls: readonly NonNullable<Prepared["call"]>[]): Output {
    const block: EngineBlock = {
      number: of.block.number,
      timestampMs: follower.block(of.block.number)?.timestampMs ?? 0n,
    };
    return engine({ type: "run", job: of.id, block, calls, softWriteBytes: SOFT_WRITE_BYTES });
  }

  function serve(): readonly Output[] {
    phase = "serving";
    return [...publishKeys(), ...pump()];
  }

  /** Sealing keys, signing key and wrapped state key of this epoch, once per boot. */
  function publishKeys(): readonly Output[] {
    if (published || epoch === undefined || state === undefined || facts === undefined) return [];
    published = true;
    const { vetKey, generation, epoch: number } = epoch;
    const name = { genesisHash, generation, cluster, epoch: number };
    const stateKey = deriveStateKey(vetKey);
    const wrapped = ibeEncrypt({
      rootPublicKey: facts.generation.root,
      identity: keyIdentity({ ...name, purpose: { type: "Wrap", value: undefined } }),
      seed32: blake2bKeyed(
        stateKey,
        concatBytes(DOMAIN.wrap, encode(u64, generation), encode(u64, number)),
        32,
      ),
      message: stateKey,
    });
    assert(wrapped.ok, "the root on chain is a point of its group");
    const sealingKeys = contracts
      .map(({ id }) => ({ contract: id, key: x25519PublicKey(sealing?.of(id) ?? assertNever()) }))
      .sort((a, b) => compareBytes(a.contract, b.contract));
    const payload: ClusterKeys = {
      cluster,
      generation,
      epoch: number,
      signingKey: state.signing.publicKey,
      sealingKeys,
      wrappedStateKey: wrapped.value,
    };
    return [outbox.send(TOPIC.clusterKeys, encode(ClusterKeys, payload))];
  }

  /** Starts the next block's job when the engine is free and not too many votes are pending. */
  function pump(): readonly Output[] {
    if (phase !== "serving" || state === undefined || epoch === undefined || sealing === undefined)
      return [];
    if (job !== undefined || commits.pending >= MAX_PENDING_COMMITS) return [];
    const from = Math.min(state.position.block, nextBlock);
    if (from < follower.oldest && from <= follower.head.number) return askHistory(from);
    while (nextBlock <= follower.head.number) {
      const block = follower.block(nextBlock);
      assert(block, "the window holds the blocks that the replica has not executed");
      const items = itemsUpTo(state.position, nextBlock);
      nextBlock += 1;
      if (items.length > 0) return startJob(block.ref, items, epoch, sealing);
    }
    return [];
  }

  function itemsUpTo(position: Position, last: number): readonly QueueItem[] {
    const items: QueueItem[] = [];
    for (let number = position.block; number <= last; number++) {
      const block = follower.block(number);
      if (block === undefined || block.messages.length === 0) continue;
      for (const item of itemsOf(block, cluster, known))
        if (!isBefore(item.at, position)) items.push(item);
    }
    return items;
  }

  function startJob(
    block: BlockRef,
    items: readonly QueueItem[],
    context: EpochContext,
    secrets: SealingSecrets,
  ): readonly Output[] {
    const fitting = withinFuel(items, record.fuelPerBlock);
    const missing = fitting.filter(
      (item) =>
        item.type === "instantiate" && !contracts.some(({ id }) => equalBytes(id, item.contract)),
    );
    if (missing.length > 0) return loadMissing(block, missing);
    const prepared = fitting.map((item, order) =>
      prepare(item, block, order, context, secrets, codeHashOf),
    );
    const calls = prepared.flatMap(({ call }) => (call === undefined ? [] : [call]));
    job = { id: nextJob++, block, prepared, items, creation: false };
    if (calls.length > 0) return [run(job, calls)];
    return executed(job, []);
  }

  /** Code of contracts instantiated in this block, read with proofs before the job starts. */
  function loadMissing(
    block: BlockRef,
    missing: readonly QueueItem[],
  ): readonly Output[] {
    nextBlock = block.number;
    if (reading) return [];
    reading = true;
    const ids = missing.flatMap((item) =>
      item.type === "instantiate" ? [item.contract.slice()] : [],
    );
    const at = { block: follower.head, stateRoot: follower.headStateRoot };
    return readContracts({ reads }, at, ids, [], (read) => {
      reading = false;
      if (read === undefined || epoch === undefined) return [];
      contracts.push(...read);
      const { vetKey } = epoch;
      return [
        ...read.map((contract) => loadContract(contract, derivePseudonymKey(vetKey, contract.id))),
        ...pump(),
      ];
    });
  }

  function codeHashOf(contract: Uint8Array): Uint8Array | undefined {
    return contracts.find(({ id }) => equalBytes(id, contract))?.record.codeHash;
  }

  function askHistory(from: number): readonly Output[] {
    if (asking) return [];
    asking = true;
    const to = follower.oldest - 1;
    return [
      parts.askHistory(Math.max(from, to - HISTORY_AT_ONCE + 1), to, (batch) => {
        asking = false;
        if (batch === undefined) return [];
        const taken = follower.takeHistory(batch);
        return taken.ok ? pump() : [];
      }),
    ];
  }

  function executed(of: Job, outcomes: readonly EngineOutcome[]): readonly Output[] {
    assert(epoch, "a job runs under a key");
    job = undefined;
    const done = alignOutcomes(of.prepared, outcomes);
    const writes: StateWrite[] = [];
    const replies: Reply[] = [];
    for (const { prepared, outcome } of done) {
      const { item, call } = prepared;
      if (item.type === "instantiate") {
        const seed = deriveContractSigningSeed(epoch.vetKey, item.contract);
        writes.push(...contractEntries(epoch.vetKey, item.contract, seed));
      }
      if (call && outcome) writes.push(...writesOf(call.contract, outcome));
      if (item.type === "command") {
        const body = outcome ? replyOf(outcome) : prepared.refused;
        const includedAt = follower.block(item.at.block)?.ref;
        assert(includedAt, "the window holds the blocks of executed commands");
        replies.push(sealedReply(item.command, prepared, body, includedAt, epoch));
      }
    }
    const last = of.prepared.length === done.length ? undefined : of.prepared[done.length];
    const position = last?.item.at ??
      of.items[done.length]?.at ?? { block: of.block.number + 1, index: 0 };
    const created = of.creation
      ? createState(
          { genesisHash, cluster, stateKey: deriveStateKey(epoch.vetKey) },
          {
            signingSeed: deriveClusterSigningSeed(epoch.vetKey),
            block: of.block,
            writes,
            position,
          },
        )
      : undefined;
    if (created) {
      state = created.state;
      nextBlock = of.block.number + 1;
    }
    assert(state, "a job adds to a state");
    const step = created?.first ?? state.step(of.block, writes, position);
    const trace = blake2bKeyed(
      epoch.secrets.traceKey,
      concatBytes(step.newRoot, ...done.map(({ outcome }) => encode(u64, outcome?.fuelUsed ?? 0n))),
      32,
    );
    const ahead = finalAhead.get(of.block.number);
    const outputs: Output[] = created
      ? [...serveKeys(), log("state-created", of.block.number)]
      : [];
    outputs.push(
      ...commits.vote({
        step,
        job: of.id,
        replies,
        trace,
        cluster,
        record,
        state,
        genesisHash,
        alreadyFinal: ahead !== undefined,
      }),
      ...replies.map((reply, i) => signedReply(reply, done[i]?.prepared)),
    );
    if (ahead) {
      finalAhead.delete(of.block.number);
      if (!equalBytes(ahead.root, step.newRoot)) return [...outputs, ...diverge()];
      final = ahead;
      outputs.push(engine({ type: "finalize", job: of.id }));
    }
    return [...outputs, ...pump()];
  }

  function serveKeys(): readonly Output[] {
    phase = "serving";
    return publishKeys();
  }

  function signedReply(reply: Reply, prepared: Prepared | undefined): Output {
    const includedAt = prepared && follower.block(prepared.item.at.block)?.ref;
    const statement = { ...reply, block: includedAt ?? follower.head };
    return {
      type: "reply",
      reply: {
        ...statement,
        boot: keys.boot.publicKey,
        signature: ed25519Sign(keys.boot.seed, replyPayload(genesisHash, statement)),
      },
    };
  }

  /** The majority found another root: what we hold is worth nothing, the chain's steps are. */
  function diverge(): readonly Output[] {
    phase = "diverged";
    return [log("state-diverged"), ...startAgain()];
  }

  function startAgain(): readonly Output[] {
    facts = undefined;
    state = undefined;
    restore = undefined;
    final = undefined;
    job = undefined;
    asking = false;
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
    has: (contract) => known.has(toHex(contract)),
    status: () => ({
      cluster,
      phase,
      executed: state?.block.number ?? 0,
      final: final?.block.number ?? 0,
      waiting: Math.max(0, follower.head.number + 1 - nextBlock),
    }),
    changed(next) {
      const rekeyed = next.generation !== key.generation || next.epoch !== key.epoch;
      record = next;
      if (!rekeyed) return [];
      key = newKey(next);
      phase = "reading";
      published = false;
      return startAgain();
    },
    release(release) {
      const before = key.vetKey;
      const outputs = key.release(release);
      return before === undefined && key.vetKey !== undefined
        ? [...outputs, ...withKey()]
        : outputs;
    },
    rootFinal(block, root) {
      const verdict = commits.final(block, root);
      if (verdict === "unknown") {
        if (state === undefined || block.number > state.block.number) {
          finalAhead.set(block.number, { block, root });
          if (finalAhead.size > 4096) finalAhead.delete(finalAhead.keys().next().value ?? 0);
        }
        return [];
      }
      if (verdict === "differs") return diverge();
      // After an engine restart the mirror's base is newer than the older votes.
      if (block.number >= baseBlock) final = { root, block };
      return [engine({ type: "finalize", job: verdict.job }), ...pump()];
    },
    afterBatch() {
      const outputs: Output[] = [];
      if (record.generation === 0n) return outputs;
      outputs.push(...key.request(), ...readFacts());
      if (restore && facts && asking) {
        asking = false;
        outputs.push(...askSteps(restore, facts));
      }
      outputs.push(...pump(), ...commits.afterBatch(follower.head.number, record));
      return outputs;
    },
    engine(response) {
      if (response.type === "ran")
        return job?.id === response.job ? executed(job, response.outcomes) : [];
      // The mirror is gone: the newest executed state becomes its base again.
      const outputs: Output[] = [log("engine-restarted")];
      if (state === undefined) return [...outputs, ...startAgain()];
      const interrupted = job;
      if (commits.pending > 0) {
        final = undefined;
        baseBlock = state.block.number;
      }
      outputs.push(...reload(state));
      if (interrupted) {
        const calls = interrupted.prepared.flatMap(({ call }) =>
          call === undefined ? [] : [call],
        );
        outputs.push(run(interrupted, calls));
      }
      return outputs;
    },
  };
}

function randomAt(context: EpochContext, block: BlockRef, order: number): Uint8Array {
  return blake2bKeyed(
    context.secrets.randomKey,
    concatBytes(block.hash, Uint8Array.of(order & 255, (order >> 8) & 255, 0, 0)),
    32,
  );
}

/** Items in order as long as their declared fuel fits; at least one, so that nothing waits for ever. */
function withinFuel(items: readonly QueueItem[], budget: bigint): readonly QueueItem[] {
  let used = 0n;
  let count = 0;
  for (const item of items) {
    used += item.type === "command" ? item.command.fuelLimit : 0n;
    if (count > 0 && used > budget) break;
    count += 1;
  }
  return items.slice(0, count);
}

/** Pairs items with outcomes up to where the engine stopped; items without a call need none. */
function alignOutcomes(
  prepared: readonly Prepared[],
  outcomes: readonly EngineOutcome[],
): readonly { readonly prepared: Prepared; readonly outcome: EngineOutcome | undefined }[] {
  const done: { readonly prepared: Prepared; readonly outcome: EngineOutcome | undefined }[] = [];
  let next = 0;
  for (const one of prepared) {
    if (one.call === undefined) {
      done.push({ prepared: one, outcome: undefined });
      continue;
    }
    const outcome = outcomes[next];
    if (outcome === undefined) break;
    next += 1;
    done.push({ prepared: one, outcome });
  }
  return done;
}

function assertNever(): never {
  throw new Error("unreachable");
}
