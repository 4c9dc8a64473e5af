/**
 * pRuntime as one state machine: `step(input)` gives outputs, without I/O, clock or chance; a recorded list of inputs
 * replays to the same outputs.
 *
 * ```
 * start ─► follow ─► register ─► (gatekeeper) DKG, release, erase    (worker) request key ─► restore ─► execute, answer
 * ```
 * **Bounds**: see each part; `MAX_CLUSTERS` replicas per worker. **Trust**: every input but `start.entropy`,
 * `start.sealed` and `tick` comes from the untrusted host. **Not here**: pipe, files, processes, evidence (`shell/`).
 */
import { PINNED_ROOTS, type VendorRoots } from "@pha/attestation";
import {
  ClusterEvent,
  DkgMessage,
  GenerationEvent,
  KeyRelease,
  KeyRequest,
  keyHolders,
  type Message,
  type Panel,
  type ReleaseRules,
  STORAGE,
  type StateStep,
  TOPIC,
} from "@pha/protocol";
import { type Codec, decode, encode, equalBytes, fail, ok, type Result, toHex } from "@pha/scale";
import { type AdmissionRecord, createAdmissions } from "./admissions.ts";
import { createBlobDesk } from "./blob-desk.ts";
import type { FinalizedBlock } from "./block.ts";
import { createDkgParticipant, type DkgParticipant } from "./dkg-participant.ts";
import { createEntropy } from "./entropy.ts";
import { createFollower, type Follower } from "./follower.ts";
import type { HistoryBatch, Input, Output, StartInput, Status } from "./inputs.ts";
import { createKeyReleaser, type KeyReleaser } from "./key-releaser.ts";
import { createKeys, type Keys } from "./keys.ts";
import { createMembership, type Membership } from "./membership.ts";
import { createOutbox } from "./outbox.ts";
import { createQueries, type Queries } from "./queries.ts";
import { type GenesisError, readGenesis } from "./read-genesis.ts";
import { createReads } from "./reads.ts";
import { createReplica, type Replica, taskOf } from "./replica.ts";
import { createRetirement, type Retirement } from "./retirement.ts";
import { SealedContent, type SealedShare, sealedBy } from "./sealed-store.ts";

/** Most clusters one worker serves. */
export const MAX_CLUSTERS = 64;
/** Most answers waited for, of steps and of history each. */
const MAX_READERS = 4 * MAX_CLUSTERS;
/**
 * Age of the head from which on a worker holds no cluster's key: half of the week that the stake of public chains takes to
 * unbond. Voters of longer ago may have nothing to lose any more, and sign another chain.
 */
export const STALE_HEAD_MS = 302_400_000;
/** Blocks between two checkpoints in the sealed store. */
const CHECKPOINT_BLOCKS = 64;

export type StartError =
  | GenesisError
  | {
      readonly code:
        | "start/malformed-sealed-store"
        | "start/other-network"
        /** A newer version was registered with it: this one might not know what it must keep. */
        | "start/newer-sealed-store"
        /** A worker's, which does not read every block as a gatekeeper must. */
        | "start/other-role";
    };

export interface PRuntime {
  step(input: Exclude<Input, { readonly type: "start" }>): readonly Output[];
}

export interface Started {
  readonly runtime: PRuntime;
  readonly outputs: readonly Output[];
}

/** @param roots of vendors; tests have their own */
export function startPRuntime(
  input: StartInput,
  roots: VendorRoots = PINNED_ROOTS,
): Result<Started, StartError> {
  const read = readGenesis(input);
  if (!read.ok) return read;
  const { light: genesis, sealedShares, releaseRules } = read.value;
  const entropy = createEntropy(input.entropy);
  let content: SealedContent | undefined;
  if (input.sealed !== undefined) {
    if ((sealedBy(input.sealed) ?? 0) > input.version)
      return fail({ code: "start/newer-sealed-store" });
    const decoded = decode(SealedContent, input.sealed);
    if (!decoded.ok) return fail({ code: "start/malformed-sealed-store" });
    content = decoded.value;
    if (!equalBytes(content.checkpoint.genesisHash, genesis.genesisHash))
      return fail({ code: "start/other-network" });
    if (input.role.type === "Gatekeeper" && content.admissions === undefined)
      return fail({ code: "start/other-role" });
  }
  const identitySeed = content?.identitySeed.slice() ?? entropy.next();
  const keys = createKeys(identitySeed, entropy);
  const follower = createFollower(content?.checkpoint ?? genesis);
  const shares = sealedShares ? (content?.shares ?? []) : [];
  const runtime = createRuntime({
    input,
    entropy,
    identitySeed,
    keys,
    follower,
    sealedShares,
    releaseRules,
    admissions: content?.admissions,
    sealedVersion: content?.version ?? 0,
    shares,
    roots,
  });
  return ok({
    runtime,
    outputs: [
      {
        type: "ready",
        identity: keys.identity.publicKey,
        boot: keys.boot.publicKey,
        bootEncryption: keys.bootEncryption.publicKey,
        head: follower.head,
      },
      ...runtime.seal(),
    ],
  });
}

interface Parts {
  readonly input: StartInput;
  readonly entropy: ReturnType<typeof createEntropy>;
  readonly identitySeed: Uint8Array;
  readonly keys: Keys;
  readonly follower: Follower;
  readonly sealedShares: boolean;
  readonly releaseRules: ReleaseRules | undefined;
  /** That the former boot sealed, as of the block at which this one goes on. */
  readonly admissions: AdmissionRecord | undefined;
  /** Newest that was registered before. */
  readonly sealedVersion: number;
  /** That the former boot sealed; none where the chain does not allow it. */
  readonly shares: readonly SealedShare[];
  readonly roots: VendorRoots;
}

function createRuntime(parts: Parts): PRuntime & { seal(): readonly Output[] } {
  const { input: start, entropy, identitySeed, keys, follower, sealedShares } = parts;
  const outbox = createOutbox(keys);
  const desk = createBlobDesk(outbox);
  const reads = createReads();
  const stepReaders = new Map<number, (steps: readonly StateStep[]) => readonly Output[]>();
  const historyReaders = new Map<number, (batch: HistoryBatch | undefined) => readonly Output[]>();
  let nextRead = 1;
  let sealedAt = follower.head.number;
  let { sealedVersion } = parts;
  /** Newest generation that a run was started for. */
  let announced = 0n;
  const replicas = new Map<string, Replica>();
  let askedGeneration = false;
  /** By the TEE's own clock. */
  let nowMs = 0;
  let headSinceMs = 0;

  const membership: Membership = createMembership({
    follower,
    keys,
    entropy,
    outbox,
    reads,
    role: start.role,
    operator: start.operator,
    version: start.version,
  });
  const isGatekeeper = start.role.type === "Gatekeeper";
  const dkg: DkgParticipant = createDkgParticipant({
    genesisHash: follower.light.genesisHash,
    keys,
    entropy,
    outbox,
    shares: parts.shares.map((share) => ({ ...share, share: share.share.slice() })),
    seal,
  });
  const admissions = createAdmissions(parts.releaseRules, parts.admissions, follower.head.number);
  const releaser: KeyReleaser = createKeyReleaser({
    follower,
    membership,
    entropy,
    outbox,
    reads,
    admissions,
    shares: () => dkg.shares,
    roots: parts.roots,
  });
  const retirement: Retirement = createRetirement({
    follower,
    reads,
    shares: () => dkg.shares,
    erase: (before) => dkg.erase(before),
  });
  const queries: Queries = createQueries({
    follower,
    keys,
    entropy,
    membership,
    replicaOf: (contract) => [...replicas.values()].find((replica) => replica.has(contract)),
  });

  function seal(): readonly Output[] {
    sealedAt = follower.head.number;
    if (membership.registered) sealedVersion = start.version;
    const sealed: SealedContent = {
      version: sealedVersion,
      identitySeed,
      checkpoint: follower.light,
      // Without the preset a share lives in memory only: what is on disk can be copied before it is erased.
      shares: sealedShares ? (dkg?.kept ?? []) : [],
      admissions: isGatekeeper ? admissions.record : undefined,
    };
    return [{ type: "seal", content: encode(SealedContent, sealed) }];
  }

  const replicaParts = {
    follower,
    reads,
    keys,
    entropy,
    outbox,
    desk,
    askSteps: (
      cluster: Uint8Array,
      fromIndex: bigint,
      then: (steps: readonly StateStep[]) => readonly Output[],
    ): Output => {
      const id = nextRead++;
      remember(stepReaders, id, then);
      return { type: "read-steps", id, cluster, fromIndex };
    },
    askHistory: (
      from: number,
      to: number,
      then: (batch: HistoryBatch | undefined) => readonly Output[],
    ): Output => {
      const id = nextRead++;
      remember(historyReaders, id, then);
      return { type: "read-history", id, from, to };
    },
  };

  /** A gatekeeper that came after a root was made has no share of it until the next run, and says so once. */
  function missedGeneration(): readonly Output[] {
    if (askedGeneration || !membership.registered || dkg.shares.length > 0) return [];
    askedGeneration = true;
    const { current } = STORAGE.generation;
    const at = { block: follower.head, stateRoot: follower.headStateRoot };
    return reads.ask(at, [current.key], (proven) => {
      if (proven === undefined) {
        askedGeneration = false;
        return [];
      }
      const generation = proven.value({ key: current.key, codec: current.value }) ?? 0n;
      if (generation === 0n || dkg.shares.length > 0) return [];
      return [{ type: "log", event: "share-missing", block: proven.block.number }];
    });
  }

  function onBlock(block: FinalizedBlock): readonly Output[] {
    return block.messages.flatMap((message) => onMessage(message, block));
  }

  function onMessage(message: Message, block: FinalizedBlock): readonly Output[] {
    const { sender, destination, payload } = message;
    const { number } = block.ref;
    // The chain checked the sender's sequence and signature; a pallet's message is the chain's own word.
    if (sender.type === "Pallet") {
      if (equalBytes(destination, TOPIC.cluster))
        return withPayload(ClusterEvent, payload, number, onClusterEvent);
      if (equalBytes(destination, TOPIC.generation))
        return withPayload(GenerationEvent, payload, number, (event) =>
          onGenerationEvent(event, number),
        );
      return [];
    }
    if (sender.type !== "Worker") return [];
    if (equalBytes(destination, TOPIC.keyRelease))
      return withPayload(KeyRelease, payload, number, (body) =>
        onRelease(sender.value.slice(), body),
      );
    if (!isGatekeeper) return [];
    if (equalBytes(destination, TOPIC.dkg))
      return withPayload(DkgMessage, payload, number, (body) => dkg.message(sender.value, body));
    if (equalBytes(destination, TOPIC.keyRequest))
      return withPayload(KeyRequest, payload, number, (request) => {
        releaser.request(sender.value, request, number);
        return [];
      });
    return [];
  }

  function onGenerationEvent(event: GenerationEvent, number: number): readonly Output[] {
    if (isGatekeeper) {
      if (event.type === "Retired") retirement.told();
      return dkg.event(event, number);
    }
    if (event.type !== "RunStarted") return [];
    announced = event.value.generation;
    for (const replica of replicas.values()) replica.announced(announced);
    return [];
  }

  function onClusterEvent(event: ClusterEvent): readonly Output[] {
    if (isGatekeeper) return [];
    switch (event.type) {
      case "Changed": {
        const { cluster, record } = event.value;
        const id = toHex(cluster);
        const known = replicas.get(id);
        const member = keyHolders(record).some(
          ({ identity, boot }) =>
            equalBytes(identity, keys.identity.publicKey) && equalBytes(boot, keys.boot.publicKey),
        );
        const goesOn =
          member && known !== undefined && isSameTask(known.task, taskOf(record, keys));
        if (known && goesOn) return known.changed(record);
        const ended: readonly Output[] = known ? known.end() : [];
        replicas.delete(id);
        if (!member || replicas.size >= MAX_CLUSTERS) return ended;
        const own = cluster.slice();
        const replica = createReplica(own, record, replicaParts);
        replica.announced(announced);
        replicas.set(id, replica);
        return [
          ...ended,
          // The engine's process starts while the key is on its way.
          { type: "engine", cluster: own, request: { type: "reset" } },
          { type: "log", event: "assigned", block: follower.head.number, subject: own },
        ];
      }
      case "RootFinal": {
        const { cluster, block, root } = event.value;
        const ref = { number: block.number, hash: block.hash.slice() };
        return replicas.get(toHex(cluster))?.rootFinal(ref, root.slice()) ?? [];
      }
      case "SnapshotFinal": {
        const { cluster, keyVersion } = event.value;
        return replicas.get(toHex(cluster))?.snapshotFinal(keyVersion) ?? [];
      }
      case "Instantiated":
        return [];
    }
  }

  function onRelease(sender: Uint8Array, release: KeyRelease): readonly Output[] {
    if (!equalBytes(release.boot, keys.boot.publicKey)) return [];
    return replicas.get(toHex(release.cluster))?.release(sender, release) ?? [];
  }

  function status(): Status {
    return {
      head: follower.head,
      registered: membership.registered,
      clusters: [...replicas.values()].map((replica) => replica.status()),
      generations: dkg.shares.map(({ generation }) => generation),
    };
  }

  /**
   * A warp leads over messages. A worker may miss those that came before it made evidence for its boot, as none can name
   * it; a gatekeeper hears of runs whoever it is.
   */
  function warpRefusal():
    | "batch/warp-for-gatekeeper"
    | "batch/warp-after-registration"
    | undefined {
    if (isGatekeeper) return "batch/warp-for-gatekeeper";
    return membership.isUnknown ? undefined : "batch/warp-after-registration";
  }

  /**
   * Who was stopped for so long, or shown nothing, gives its keys up, and asks for them on a request that names the head it
   * is shown next: gatekeepers know whether it is of their chain (protocol §7).
   */
  function giveUpKeys(): readonly Output[] {
    headSinceMs = nowMs;
    if (replicas.size === 0) return [];
    const outputs: Output[] = [{ type: "log", event: "head-stale", block: follower.head.number }];
    for (const [id, { cluster, record, end }] of replicas) {
      outputs.push(...end());
      const replica = createReplica(cluster, record, replicaParts);
      replica.announced(announced);
      replicas.set(id, replica);
    }
    return outputs;
  }

  function afterBlocks(blocks: readonly FinalizedBlock[]): readonly Output[] {
    headSinceMs = nowMs;
    const outputs: Output[] = [];
    // All of them first: what follows may seal, and the checkpoint is at the last of these blocks already.
    if (isGatekeeper) for (const block of blocks) outputs.push(...admissions.take(block));
    for (const block of blocks) outputs.push(...onBlock(block));
    outputs.push(...membership.afterBatch());
    for (const replica of replicas.values()) outputs.push(...replica.afterBatch());
    if (isGatekeeper)
      outputs.push(...missedGeneration(), ...retirement.afterBatch(), ...releaser.afterBatch());
    outputs.push(...queries.afterBatch());
    let needed = follower.head.number + 1;
    for (const replica of replicas.values()) needed = Math.min(needed, replica.needs);
    follower.trim(needed);
    const isNewHere = membership.registered && sealedVersion < start.version;
    if (isNewHere || follower.head.number >= sealedAt + CHECKPOINT_BLOCKS) outputs.push(...seal());
    outputs.push({ type: "synced", status: status() });
    return outputs;
  }

  function step(input: Exclude<Input, { readonly type: "start" }>): readonly Output[] {
    switch (input.type) {
      case "batch": {
        const taken = follower.take(input.batch);
        if (!taken.ok) {
          const { error } = taken;
          return [{ type: "batch-refused", code: error.code }];
        }
        return afterBlocks(taken.value);
      }
      case "warp": {
        const refused = warpRefusal();
        if (refused !== undefined) return [{ type: "batch-refused", code: refused }];
        const taken = follower.takeWarp(input.warp);
        if (!taken.ok) return [{ type: "batch-refused", code: taken.error.code }];
        return afterBlocks([taken.value]);
      }
      case "register":
        return membership.register();
      case "evidence":
        return membership.evidenceArrived(input.evidence);
      case "challenge":
        return [membership.challenged(input.id, input.nonce)];
      case "query":
        return queries.take(input.id, input.sealed);
      case "proof":
        return reads.answer(input.id, input.proof);
      case "steps": {
        const then = stepReaders.get(input.id);
        stepReaders.delete(input.id);
        return then?.(input.steps) ?? [];
      }
      case "history": {
        const then = historyReaders.get(input.id);
        historyReaders.delete(input.id);
        return then?.(input.batch) ?? [];
      }
      case "engine": {
        const { response, cluster } = input;
        if (response.type === "queried") return queries.answered(cluster, response);
        const replica = replicas.get(toHex(cluster));
        const outputs = replica?.engine(response) ?? [];
        return response.type === "restarted" ? [...outputs, ...queries.lost(cluster)] : outputs;
      }
      case "blob":
        return desk.answer(input.id, input.content);
      case "blobs-kept":
        return desk.kept(input.digests);
      case "tick": {
        nowMs = Math.max(nowMs, input.monotonicMs);
        const outputs = [...membership.tick(input.monotonicMs), ...queries.tick(input.monotonicMs)];
        if (nowMs - headSinceMs >= STALE_HEAD_MS) outputs.push(...giveUpKeys());
        for (const replica of replicas.values()) outputs.push(...replica.tick());
        return outputs;
      }
    }
  }

  return { step, seal };
}

function isSameTask(a: Panel | undefined, b: Panel | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.block === b.block && equalBytes(a.previousRoot, b.previousRoot);
}

/** Of readers that the host never answers the oldest are forgotten: their replicas have begun anew. */
function remember<T>(readers: Map<number, T>, id: number, then: T): void {
  readers.set(id, then);
  const [oldest] = readers.keys();
  if (readers.size > MAX_READERS && oldest !== undefined) readers.delete(oldest);
}

/** A message that does not decode was not made for this version: it is logged and skipped by every replica alike. */
function withPayload<T>(
  codec: Codec<T>,
  payload: Uint8Array,
  block: number,
  then: (value: T) => readonly Output[],
): readonly Output[] {
  // What the parts keep of it must not keep the block's other messages.
  const decoded = decode(codec, payload.slice());
  return decoded.ok ? then(decoded.value) : [{ type: "log", event: "message-malformed", block }];
}
