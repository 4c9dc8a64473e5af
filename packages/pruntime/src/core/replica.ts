/**
 * One cluster of this worker: how it comes by key and state, and when it begins anew.
 *
 * ```
 * reading ─ facts proven ─► waiting-for-key ─ key opened ─► restoring ─ root reached ─► serving
 *    ▲                                                          ▲                          │ our root differs
 *    └────────────────── epoch or generation changed ───────────┴──────── diverged ◄───────┘
 * ```
 * A member of a panel comes by key and state in the same way, as of the root that it is given, executes one block, votes
 * and does nothing else. The key of an announced generation is asked for while its root is still being made.
 * A change of epoch begins anew at the final root: what is not final then is executed under the new key. Commands sealed
 * to a former one are opened as long as the cluster's record names it, on every replica alike; a replica without that key
 * asks for it and waits. The state key outlives the epoch in memory.
 *
 * **Not here**: how a state is restored (`restoring.ts`), what a replica does with it (`serving.ts`).
 */
import { ibeDecrypt } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  deriveEpochSecrets,
  deriveStateKey,
  FIRST_EPOCH,
  isSameName,
  type KeyRelease,
  type Replica as Member,
  NO_ROOT,
  type Panel,
  type StateStep,
  type WrappedStateKey,
} from "@pha/protocol";
import { assert, concatBytes, equalBytes } from "@pha/scale";
import type { BlobDesk } from "./blob-desk.ts";
import { type ClusterFacts, readClusterFacts } from "./cluster-facts.ts";
import { wrapStateKeys } from "./cluster-keys.ts";
import type { FinalView } from "./cluster-store.ts";
import { createCommits } from "./commits.ts";
import type { EngineResponse } from "./engine-job.ts";
import type { Entropy } from "./entropy.ts";
import { createEpochKey, type EpochKey } from "./epoch-key.ts";
import { createFinalAhead, type FinalState } from "./final-ahead.ts";
import { createFormerKeys } from "./former-keys.ts";
import type { ClusterStatus, LogEvent, Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";
import type { ReplicaState } from "./replica-state.ts";
import { createRestoring, type Restoring, type RestoringRefusal } from "./restoring.ts";
import { createServing, type Serving, type ServingParts } from "./serving.ts";
import { createSnapshots } from "./snapshots.ts";
import {
  erase,
  isRing,
  keyOf,
  type StateKeyRing,
  trimmed,
  versionsOf,
  withNext,
} from "./state-keys.ts";

export interface Replica {
  readonly cluster: Uint8Array;
  readonly record: Cluster;
  /** What it is asked as a member of a panel; absent for a replica. */
  readonly task: Panel | undefined;
  /** State that queries are answered from; absent while the replica does not serve. */
  readonly final: FinalState | undefined;
  /** What fields are opened from, as of `final`. */
  view(): FinalView | undefined;
  /** Oldest block that it will read again. */
  readonly needs: number;
  has(contract: Uint8Array): boolean;
  status(): ClusterStatus;
  changed(record: Cluster): readonly Output[];
  /** A run for this generation has begun: its key is asked for at once, and released once the generation is active. */
  announced(generation: bigint): void;
  /** Not a replica any more: secrets are overwritten, the engine forgets its mirror. */
  end(): readonly Output[];
  /** @param sender identity of the gatekeeper that sent it */
  release(sender: Uint8Array, release: KeyRelease): readonly Output[];
  rootFinal(block: BlockRef, root: Uint8Array): readonly Output[];
  /** A snapshot is final that this version of the state key opens. */
  snapshotFinal(version: number): readonly Output[];
  afterBatch(): readonly Output[];
  /** Goes on with what is done a little at a time. */
  tick(): readonly Output[];
  engine(response: Exclude<EngineResponse, { readonly type: "queried" }>): readonly Output[];
}

export interface ReplicaParts
  extends Pick<ServingParts, "follower" | "reads" | "keys" | "outbox" | "askHistory"> {
  readonly entropy: Entropy;
  readonly desk: BlobDesk;
  /** Registers who takes the steps that the host sends. */
  readonly askSteps: (
    cluster: Uint8Array,
    from: bigint,
    then: (steps: readonly StateStep[]) => readonly Output[],
  ) => Output;
}

/** What this boot is asked as a member of the cluster's panel, unless it is a replica. */
export function taskOf({ replicas, panel }: Cluster, keys: Keys): Panel | undefined {
  const isOwn = ({ identity, boot }: Member) =>
    equalBytes(identity, keys.identity.publicKey) && equalBytes(boot, keys.boot.publicKey);
  return replicas.some(isOwn) || !panel?.members.some(isOwn) ? undefined : panel;
}

export function createReplica(cluster: Uint8Array, first: Cluster, parts: ReplicaParts): Replica {
  const { follower, reads, keys, entropy, outbox, desk, askHistory } = parts;
  const genesisHash = follower.light.genesisHash;
  const task = taskOf(first, keys);
  const commits = createCommits({
    keys,
    entropy,
    outbox,
    desk,
    votersOf: ({ replicas, panel }) => (task === undefined ? replicas : (panel?.members ?? [])),
  });
  const snapshots = createSnapshots({ cluster, outbox, desk });
  const finalAhead = createFinalAhead();
  let record = first;
  let key: EpochKey = newKey(first);
  const formers = createFormerKeys(newKey);
  formers.take(first.formers, undefined);
  /** Of the announced generation. */
  let nextKey: EpochKey | undefined;
  /** Opens the state key on chain, for a boot that was not there when it was made. */
  let wrapKey: EpochKey | undefined;
  let phase: ClusterStatus["phase"] = "reading";
  /** Counts new starts: an answer to a question of before is void. */
  let attempt = 0;
  let reading = false;
  let facts: ClusterFacts | undefined;
  /** State keys; live on over epochs. */
  let ring: StateKeyRing | undefined;
  /** A majority wrapped the newest of them; before that it is made anew with every name. */
  let isWrapped = false;
  let restoring: Restoring | undefined;
  /** Attempts to restore that came to nothing: the next one turns to another source. */
  let failedRestores = 0;
  let serving: Serving | undefined;
  /** The one before, which still knows which contracts are ours. */
  let former: Serving | undefined;
  let jobs = 0;

  function newKey({ generation, epoch }: Pick<Cluster, "generation" | "epoch">): EpochKey {
    return keyFor("Cluster", generation, epoch);
  }

  function keyFor(purpose: EpochKey["purpose"], generation: bigint, epoch: bigint): EpochKey {
    return createEpochKey({ purpose, cluster, generation, epoch, follower, keys, entropy, outbox });
  }

  function log(event: LogEvent): Output {
    return { type: "log", event, block: follower.head.number, subject: cluster };
  }

  function readFacts(): readonly Output[] {
    if (reading || facts !== undefined) return [];
    reading = true;
    const of = attempt;
    return readClusterFacts({ follower, reads }, cluster, record, (read) => {
      if (of !== attempt) return [];
      reading = false;
      if (read === undefined) return [];
      facts = read;
      return [
        ...key.generationProven(read.generation),
        ...formers.generationsProven(read.formerGenerations),
        ...withKey(),
      ];
    });
  }

  /** The wrap may have been replaced since: its name and bytes are read anew, and its key asked for. */
  function readAgain(): readonly Output[] {
    facts = undefined;
    return readFacts();
  }

  /** Goes on as soon as both the facts and the key are there. */
  function withKey(): readonly Output[] {
    const { vetKey } = key;
    if (facts === undefined || serving !== undefined || restoring !== undefined) return [];
    if (vetKey === undefined || !formers.complete) {
      phase = "waiting-for-key";
      return [];
    }
    // What became final since is cheaper to restore than to execute.
    if (finalAhead.size > 0 && facts.at.number < follower.head.number) {
      facts = undefined;
      return readFacts();
    }
    if (!takeKeys(facts, vetKey)) {
      phase = "waiting-for-key";
      return askForWrap(facts);
    }
    phase = "restoring";
    const wanted = wantedRoot(facts);
    if (wanted === undefined) {
      serving = newServing(facts, vetKey);
      return serving.create();
    }
    restoring = createRestoring({
      context: { genesisHash, cluster, ring: heldRing() },
      snapshot: usefulSnapshot(facts),
      wanted,
      attempt: failedRestores,
      askSteps: (from, then) => parts.askSteps(cluster, from, then),
      askBlob: desk.ask,
      restored,
      refused: restoreRefused,
    });
    return restoring.begin();
  }

  /** Root to start from: the final one, or the one that a panel is given; none where the cluster begins. */
  function wantedRoot({ root }: ClusterFacts): Uint8Array | undefined {
    if (task === undefined) return root?.root;
    return equalBytes(task.previousRoot, NO_ROOT) ? undefined : task.previousRoot;
  }

  /** A snapshot that is newer than the root to start from leads past it. */
  function usefulSnapshot({ snapshot }: ClusterFacts): ClusterFacts["snapshot"] {
    if (task === undefined || snapshot === undefined) return snapshot;
    return snapshot.block.number < task.block ? snapshot : undefined;
  }

  function heldRing(): StateKeyRing {
    assert(ring, "keys are taken before a state is");
    return ring;
  }

  /**
   * A version of the state key is derived from the keys of the name under which a majority wraps it, and carried by the wrap
   * from then on. The wrap is a function of the keys, so whoever derives one can tell whether it is the one wrapped.
   *
   * @returns whether all versions in use are there
   */
  function takeKeys(from: ClusterFacts, vetKey: Uint8Array): boolean {
    const { wrap, stateKeys } = from;
    const { newest, oldest } = stateKeys;
    if (wrap?.version !== newest) {
      const derived = deriveStateKey(vetKey);
      isWrapped = false;
      if (wrap === undefined) {
        if (ring) erase(ring);
        ring = { newest, bytes: derived };
        return true;
      }
      const before = ring && keyOf(ring, wrap.version) ? ring : openedWrap(wrap);
      if (before) ring = withNext(before, newest, derived);
      derived.fill(0);
      return before !== undefined;
    }
    if (ring?.newest !== newest || !(isWrapped || isWrap(from, ring))) {
      const next = madeHere(from, vetKey) ?? openedWrap(wrap);
      // What is held may be the right keys all the same, and the chain unable to show it.
      if (next === undefined) return false;
      if (ring) erase(ring);
      ring = next;
    }
    isWrapped = true;
    ring = trimmed(ring, oldest);
    return true;
  }

  /** The keys that are wrapped, as far as the present name and former keys give them. */
  function madeHere(from: ClusterFacts, vetKey: Uint8Array): StateKeyRing | undefined {
    const { newest } = from.stateKeys;
    const derived = deriveStateKey(vetKey);
    const alone = { newest, bytes: derived };
    if (isWrap(from, alone)) return alone;
    const former = ring && keyOf(ring, newest - 1);
    const both = former && { newest, bytes: concatBytes(derived, former) };
    erase(alone);
    former?.fill(0);
    if (both && isWrap(from, both)) return both;
    if (both) erase(both);
    return undefined;
  }

  /** Whether these keys are the ones on chain. */
  function isWrap({ wrap, wrapGeneration }: ClusterFacts, keyRing: StateKeyRing): boolean {
    if (wrap === undefined || wrapGeneration === undefined) return false;
    const { generation, epoch, wrapped } = wrap;
    const name = { genesisHash, cluster, generation, epoch };
    const again = wrapStateKeys({ ring: keyRing, rootPublicKey: wrapGeneration.root, ...name });
    return equalBytes(again, wrapped);
  }

  function openedWrap(wrap: WrappedStateKey): StateKeyRing | undefined {
    const sigma =
      wrapKey?.generation === wrap.generation && wrapKey.epoch === wrap.epoch
        ? wrapKey.vetKey
        : undefined;
    const bytes = sigma && ibeDecrypt({ vetKey: sigma, ciphertext: wrap.wrapped });
    if (bytes === undefined || !isRing(bytes)) return undefined;
    wrapKey?.erase();
    wrapKey = undefined;
    return { newest: wrap.version, bytes };
  }

  function askForWrap({ wrap, wrapGeneration }: ClusterFacts): readonly Output[] {
    if (wrap === undefined) return [];
    if (wrapKey?.generation !== wrap.generation || wrapKey.epoch !== wrap.epoch) {
      wrapKey?.erase();
      wrapKey = keyFor("Wrap", wrap.generation, wrap.epoch);
    }
    // Of an older generation the gatekeepers have their shares until every cluster is handed over.
    return [
      ...(wrapGeneration ? wrapKey.generationProven(wrapGeneration) : []),
      ...wrapKey.request(),
    ];
  }

  function newServing(from: ClusterFacts, vetKey: Uint8Array): Serving {
    const { generation, epoch } = key;
    const secrets = deriveEpochSecrets(vetKey);
    return createServing({
      cluster,
      follower,
      reads,
      keys,
      outbox,
      commits,
      snapshots,
      finalAhead,
      epoch: { genesisHash, generation, epoch, vetKey, secrets },
      formers,
      ring: heldRing,
      facts: task === undefined ? from : { ...from, workFrom: task.block },
      only: task?.block,
      record: () => record,
      nextJob: () => ++jobs,
      askHistory,
      diverged,
    });
  }

  function restored(state: ReplicaState): readonly Output[] {
    const { vetKey } = key;
    if (facts === undefined || vetKey === undefined || ring === undefined) return startAgain();
    restoring = undefined;
    failedRestores = 0;
    phase = "serving";
    serving = newServing(facts, vetKey);
    return serving.resume(state);
  }

  /** The next attempt is the next batch's: a host that gives garbage must not keep the core busy. */
  function restoreRefused(code: RestoringRefusal): readonly Output[] {
    failedRestores += 1;
    return [log("restore-refused"), log(code)];
  }

  /** What we hold is worth nothing, the chain's steps are. */
  function diverged(): readonly Output[] {
    const outputs = [log("state-diverged"), ...startAgain()];
    phase = "diverged";
    return outputs;
  }

  function startAgain(): readonly Output[] {
    attempt += 1;
    reading = false;
    facts = undefined;
    restoring?.stop();
    restoring = undefined;
    snapshots.reset();
    serving?.stop();
    former = serving ?? former;
    serving = undefined;
    phase = "reading";
    commits.reset();
    // Whatever was sealed to a closed name is part of the root that is read now.
    formers.eraseClosed();
    return readFacts();
  }

  return {
    cluster,
    get record() {
      return record;
    },
    task,
    get final() {
      if (task !== undefined) return undefined;
      return finalAhead.size === 0 ? serving?.final : undefined;
    },
    get needs() {
      if (serving) return serving.needs;
      const { root, workFrom } = facts ?? {};
      return Math.min(root?.block.number ?? Infinity, workFrom ?? Infinity);
    },
    view: () => serving?.view(),
    has: (contract) =>
      task === undefined &&
      ((serving ?? former)?.has(contract) ??
        facts?.contracts.some(({ id }) => equalBytes(id, contract)) ??
        false),
    status: () => ({
      cluster,
      phase: serving?.executed === undefined ? phase : "serving",
      executed: serving?.executed ?? 0,
      final: serving?.final?.block.number ?? 0,
      waiting: serving?.waiting ?? 0,
    }),
    changed(next) {
      const rekeyed = !isSameName(next, key);
      record = next;
      if (!rekeyed) {
        formers.close(next.formers);
        const isClosed = next.formers.length < formers.count;
        return isClosed && serving === undefined ? startAgain() : [];
      }
      formers.take(next.formers, key);
      if (!next.formers.some((name) => isSameName(name, key))) key.erase();
      if (nextKey !== undefined && isSameName(nextKey, next)) key = nextKey;
      else {
        nextKey?.erase();
        key = newKey(next);
      }
      nextKey = undefined;
      return startAgain();
    },
    announced(generation) {
      if (generation <= record.generation || nextKey?.generation === generation) return;
      nextKey?.erase();
      nextKey = newKey({ generation, epoch: FIRST_EPOCH });
    },
    end() {
      attempt += 1;
      restoring?.stop();
      snapshots.reset();
      serving?.stop();
      key.erase();
      formers.end();
      nextKey?.erase();
      wrapKey?.erase();
      if (ring) erase(ring);
      ring = undefined;
      return [{ type: "engine", cluster, request: { type: "reset" } }, log("unassigned")];
    },
    release(sender, release) {
      if (release.purpose.type === "Wrap") {
        if (wrapKey === undefined || wrapKey.vetKey !== undefined) return [];
        return [...wrapKey.release(sender, release), ...withKey()];
      }
      const before = key.vetKey;
      const lacked = !formers.complete;
      const outputs = [...key.release(sender, release), ...formers.release(sender, release)];
      const isNew =
        (before === undefined && key.vetKey !== undefined) || (lacked && formers.complete);
      return isNew ? [...outputs, ...withKey()] : outputs;
    },
    rootFinal(block, root) {
      // What the majority found is what a panel must not go by.
      if (task !== undefined) return [];
      if (serving) {
        const outputs = serving.rootFinal({ block, root });
        // A root of ours is final: its delta was sealed under what a majority wrapped.
        const own = serving?.final?.root;
        if (own && equalBytes(own, root)) isWrapped = true;
        return outputs;
      }
      finalAhead.add({ block, root });
      return [];
    },
    snapshotFinal(version) {
      snapshots.decided();
      // Steps and snapshot of before are not needed any more: what opened them goes.
      if (ring?.newest !== version || versionsOf(ring).oldest === version) return [];
      ring = trimmed(ring, version);
      return [...(serving?.keysChanged() ?? []), log("state-key-erased")];
    },
    afterBatch() {
      const outputs: Output[] = [...(nextKey?.request() ?? [])];
      if (record.generation === 0n) return outputs;
      // Caught up with every final root: nothing is left that a closed name could open.
      if (finalAhead.size === 0 && serving?.final !== undefined) formers.eraseClosed();
      outputs.push(...key.request(), ...formers.request(), ...readFacts());
      if (phase === "waiting-for-key" && key.vetKey !== undefined) outputs.push(...readAgain());
      if (restoring?.isOver) outputs.push(...startAgain());
      else if (restoring) outputs.push(...restoring.afterBatch());
      if (serving) outputs.push(...serving.pump());
      outputs.push(...snapshots.pump(record));
      outputs.push(...commits.afterBatch(follower.head.number, record));
      return outputs;
    },
    tick: () => snapshots.pump(record),
    engine(response) {
      if (serving) return serving.engine(response);
      // Nothing is in the engine yet that could be lost.
      return response.type === "restarted" ? [log("engine-restarted")] : [];
    },
  };
}
