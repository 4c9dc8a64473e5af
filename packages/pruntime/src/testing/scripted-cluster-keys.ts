/** Keys of a scripted cluster: what its replicas publish, the names that keys have and had, what auditors open. */
import {
  type AuditOpening,
  type ClusterKeys,
  type EpochName,
  FIRST_EPOCH,
  isSameName,
  type KeptOpening,
  MAX_FORMERS,
  quorumOf,
  type SealingKey,
  STORAGE,
  type StateKeyVersions,
  type WrappedStateKey,
} from "@pha/protocol";
import { encode, equalBytes, toHex } from "@pha/scale";
import type { ScriptedChain } from "./scripted-chain.ts";
import { CLUSTER, type ScriptedCluster } from "./scripted-cluster.ts";
import type { ScriptedGatekeepers } from "./scripted-gatekeepers.ts";

const GRACE_BLOCKS = 6;

export interface ClusterKeysOptions {
  readonly chain: ScriptedChain;
  readonly cluster: ScriptedCluster;
  readonly gatekeepers: ScriptedGatekeepers;
  /** Commands that were queued, and those of them whose replies are final. */
  readonly commands: { readonly queued: number; readonly executed: number };
  /** A majority published the same keys. */
  readonly onAgreed: () => void;
}

export interface ScriptedClusterKeys {
  readonly versions: StateKeyVersions;
  readonly wrap: WrappedStateKey | undefined;
  readonly published: readonly Uint8Array[];
  readonly openings: readonly KeptOpening[];
  /** Version that steps are sealed under; absent before a majority wrapped it. */
  readonly agreedVersion: number | undefined;
  sealingKeys(contract: Uint8Array): readonly SealingKey[];
  /** Key under which commits of a boot are signed. */
  signingKeyOf(boot: Uint8Array): Uint8Array | undefined;
  take(boot: Uint8Array, keys: ClusterKeys, payload: Uint8Array): void;
  takeOpening(boot: Uint8Array, opening: AuditOpening, payload: Uint8Array): void;
  generationActivated(generation: bigint): void;
  /** Names the keys anew; with `grace`, commands sealed to the present name are taken and opened for a while. */
  newEpoch(grace?: "grace"): void;
  /** Closes former names whose grace is over and whose last command is final. */
  closeFormers(): void;
  /** A final snapshot is sealed under this version of the state key. */
  snapshotFinal(version: number): void;
}

export function createScriptedClusterKeys(options: ClusterKeysOptions): ScriptedClusterKeys {
  const { chain, cluster, gatekeepers, commands } = options;
  const quorum = quorumOf(cluster.record.replication);
  const published: Uint8Array[] = [];
  const keyVotes = new Map<string, ClusterKeys>();
  const auditVotes = new Map<string, Uint8Array>();
  const sealing = new Map<string, readonly SealingKey[]>();
  const signingKeys = new Map<string, Uint8Array>();
  let versions: StateKeyVersions = { newest: 0, oldest: 0 };
  let openings: readonly KeptOpening[] = [];
  let agreedKey: Uint8Array | undefined;
  let wrap: WrappedStateKey | undefined;
  /** Names that commands may wait under; `last`: commands queued when its grace was over. */
  let formers: (EpochName & { until: number | undefined; last: number | undefined })[] = [];
  const now = () => chain.head.number + 1;

  function putVersions(next: StateKeyVersions): void {
    versions = next;
    chain.put(STORAGE.stateKeys.key(CLUSTER), encode(STORAGE.stateKeys.value, next));
  }

  function nameAnew(name: EpochName, grace: "grace" | undefined): void {
    const { generation, epoch } = cluster.record;
    const isAgreed = wrap !== undefined && isSameName(wrap, cluster.record);
    const own = { generation, epoch, until: undefined, last: undefined };
    formers = grace ? [...formers, ...(isAgreed ? [own] : [])].slice(-MAX_FORMERS) : [];
    const { newest, oldest } = versions;
    if (!grace && oldest === newest && wrap?.version === newest)
      putVersions({ newest: newest + 1, oldest });
    cluster.change({ ...name, formers });
  }

  function retireOlder(): void {
    const newest = gatekeepers.generation?.generation ?? 0n;
    const isHeld = formers.some((former) => former.generation < newest);
    if (!isHeld && (wrap === undefined || wrap.generation >= newest)) gatekeepers.retireFormer();
  }

  function agree(keys: ClusterKeys): void {
    const { generation, epoch, signingKey } = keys;
    for (const former of formers) former.until ??= now() + GRACE_BLOCKS;
    const wrapped = keys.wrappedStateKey.slice();
    wrap = { generation, epoch, version: keys.versions.newest, wrapped };
    agreedKey = signingKey;
    chain.put(STORAGE.clusterSigningKey.key(CLUSTER), signingKey);
    chain.put(STORAGE.wrappedStateKey.key(CLUSTER), encode(STORAGE.wrappedStateKey.value, wrap));
    retireOlder();
    options.onAgreed();
  }

  /** @param present keys that replicas published last */
  function countSealingKeys(keys: ClusterKeys, present: readonly ClusterKeys[]): void {
    const { generation, epoch } = keys;
    for (const { contract, key } of keys.sealingKeys) {
      const known = sealing.get(toHex(contract)) ?? [];
      if (known.some((one) => isSameName(one, keys))) continue;
      const signers = present.filter(
        (one) =>
          isSameName(one, keys) &&
          one.sealingKeys.some(
            (other) => equalBytes(other.contract, contract) && equalBytes(other.key, key),
          ),
      ).length;
      if (signers < quorum) continue;
      const ending = known.map((one) => ({ ...one, until: one.until ?? now() + GRACE_BLOCKS }));
      const own = { generation, epoch, key, from: now(), until: undefined, signers };
      const next = [...ending, own].slice(-3);
      sealing.set(toHex(contract), next);
      chain.put(STORAGE.sealingKeys.key(contract), encode(STORAGE.sealingKeys.value, next));
    }
  }

  return {
    get versions() {
      return versions;
    },
    get wrap() {
      return wrap;
    },
    published,
    get openings() {
      return openings;
    },
    get agreedVersion() {
      return wrap?.version === versions.newest ? versions.newest : undefined;
    },
    sealingKeys: (contract) => sealing.get(toHex(contract)) ?? [],
    signingKeyOf: (boot) => agreedKey ?? signingKeys.get(toHex(boot)),
    take(boot, keys, payload) {
      published.push(payload);
      signingKeys.set(toHex(boot), keys.signingKey);
      keyVotes.set(toHex(boot), keys);
      const { replicas } = cluster.record;
      const present = replicas.flatMap((one) => keyVotes.get(toHex(one.boot)) ?? []);
      const same = (one: ClusterKeys) =>
        equalBytes(one.signingKey, keys.signingKey) &&
        equalBytes(one.wrappedStateKey, keys.wrappedStateKey);
      const isNew = wrap === undefined || !equalBytes(wrap.wrapped, keys.wrappedStateKey);
      if (isNew && present.filter(same).length >= quorum) agree(keys);
      countSealingKeys(keys, present);
    },
    takeOpening(boot, opening, payload) {
      auditVotes.set(toHex(boot), payload);
      const same = cluster.record.replicas.filter((one) => {
        const voted = auditVotes.get(toHex(one.boot));
        return voted !== undefined && equalBytes(voted, payload);
      });
      if (same.length < quorum) return;
      const known = openings.find((one) => isSameName(one.opening, opening));
      const own = { opening, formers: known?.formers ?? cluster.record.formers };
      openings = [...openings.filter((one) => one !== known), own];
      const { key, value } = STORAGE.auditOpenings;
      chain.put(key(CLUSTER), encode(value, [...openings]));
    },
    generationActivated(generation) {
      nameAnew({ generation, epoch: FIRST_EPOCH }, "grace");
      retireOlder();
    },
    newEpoch(grace) {
      const { generation, epoch } = cluster.record;
      nameAnew({ generation, epoch: epoch + 1n }, grace);
    },
    closeFormers() {
      for (const former of formers)
        if (former.until !== undefined && now() > former.until) former.last ??= commands.queued;
      const open = formers.filter(({ last }) => last === undefined || commands.executed < last);
      if (open.length === formers.length) return;
      formers = open;
      cluster.change({ formers });
      retireOlder();
    },
    snapshotFinal(version) {
      if (versions.oldest >= version) return;
      putVersions({ newest: version, oldest: version });
      keyVotes.clear();
    },
  };
}
