/**
 * What the pallets do, as far as a pRuntime can see it: registration and leases, DKG, releases, cluster keys, commands,
 * votes and final roots. Refusals are codes, as a test reads them.
 */
import {
  AuditOpening,
  type Cluster,
  ClusterKeys,
  Command,
  DkgMessage,
  FIRST_EPOCH,
  Heartbeat,
  isSameName,
  KeyRequest,
  keyHolders,
  NO_ROOT,
  type Registration,
  type Replica,
  SignedCommit,
  type SignedMessage,
  type Snapshot,
  SnapshotVote,
  STORAGE,
  type StateKeyVersions,
  type StateStep,
  StorageReceipt,
  TOPIC,
  verifySignedMessage,
} from "@pha/protocol";
import { decode, encode, equalBytes, toHex, utf8ToText } from "@pha/scale";
import {
  CLUSTER,
  type ClusterOptions,
  createScriptedCluster,
  type ScriptedCluster,
} from "./scripted-cluster.ts";
import { createScriptedClusterKeys, type ScriptedClusterKeys } from "./scripted-cluster-keys.ts";
import { createScriptedCommits, type ScriptedCommits } from "./scripted-commits.ts";
import { createScriptedGatekeepers, type ScriptedGatekeepers } from "./scripted-gatekeepers.ts";
import { createScriptedSnapshots } from "./scripted-snapshots.ts";

const LEASE_MS = 12_000n;

export interface PalletsOptions extends ClusterOptions {
  readonly gatekeepers: number;
  readonly threshold: number;
  /** Steps from one snapshot to the next; 0: none. */
  readonly snapshotSteps: number;
}

export interface ScriptedPallets
  extends Pick<ScriptedCluster, "contracts">,
    Pick<ScriptedGatekeepers, "generation" | "startRun">,
    Pick<ScriptedClusterKeys, "wrap" | "openings" | "sealingKeys" | "newEpoch">,
    Pick<ScriptedCommits, "root" | "steps" | "dissents" | "carriers"> {
  readonly cluster: Cluster;
  /** Steps from an index on that are not let go. */
  stepsFrom(index: number): readonly StateStep[];
  readonly snapshot: Snapshot | undefined;
  readonly stateKeys: StateKeyVersions;
  readonly snapshotVotes: readonly SnapshotVote[];
  /** Lets the steps that the snapshot holds go. */
  prune(): void;
  /** Messages that were in order and failed in their handler. */
  readonly rejected: readonly { readonly topic: string; readonly code: string }[];
  readonly votes: readonly SignedCommit[];
  readonly publishedKeys: readonly Uint8Array[];
  /** What members of panels sent. */
  readonly panelVotes: readonly SignedCommit[];
  register(registration: Registration, evidence: Uint8Array): string | undefined;
  take(message: SignedMessage): string | undefined;
  command(command: Command): string | undefined;
  /** @param auditKey that it declares; default: as the others */
  instantiate(salt: number, auditKey?: Uint8Array | "none"): Uint8Array;
  /** What the chain does of itself in every block. */
  endBlock(): void;
  removeReplica(identity: Uint8Array): void;
  seat(replica: Replica): void;
  /** Has workers execute a block again from the root before it; nobody: the panel goes. */
  convene(members: readonly Replica[], block?: number, previousRoot?: Uint8Array): void;
}

export function createScriptedPallets(options: PalletsOptions): ScriptedPallets {
  const { chain, replication } = options;
  const boots = new Map<string, Registration>();
  const sequences = new Map<string, bigint>();
  const suspended = new Set<string>();
  const rejected: { topic: string; code: string }[] = [];
  const panelVotes: SignedCommit[] = [];
  const kept = new Set<string>();
  const seen = new Map<string, number>();
  const commands = { queued: 0, executed: 0 };
  let pruned = 0;
  const now = () => chain.head.number + 1;
  const isKept = (digest: Uint8Array) => kept.has(toHex(digest));

  const cluster = createScriptedCluster(options);
  const { key, value } = STORAGE.snapshotSteps;
  chain.put(key, encode(value, options.snapshotSteps));
  const gatekeepers = createScriptedGatekeepers({
    ...options,
    onActivated: (generation) => keys.generationActivated(generation),
  });
  const onAgreed = (): void => commits.tally();
  const keys = createScriptedClusterKeys({ chain, cluster, gatekeepers, commands, onAgreed });
  const snapshots = createScriptedSnapshots({ chain, cluster, keys, isKept });
  const commits = createScriptedCommits({
    chain,
    cluster,
    keys,
    isKept,
    suspend,
    onFinal(replies) {
      commands.executed += replies;
    },
  });

  function grantLease(boot: Uint8Array, heartbeat: Heartbeat): void {
    const until = chain.nextTimeMs + LEASE_MS;
    const at = { number: now(), hash: chain.head.hash };
    chain.put(STORAGE.lease.key(boot), encode(STORAGE.lease.value, { heartbeat, at, until }));
  }

  function suspend(boot: Uint8Array): void {
    suspended.add(toHex(boot));
    chain.put(STORAGE.lease.key(boot), undefined);
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
    else gatekeepers.takeSeat(identity, boot);
    return undefined;
  }

  function assign(identity: Uint8Array, boot: Uint8Array): void {
    const { replicas } = cluster.record;
    const member = replicas.some((one) => equalBytes(one.identity, identity));
    if (!member && replicas.length >= replication) return;
    cluster.change({
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
    const { record } = cluster;
    const isReplica = () => record.replicas.some(isSender);
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
        gatekeepers.takeDkg(body.value);
        return undefined;
      }
      case "pha/key/request": {
        const request = decode(KeyRequest, payload);
        if (!request.ok) return "MalformedMessage";
        if (!keyHolders(record).some(isSender)) return "NotAssigned";
        const { generation: named, epoch } = request.value;
        const isWrap = request.value.purpose.type === "Wrap";
        const names = isWrap ? [keys.wrap] : [record, ...record.formers];
        const isPresent = names.some((name) => name && isSameName(name, request.value));
        const isAnnounced = named === gatekeepers.announced && epoch === FIRST_EPOCH;
        if (!isPresent && !isAnnounced) return "StaleEpoch";
        chain.push(message);
        return undefined;
      }
      case "pha/key/release":
        chain.push(message);
        return undefined;
      case "^pha/cluster/keys": {
        const given = decode(ClusterKeys, payload);
        if (!given.ok) return "MalformedMessage";
        if (!isReplica()) return "NotAssigned";
        const { newest, oldest } = given.value.versions;
        if (
          !isSameName(given.value, record) ||
          newest !== keys.versions.newest ||
          oldest !== keys.versions.oldest
        )
          return "StaleEpoch";
        keys.take(boot, given.value, payload);
        return undefined;
      }
      case "^pha/cluster/audit": {
        const opening = decode(AuditOpening, payload);
        if (!opening.ok) return "MalformedMessage";
        if (!isReplica()) return "NotAssigned";
        if (!isSameName(opening.value, record)) return "StaleEpoch";
        if (opening.value.version !== keys.versions.newest) return "StaleEpoch";
        keys.takeOpening(boot, opening.value, payload);
        return undefined;
      }
      case "^pha/contract/commit": {
        const signed = decode(SignedCommit, payload);
        if (!signed.ok) return "MalformedMessage";
        if (isReplica()) return commits.take(signed.value, boot);
        if (!record.panel?.members.some(isSender)) return "NotAssigned";
        panelVotes.push(signed.value);
        return undefined;
      }
      case "^pha/cluster/snapshot": {
        const vote = decode(SnapshotVote, payload);
        if (!vote.ok) return "MalformedMessage";
        if (!isReplica()) return "NotAssigned";
        if (vote.value.epoch !== record.epoch) return "StaleEpoch";
        snapshots.take(vote.value);
        return undefined;
      }
      case "^pha/blob/receipt": {
        const receipt = decode(StorageReceipt, payload);
        if (!receipt.ok) return "MalformedMessage";
        for (const digest of receipt.value.digests) kept.add(toHex(digest));
        commits.tally();
        snapshots.settle();
        return undefined;
      }
      default:
        return "UnknownTopic";
    }
  }

  function command(command: Command): string | undefined {
    const { contract, commandId, expiry, generation: g, epoch } = command;
    if (!cluster.contracts.some((id) => equalBytes(id, contract))) return "UnknownContract";
    if (cluster.record.status.type !== "Live") return "ClusterNotLive";
    const key = keys
      .sealingKeys(contract)
      .find((one) => one.generation === g && one.epoch === epoch && (one.until ?? now()) >= now());
    const isAccepted = [cluster.record, ...cluster.record.formers].some((one) =>
      isSameName(one, command),
    );
    if (key === undefined || !isAccepted) return "StaleSealingKey";
    if (expiry < now()) return "Expired";
    if (expiry > now() + 4096) return "ExpiryTooFar";
    const id = toHex(contract) + toHex(commandId);
    if ((seen.get(id) ?? 0) >= now()) return "RepeatedCommand";
    seen.set(id, expiry);
    cluster.workQueued();
    commands.queued += 1;
    chain.push({
      sender: { type: "AccountId", value: command.origin },
      destination: TOPIC.command,
      payload: encode(Command, command),
    });
    return undefined;
  }

  return {
    get cluster() {
      return cluster.record;
    },
    contracts: cluster.contracts,
    get root() {
      return commits.root;
    },
    steps: commits.steps,
    stepsFrom: (index) => (index < pruned ? [] : commits.steps.slice(index)),
    get snapshot() {
      return snapshots.final;
    },
    snapshotVotes: snapshots.votes,
    get stateKeys() {
      return keys.versions;
    },
    get wrap() {
      return keys.wrap;
    },
    prune() {
      if (snapshots.final) pruned = Number(snapshots.final.index) + 1;
    },
    get generation() {
      return gatekeepers.generation;
    },
    rejected,
    dissents: commits.dissents,
    carriers: commits.carriers,
    votes: commits.accepted,
    publishedKeys: keys.published,
    get openings() {
      return keys.openings;
    },
    panelVotes,
    sealingKeys: keys.sealingKeys,
    register,
    take,
    command,
    instantiate(salt, auditKey = options.auditKey) {
      const declared = auditKey === "none" ? undefined : auditKey;
      const { id, record } = cluster.addContract(salt, now(), declared);
      cluster.workQueued();
      cluster.tell({ type: "Instantiated", value: { cluster: CLUSTER, contract: id, record } });
      return id;
    },
    newEpoch: keys.newEpoch,
    endBlock: keys.closeFormers,
    startRun: gatekeepers.startRun,
    seat: (replica) => cluster.change({ replicas: [...cluster.record.replicas, replica] }),
    convene: (members, block = 0, previousRoot = NO_ROOT) =>
      cluster.change({
        panel: members.length === 0 ? undefined : { members: [...members], block, previousRoot },
      }),
    removeReplica: (identity) =>
      cluster.change({
        replicas: cluster.record.replicas.filter((one) => !equalBytes(one.identity, identity)),
      }),
  };
}
