/**
 * What the pallets do, as far as a pRuntime can see it: registration and leases, DKG, releases, cluster keys, commands,
 * votes and final roots. Refusals are codes, as a test reads them.
 */
import { aggregate, blake2b128, blake2b256, Dealing, dkgContext } from "@pha/crypto";
import {
  AuditOpening,
  type Cluster,
  ClusterEvent,
  ClusterKeys,
  Command,
  type Contract,
  commitDigest,
  contractId,
  DkgMessage,
  type EpochName,
  FIRST_EPOCH,
  type FinalRoot,
  type Generation,
  GenerationEvent,
  Heartbeat,
  isSameName,
  itemKey,
  type KeptOpening,
  KeyRequest,
  keyHolders,
  MAX_FORMERS,
  NO_ROOT,
  quorumOf,
  type Registration,
  type Replica,
  repliesRoot,
  replyBlobs,
  type SealingKey,
  type Seat,
  SignedCommit,
  type SignedMessage,
  type Snapshot,
  SnapshotVote,
  STORAGE,
  type StateKeyVersions,
  type StateStep,
  StorageReceipt,
  TOPIC,
  verifyCommit,
  verifySignedMessage,
  type WrappedStateKey,
} from "@pha/protocol";
import {
  assert,
  concatBytes,
  decode,
  encode,
  equalBytes,
  struct,
  toHex,
  u32,
  utf8,
  utf8ToText,
  vec,
} from "@pha/scale";
import { counterArtefact } from "./counter-artefact.ts";
import type { ScriptedChain } from "./scripted-chain.ts";

export const LEASE_MS = 12_000n;
export const CLUSTER = new Uint8Array(32).fill(0xc1);
export const OWNER = new Uint8Array(32).fill(0x0e);
const GRACE_BLOCKS = 6;
const Progress = struct({ waiting: vec(u32, 128), lastFinalAt: u32 });
const progressKey = concatBytes(
  itemKey("PhaContractState", "Progress"),
  blake2b128(CLUSTER),
  CLUSTER,
);

export interface PalletsOptions {
  readonly chain: ScriptedChain;
  readonly replication: number;
  readonly gatekeepers: number;
  readonly threshold: number;
  readonly fuelPerBlock: bigint;
  /** Contracts of the cluster at genesis. */
  readonly contracts: number;
  /** Steps from one snapshot to the next; 0: none. */
  readonly snapshotSteps: number;
  /** X25519 key that the contracts declare for audits. */
  readonly auditKey?: Uint8Array | undefined;
  /** The cluster takes platforms alone whose place is proven. */
  readonly endorsed: boolean;
}

interface Vote {
  readonly commit: SignedCommit["commit"];
  readonly digest: string;
}

export interface ScriptedPallets {
  readonly cluster: Cluster;
  readonly contracts: readonly Uint8Array[];
  readonly root: FinalRoot | undefined;
  readonly steps: readonly StateStep[];
  /** Steps from an index on that are not let go. */
  stepsFrom(index: number): readonly StateStep[];
  readonly snapshot: Snapshot | undefined;
  readonly stateKeys: StateKeyVersions;
  readonly wrap: WrappedStateKey | undefined;
  readonly snapshotVotes: readonly SnapshotVote[];
  /** Lets the steps that the snapshot holds go. */
  prune(): void;
  readonly generation: Generation | undefined;
  /** Messages that were in order and failed in their handler. */
  readonly rejected: readonly { readonly topic: string; readonly code: string }[];
  /** Boots whose vote differed from a final root. */
  readonly dissents: readonly Uint8Array[];
  /** Which replica carried each final commit's content. */
  readonly carriers: readonly { readonly block: number; readonly boot: Uint8Array }[];
  readonly votes: readonly SignedCommit[];
  readonly publishedKeys: readonly Uint8Array[];
  readonly openings: readonly KeptOpening[];
  /** What members of panels sent. */
  readonly panelVotes: readonly SignedCommit[];
  sealingKeys(contract: Uint8Array): readonly SealingKey[];
  register(registration: Registration, evidence: Uint8Array): string | undefined;
  take(message: SignedMessage): string | undefined;
  command(command: Command): string | undefined;
  /** @param auditKey that it declares; default: as the others */
  instantiate(salt: number, auditKey?: Uint8Array | "none"): Uint8Array;
  /** Names the keys anew; with `grace`, commands sealed to the present name are taken and opened for a while. */
  newEpoch(grace?: "grace"): void;
  /** @param seats numbers of the gatekeepers that take part, in the order of their registration; all of them by default */
  startRun(seats?: readonly number[]): void;
  /** What the chain does of itself in every block. */
  endBlock(): void;
  removeReplica(identity: Uint8Array): void;
  seat(replica: Replica): void;
  /** Has workers execute a block again from the root before it; nobody: the panel goes. */
  convene(members: readonly Replica[], block?: number, previousRoot?: Uint8Array): void;
}

export function createScriptedPallets(options: PalletsOptions): ScriptedPallets {
  const { chain, replication, threshold } = options;
  const kept = new Set<string>();
  const snapshotVotes: SnapshotVote[] = [];
  let snapshot: Snapshot | undefined;
  let pruned = 0;
  let stateKeys: StateKeyVersions = { newest: 0, oldest: 0 };
  const boots = new Map<string, Registration>();
  const sequences = new Map<string, bigint>();
  const suspended = new Set<string>();
  const gatekeepers: Seat[] = [];
  const rejected: { topic: string; code: string }[] = [];
  const dissents: Uint8Array[] = [];
  const carriers: { block: number; boot: Uint8Array }[] = [];
  const accepted: SignedCommit[] = [];
  const publishedKeys: Uint8Array[] = [];
  const auditVotes = new Map<string, Uint8Array>();
  let openings: readonly KeptOpening[] = [];
  const panelVotes: SignedCommit[] = [];
  const steps: StateStep[] = [];
  const keyVotes = new Map<string, ClusterKeys>();
  const sealing = new Map<string, readonly SealingKey[]>();
  const signingKeys = new Map<string, Uint8Array>();
  let agreedKey: Uint8Array | undefined;
  const votes = new Map<number, Map<string, Vote>>();
  const contents = new Map<
    string,
    { content: NonNullable<SignedCommit["content"]>; boot: Uint8Array }
  >();
  const finals = new Map<number, string>();
  const seen = new Map<string, number>();
  const contracts: Uint8Array[] = [];
  let root: FinalRoot | undefined;
  let generation: Generation | undefined;
  let wrap: WrappedStateKey | undefined;
  let run:
    | {
        id: bigint;
        seats: Seat[];
        keys: Map<number, Uint8Array>;
        dealings: Map<number, Dealing>;
        confirmed: Map<number, Uint8Array>;
      }
    | undefined;
  let runs = 0n;
  let work: readonly number[] = [];
  /** Names that commands may wait under; `last`: commands queued when its grace was over. */
  let formers: (EpochName & { until: number | undefined; last: number | undefined })[] = [];
  let queued = 0;
  let executed = 0;
  /** Generation that made the older ones retire. */
  let retiredBy = 0n;

  const now = () => chain.head.number + 1;
  let cluster: Cluster = {
    owner: OWNER,
    class: { type: options.endorsed ? "Endorsed" : "Open", value: undefined },
    crossVendor: false,
    replication,
    replicas: [],
    generation: 0n,
    epoch: 0n,
    formers: [],
    status: { type: "Pending", value: undefined },
    createdAt: { number: 0, hash: chain.genesisHash },
    fuelPerBlock: options.fuelPerBlock,
    panel: undefined,
  };
  putCluster(cluster);
  const { key, value } = STORAGE.snapshotSteps;
  chain.put(key, encode(value, options.snapshotSteps));
  for (let i = 0; i < options.contracts; i++) addContract(i, 0, options.auditKey);
  if (options.auditKey) chain.put(STORAGE.auditKey.key(CLUSTER), options.auditKey);

  function push(name: string, destination: Uint8Array, payload: Uint8Array): void {
    chain.push({ sender: { type: "Pallet", value: utf8(name) }, destination, payload });
  }

  function putStateKeys(next: StateKeyVersions): void {
    stateKeys = next;
    chain.put(STORAGE.stateKeys.key(CLUSTER), encode(STORAGE.stateKeys.value, next));
  }

  function putProgress(next: readonly number[]): void {
    work = next;
    chain.put(progressKey, encode(Progress, { waiting: [...next], lastFinalAt: now() }));
  }

  function workQueued(): void {
    if (work.at(-1) !== now()) putProgress([...work, now()]);
  }

  function tell(event: ClusterEvent): void {
    push("PhalaPhatContracts", TOPIC.cluster, encode(ClusterEvent, event));
  }

  function tellGeneration(event: GenerationEvent): void {
    push("PhaGatekeepers", TOPIC.generation, encode(GenerationEvent, event));
  }

  function putCluster(next: Cluster): void {
    cluster = next;
    chain.put(STORAGE.cluster.key(CLUSTER), encode(STORAGE.cluster.value, next));
  }

  function changed(next: Cluster): void {
    putCluster(next);
    tell({ type: "Changed", value: { cluster: CLUSTER, record: next } });
  }

  function addContract(
    salt: number,
    createdAt: number,
    auditKey: Uint8Array | undefined,
  ): { id: Uint8Array; record: Contract } {
    const code = counterArtefact(auditKey);
    const codeHash = blake2b256(code);
    const id = contractId({
      deployer: OWNER,
      cluster: CLUSTER,
      codeHash,
      salt: Uint8Array.of(salt),
    });
    const record: Contract = { cluster: CLUSTER, codeHash, owner: OWNER, createdAt, open: true };
    contracts.push(id);
    chain.put(STORAGE.code.key(codeHash), encode(STORAGE.code.value, code));
    chain.put(STORAGE.contract.key(id), encode(STORAGE.contract.value, record));
    chain.put(
      STORAGE.clusterContracts.key(CLUSTER),
      encode(STORAGE.clusterContracts.value, contracts),
    );
    return { id, record };
  }

  function grantLease(boot: Uint8Array, heartbeat: Heartbeat): void {
    const until = chain.nextTimeMs + LEASE_MS;
    const at = { number: now(), hash: chain.head.hash };
    chain.put(STORAGE.lease.key(boot), encode(STORAGE.lease.value, { heartbeat, at, until }));
  }

  function suspend(boot: Uint8Array): void {
    suspended.add(toHex(boot));
    chain.put(STORAGE.lease.key(boot), undefined);
  }

  function startRun(numbers = gatekeepers.map((_, i) => i)): void {
    run = {
      id: ++runs,
      seats: numbers.flatMap((number) => gatekeepers[number] ?? []),
      keys: new Map(),
      dealings: new Map(),
      confirmed: new Map(),
    };
    const value = {
      run: run.id,
      generation: (generation?.generation ?? 0n) + 1n,
      threshold,
      seats: run.seats,
    };
    tellGeneration({ type: "RunStarted", value });
  }

  function register(registration: Registration, evidence: Uint8Array): string | undefined {
    const { identity, boot, role, at, operator: _ } = registration;
    if (!equalBytes(registration.genesisHash, chain.genesisHash)) return "OtherNetwork";
    if (at.number + 256 < now()) return "OldBlock";
    if (!equalBytes(chain.ref(at.number).hash, at.hash)) return "UnknownBlock";
    const id = toHex(identity);
    const former = boots.get(id);
    if (former && at.number < former.at.number) return "OlderThanCurrent";
    if (former) chain.put(STORAGE.lease.key(former.boot), undefined);
    boots.set(id, registration);
    const registeredAt = { number: now(), hash: chain.head.hash };
    chain.put(
      STORAGE.boot.key(identity),
      encode(STORAGE.boot.value, { registration, registeredAt }),
    );
    chain.put(STORAGE.evidence.key(identity), encode(STORAGE.evidence.value, evidence));
    if (former && equalBytes(former.boot, boot)) return undefined;
    sequences.set(id, 0n);
    grantLease(boot, { nonce: new Uint8Array(32), head: at });
    if (role.type === "Worker") assign(identity, boot);
    else takeSeat(identity, boot);
    return undefined;
  }

  function takeSeat(identity: Uint8Array, boot: Uint8Array): void {
    const seat = gatekeepers.findIndex((one) => equalBytes(one.identity, identity));
    if (seat >= 0) {
      gatekeepers[seat] = { identity, boot };
      return;
    }
    gatekeepers.push({ identity, boot });
    if (gatekeepers.length === options.gatekeepers) startRun();
  }

  function assign(identity: Uint8Array, boot: Uint8Array): void {
    const { replicas } = cluster;
    const member = replicas.some((one) => equalBytes(one.identity, identity));
    if (!member && replicas.length >= replication) return;
    changed({
      ...cluster,
      replicas: member
        ? replicas.map((one) => (equalBytes(one.identity, identity) ? { identity, boot } : one))
        : [...replicas, { identity, boot }],
    });
  }

  function take(signed: SignedMessage): string | undefined {
    const { message, boot, sequence } = signed;
    if (message.sender.type !== "Worker") return "BadSender";
    const identity = message.sender.value;
    const id = toHex(identity);
    const latest = boots.get(id);
    if (latest === undefined || !equalBytes(latest.boot, boot)) return "NotLatestBoot";
    if (suspended.has(toHex(boot))) return "Suspended";
    if (sequences.get(id) !== sequence) return "BadSequence";
    if (!verifySignedMessage(signed)) return "InvalidSignature";
    sequences.set(id, sequence + 1n);
    const code = handle(signed, identity, boot);
    if (code !== undefined) rejected.push({ topic: utf8ToText(message.destination) ?? "", code });
    return undefined;
  }

  function handle(
    { message }: SignedMessage,
    identity: Uint8Array,
    boot: Uint8Array,
  ): string | undefined {
    const { destination, payload } = message;
    const topic = utf8ToText(destination);
    const isSender = (one: { readonly identity: Uint8Array; readonly boot: Uint8Array }) =>
      equalBytes(one.identity, identity) && equalBytes(one.boot, boot);
    const isReplica = () => cluster.replicas.some(isSender);
    switch (topic) {
      case "^pha/worker/heartbeat": {
        const heartbeat = decode(Heartbeat, payload);
        if (!heartbeat.ok) return "MalformedMessage";
        const { head } = heartbeat.value;
        if (!equalBytes(chain.ref(head.number).hash, head.hash)) return "UnknownBlock";
        grantLease(boot, heartbeat.value);
        return undefined;
      }
      case "pha/gatekeeper/dkg": {
        const body = decode(DkgMessage, payload);
        if (!body.ok) return "MalformedMessage";
        chain.push(message);
        takeDkg(body.value);
        return undefined;
      }
      case "pha/key/request": {
        const request = decode(KeyRequest, payload);
        if (!request.ok) return "MalformedMessage";
        if (!keyHolders(cluster).some(isSender)) return "NotAssigned";
        const { generation: named, epoch } = request.value;
        const isWrap = request.value.purpose.type === "Wrap";
        const names = isWrap ? [wrap] : [cluster, ...cluster.formers];
        const isPresent = names.some((name) => name && isSameName(name, request.value));
        const next = (generation?.generation ?? 0n) + 1n;
        const isAnnounced = run !== undefined && named === next && epoch === FIRST_EPOCH;
        if (!isPresent && !isAnnounced) return "StaleEpoch";
        chain.push(message);
        return undefined;
      }
      case "pha/key/release":
        chain.push(message);
        return undefined;
      case "^pha/cluster/keys": {
        const keys = decode(ClusterKeys, payload);
        if (!keys.ok) return "MalformedMessage";
        if (!isReplica()) return "NotAssigned";
        if (keys.value.generation !== cluster.generation || keys.value.epoch !== cluster.epoch)
          return "StaleEpoch";
        const { newest, oldest } = keys.value.versions;
        if (newest !== stateKeys.newest || oldest !== stateKeys.oldest) return "StaleEpoch";
        takeKeys(boot, keys.value, payload);
        return undefined;
      }
      case "^pha/cluster/audit": {
        const opening = decode(AuditOpening, payload);
        if (!opening.ok) return "MalformedMessage";
        if (!isReplica()) return "NotAssigned";
        if (!isSameName(opening.value, cluster)) return "StaleEpoch";
        if (opening.value.version !== stateKeys.newest) return "StaleEpoch";
        takeOpening(boot, opening.value, payload);
        return undefined;
      }
      case "^pha/contract/commit": {
        const signed = decode(SignedCommit, payload);
        if (!signed.ok) return "MalformedMessage";
        if (isReplica()) return takeCommit(signed.value, boot);
        if (!cluster.panel?.members.some(isSender)) return "NotAssigned";
        panelVotes.push(signed.value);
        return undefined;
      }
      case "^pha/cluster/snapshot": {
        const vote = decode(SnapshotVote, payload);
        if (!vote.ok) return "MalformedMessage";
        if (!isReplica()) return "NotAssigned";
        if (vote.value.epoch !== cluster.epoch) return "StaleEpoch";
        snapshotVotes.push(vote.value);
        settleSnapshots();
        return undefined;
      }
      case "^pha/blob/receipt": {
        const receipt = decode(StorageReceipt, payload);
        if (!receipt.ok) return "MalformedMessage";
        for (const digest of receipt.value.digests) kept.add(toHex(digest));
        tally();
        settleSnapshots();
        return undefined;
      }
      default:
        return "UnknownTopic";
    }
  }

  function takeDkg({ run: id, seat, body }: DkgMessage): void {
    if (run === undefined || run.id !== id) return;
    if (body.type === "Key") run.keys.set(seat, body.value);
    if (body.type === "Dealing") {
      const dealing = decode(Dealing, body.value);
      if (dealing.ok) run.dealings.set(seat, dealing.value);
    }
    if (body.type === "Confirm") run.confirmed.set(seat, body.value.transcriptHash);
    const n = run.seats.length;
    if (run.confirmed.size === n && run.dealings.size === n) activate(run);
  }

  function activate({ id, seats, keys, dealings, confirmed }: NonNullable<typeof run>): void {
    run = undefined;
    const next = (generation?.generation ?? 0n) + 1n;
    const n = seats.length;
    const context = dkgContext(
      { genesisHash: chain.genesisHash, runId: id, generation: next, n, t: threshold },
      seats.map((_, seat) => keys.get(seat) ?? new Uint8Array(48)),
    );
    const result = aggregate({ context, n, t: threshold, dealings: [...dealings.values()] });
    assert(result.ok, "the dealings of honest seats add up");
    for (const hash of confirmed.values())
      assert(equalBytes(hash, result.value.transcriptHash), "all seats confirm one transcript");
    generation = {
      generation: next,
      run: id,
      threshold,
      root: result.value.rootPublicKey,
      sharePublicKeys: result.value.sharePublicKeys,
      seats,
      transcriptHash: result.value.transcriptHash,
    };
    chain.put(STORAGE.generation.current.key, encode(STORAGE.generation.current.value, next));
    chain.put(
      STORAGE.generation.record.key(next),
      encode(STORAGE.generation.record.value, generation),
    );
    tellGeneration({ type: "Activated", value: generation });
    nameAnew({ generation: next, epoch: FIRST_EPOCH }, true);
    retireOlder();
  }

  function nameAnew(name: EpochName, grace: boolean): void {
    const isAgreed = wrap !== undefined && isSameName(wrap, cluster);
    const { generation: former, epoch } = cluster;
    const own = { generation: former, epoch, until: undefined, last: undefined };
    const kept = grace && isAgreed ? [own] : [];
    formers = grace ? [...formers, ...kept].slice(-MAX_FORMERS) : [];
    const { newest, oldest } = stateKeys;
    if (!grace && oldest === newest && wrap?.version === newest)
      putStateKeys({ newest: newest + 1, oldest });
    changed({ ...cluster, ...name, formers });
  }

  /** Closes former names whose grace is over and whose last command is final. */
  function closeFormers(): void {
    for (const former of formers)
      if (former.until !== undefined && now() > former.until) former.last ??= queued;
    const open = formers.filter(({ last }) => last === undefined || executed < last);
    if (open.length === formers.length) return;
    formers = open;
    changed({ ...cluster, formers });
    retireOlder();
  }

  function retireOlder(): void {
    const { oldest, current, record } = STORAGE.generation;
    const newest = generation?.generation ?? 0n;
    const isHeld = formers.some((former) => former.generation < newest);
    if (isHeld || retiredBy === newest || (wrap && wrap.generation < newest)) return;
    retiredBy = newest;
    chain.put(oldest.key, encode(oldest.value, newest));
    chain.put(current.key, encode(current.value, newest));
    chain.put(record.key(newest - 1n), undefined);
    tellGeneration({ type: "Retired", value: { generation: newest - 1n } });
  }

  function takeKeys(boot: Uint8Array, keys: ClusterKeys, payload: Uint8Array): void {
    publishedKeys.push(payload);
    signingKeys.set(toHex(boot), keys.signingKey);
    keyVotes.set(toHex(boot), keys);
    const present = cluster.replicas.flatMap((one) => keyVotes.get(toHex(one.boot)) ?? []);
    const quorum = quorumOf(replication);
    const same = (a: ClusterKeys) =>
      equalBytes(a.signingKey, keys.signingKey) &&
      equalBytes(a.wrappedStateKey, keys.wrappedStateKey);
    const isNew = wrap === undefined || !equalBytes(wrap.wrapped, keys.wrappedStateKey);
    if (isNew && present.filter(same).length >= quorum) {
      for (const former of formers) former.until ??= now() + GRACE_BLOCKS;
      wrap = {
        generation: keys.generation,
        epoch: keys.epoch,
        version: keys.versions.newest,
        wrapped: keys.wrappedStateKey.slice(),
      };
      agreedKey = keys.signingKey;
      chain.put(STORAGE.clusterSigningKey.key(CLUSTER), keys.signingKey);
      chain.put(STORAGE.wrappedStateKey.key(CLUSTER), encode(STORAGE.wrappedStateKey.value, wrap));
      retireOlder();
      tally();
    }
    for (const { contract, key } of keys.sealingKeys) {
      const known = sealing.get(toHex(contract)) ?? [];
      const { generation: g, epoch } = keys;
      if (known.some((one) => one.generation === g && one.epoch === epoch)) continue;
      const signers = present.filter(
        (one) =>
          one.generation === g &&
          one.epoch === epoch &&
          one.sealingKeys.some(
            (other) => equalBytes(other.contract, contract) && equalBytes(other.key, key),
          ),
      ).length;
      if (signers < quorum) continue;
      const ending = known.map((one) => ({ ...one, until: one.until ?? now() + GRACE_BLOCKS }));
      const next = [
        ...ending,
        { generation: g, epoch, key, from: now(), until: undefined, signers },
      ].slice(-3);
      sealing.set(toHex(contract), next);
      chain.put(STORAGE.sealingKeys.key(contract), encode(STORAGE.sealingKeys.value, next));
    }
  }

  function takeOpening(boot: Uint8Array, opening: AuditOpening, payload: Uint8Array): void {
    auditVotes.set(toHex(boot), payload);
    const same = cluster.replicas.filter((one) => {
      const voted = auditVotes.get(toHex(one.boot));
      return voted !== undefined && equalBytes(voted, payload);
    });
    if (same.length < quorumOf(replication)) return;
    const known = openings.find((one) => isSameName(one.opening, opening));
    const formers = known?.formers ?? cluster.formers;
    openings = [...openings.filter((one) => one !== known), { opening, formers }];
    chain.put(
      STORAGE.auditOpenings.key(CLUSTER),
      encode(STORAGE.auditOpenings.value, [...openings]),
    );
  }

  /** A majority made the same, and its blobs are kept. */
  function settleSnapshots(): void {
    for (const { snapshot: voted } of snapshotVotes) {
      const bytes = toHex(encode(STORAGE.snapshot.value, voted));
      const same = snapshotVotes.filter(
        (one) => toHex(encode(STORAGE.snapshot.value, one.snapshot)) === bytes,
      );
      const isNewer =
        snapshot === undefined ||
        voted.index > snapshot.index ||
        voted.keyVersion > snapshot.keyVersion;
      if (!isNewer || voted.keyVersion !== stateKeys.newest || same.length < quorumOf(replication))
        continue;
      if (!kept.has(toHex(voted.manifest.digest))) continue;
      snapshot = voted;
      chain.put(STORAGE.snapshot.key(CLUSTER), encode(STORAGE.snapshot.value, voted));
      const { index, keyVersion } = voted;
      if (stateKeys.oldest < keyVersion) {
        putStateKeys({ newest: keyVersion, oldest: keyVersion });
        keyVotes.clear();
      }
      tell({ type: "SnapshotFinal", value: { cluster: CLUSTER, index, keyVersion } });
    }
  }

  function takeCommit(signed: SignedCommit, boot: Uint8Array): string | undefined {
    const { commit, content } = signed;
    const { number } = commit.block;
    if (commit.generation !== cluster.generation || commit.epoch !== cluster.epoch)
      return "StaleEpoch";
    if (!equalBytes(commit.boot, boot)) return "NotAssigned";
    if (number >= now() || !equalBytes(chain.ref(number).hash, commit.block.hash))
      return "UnknownBlock";
    const key = agreedKey ?? signingKeys.get(toHex(boot));
    if (key === undefined) return "NoSigningKey";
    if (!verifyCommit(signed, key)) return "BadSignature";
    accepted.push(signed);
    const digest = toHex(commitDigest(commit));
    if (root && number <= root.block.number) {
      const final = finals.get(number);
      if (final !== undefined && final !== digest) dissent(boot);
      return undefined;
    }
    const ofBlock = votes.get(number) ?? new Map<string, Vote>();
    votes.set(number, ofBlock);
    const own = ofBlock.get(toHex(boot));
    if (own && isPresent(own) && own.digest !== digest) {
      suspend(boot);
      return "Equivocation";
    }
    ofBlock.set(toHex(boot), { commit, digest });
    if (content && !contents.has(digest)) {
      const { delta } = content;
      const deltaHash = delta.type === "Blob" ? delta.value.digest : blake2b256(delta.value);
      if (!equalBytes(deltaHash, commit.deltaHash)) return "BadContent";
      if (!equalBytes(repliesRoot(content.replies), commit.repliesRoot)) return "BadContent";
      contents.set(digest, { content, boot });
    }
    tally();
    return undefined;
  }

  function dissent(boot: Uint8Array): void {
    dissents.push(boot);
    suspend(boot);
  }

  /** Votes of other epochs are void. */
  function isPresent({ commit }: Vote): boolean {
    return commit.generation === cluster.generation && commit.epoch === cluster.epoch;
  }

  function tally(): void {
    if (agreedKey === undefined || wrap?.version !== stateKeys.newest) return;
    for (const number of [...votes.keys()].sort((a, b) => a - b)) {
      const ofBlock = [...(votes.get(number)?.values() ?? [])].filter(
        (vote) =>
          isPresent(vote) &&
          equalBytes(vote.commit.previousRoot, root?.root ?? NO_ROOT) &&
          cluster.replicas.some(({ boot }) => equalBytes(boot, vote.commit.boot)),
      );
      const winner = ofBlock.find(
        ({ digest }) =>
          ofBlock.filter((one) => one.digest === digest).length >= quorumOf(replication),
      );
      const carried = winner && contents.get(winner.digest);
      if (winner === undefined || carried === undefined) continue;
      const { delta, replies } = carried.content;
      const blobs = [...(delta.type === "Blob" ? [delta.value] : []), ...replyBlobs(replies)];
      if (!blobs.every(({ digest }) => kept.has(toHex(digest)))) continue;
      makeFinal(winner, carried);
      tally();
      return;
    }
  }

  function makeFinal(
    { commit, digest }: Vote,
    { content, boot }: { content: NonNullable<SignedCommit["content"]>; boot: Uint8Array },
  ): void {
    const { block, newRoot, previousRoot, generation: g, epoch } = commit;
    const index = BigInt(steps.length);
    root = { block, root: newRoot, index };
    const named = {
      block,
      generation: g,
      epoch,
      keyVersion: stateKeys.newest,
      previousRoot,
      newRoot,
    };
    const step: StateStep = { ...named, ...content };
    steps.push(step);
    finals.set(block.number, digest);
    carriers.push({ block: block.number, boot });
    chain.put(STORAGE.root.key(CLUSTER), encode(STORAGE.root.value, root));
    chain.put(STORAGE.step.key(CLUSTER, index), encode(STORAGE.step.value, step));
    putProgress(work.filter((number) => number > block.number));
    executed += content.replies.length;
    tell({ type: "RootFinal", value: { cluster: CLUSTER, block, root: newRoot } });
    for (const [number, ofBlock] of votes) {
      if (number > block.number) continue;
      for (const vote of ofBlock.values())
        if (isPresent(vote) && vote.digest !== digest) dissent(vote.commit.boot);
      votes.delete(number);
    }
    for (const ofBlock of votes.values()) for (const boot of dissents) ofBlock.delete(toHex(boot));
    if (cluster.status.type !== "Live")
      putCluster({ ...cluster, status: { type: "Live", value: undefined } });
  }

  function command(command: Command): string | undefined {
    const { contract, commandId, expiry, generation: g, epoch } = command;
    if (!contracts.some((id) => equalBytes(id, contract))) return "UnknownContract";
    if (cluster.status.type !== "Live") return "ClusterNotLive";
    const key = (sealing.get(toHex(contract)) ?? []).find(
      (one) => one.generation === g && one.epoch === epoch && (one.until ?? now()) >= now(),
    );
    const isAccepted = [cluster, ...formers].some((one) => isSameName(one, command));
    if (key === undefined || !isAccepted) return "StaleSealingKey";
    if (expiry < now()) return "Expired";
    if (expiry > now() + 4096) return "ExpiryTooFar";
    const id = toHex(contract) + toHex(commandId);
    if ((seen.get(id) ?? 0) >= now()) return "RepeatedCommand";
    seen.set(id, expiry);
    workQueued();
    queued += 1;
    chain.push({
      sender: { type: "AccountId", value: command.origin },
      destination: TOPIC.command,
      payload: encode(Command, command),
    });
    return undefined;
  }

  return {
    get cluster() {
      return cluster;
    },
    contracts,
    get root() {
      return root;
    },
    steps,
    stepsFrom: (index) => (index < pruned ? [] : steps.slice(index)),
    get snapshot() {
      return snapshot;
    },
    snapshotVotes,
    get stateKeys() {
      return stateKeys;
    },
    get wrap() {
      return wrap;
    },
    prune() {
      if (snapshot) pruned = Number(snapshot.index) + 1;
    },
    get generation() {
      return generation;
    },
    rejected,
    dissents,
    carriers,
    votes: accepted,
    publishedKeys,
    get openings() {
      return openings;
    },
    panelVotes,
    sealingKeys: (contract) => sealing.get(toHex(contract)) ?? [],
    register,
    take,
    command,
    instantiate(salt, auditKey = options.auditKey) {
      const { id, record } = addContract(salt, now(), auditKey === "none" ? undefined : auditKey);
      workQueued();
      tell({ type: "Instantiated", value: { cluster: CLUSTER, contract: id, record } });
      return id;
    },
    newEpoch: (grace) =>
      nameAnew({ generation: cluster.generation, epoch: cluster.epoch + 1n }, grace !== undefined),
    endBlock: closeFormers,
    startRun,
    seat: (replica) => changed({ ...cluster, replicas: [...cluster.replicas, replica] }),
    convene: (members, block = 0, previousRoot = NO_ROOT) =>
      changed({
        ...cluster,
        panel: members.length === 0 ? undefined : { members: [...members], block, previousRoot },
      }),
    removeReplica: (identity) =>
      changed({
        ...cluster,
        replicas: cluster.replicas.filter((one) => !equalBytes(one.identity, identity)),
      }),
  };
}
