/** What a drill reads of the chain: who hangs on the broken maker, what it was ever given, and how far each step is. */
import {
  ATTESTATION_STORAGE,
  type Demands,
  makerOf,
  type ProductLine,
  UNSET_DEMANDS,
} from "@pha/attestation";
import { BootRecord, Ed25519Key, itemKey, KeyPurpose, STORAGE } from "@pha/protocol";
import { type Codec, type CodecType, decode, struct, u64 } from "@pha/scale";
import type { Client } from "@pha/sdk";
import { readItem } from "../commands/gatekeeper-chain.ts";
import { mapEntries } from "../program/map-entries.ts";

export type Chain = Client["chain"];

/** A worker or gatekeeper whose boot the chain has. */
export interface Member {
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
  readonly operator: Uint8Array;
  readonly role: "Worker" | "Gatekeeper";
  readonly line: ProductLine | undefined;
  readonly isSuspended: boolean;
}

export interface ClusterState {
  readonly cluster: Uint8Array;
  readonly status: string;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly replicas: readonly Uint8Array[];
  /** Of the wrapped state key; absent before there is one. */
  readonly wrap: { readonly generation: bigint; readonly version: number } | undefined;
  readonly stateKeys: { readonly newest: number; readonly oldest: number };
}

const ReleaseName = struct({ purpose: KeyPurpose, boot: Ed25519Key, generation: u64, epoch: u64 });
const RELEASE_BYTES = 49;
/** Behind the prefix and the hash of the first key. */
const CLUSTER_AT = 32 + 16;

/** Shares of one key that one boot was given. */
export interface Given {
  readonly cluster: Uint8Array;
  readonly name: CodecType<typeof ReleaseName>;
  /** Block of the first share. */
  readonly block: number;
}

/** Lines of the policy that hang on a maker, or the one line that is named. */
export function brokenLines(
  policy: Pick<Demands, "lines">,
  target: string,
): readonly ProductLine[] {
  return policy.lines
    .map(({ line }) => line)
    .filter((line) => line === target || makerOf(line) === target);
}

export function isOfTarget(line: ProductLine, target: string): boolean {
  return line === target || makerOf(line) === target;
}

export async function policyOf(chain: Chain): Promise<Demands> {
  return (await chain.read(ATTESTATION_STORAGE.policy)) ?? UNSET_DEMANDS;
}

export async function membersOf(chain: Chain): Promise<readonly Member[]> {
  const { entries } = await mapEntries(chain, {
    prefix: itemKey("PhalaRegistry", "Boots"),
    value: BootRecord,
  });
  return Promise.all(
    entries.map(async ({ name: identity, value: { registration } }) => {
      const { key, value } = ATTESTATION_STORAGE.grade;
      const grade = await chain.read({ key: key(identity), value });
      const suspension = await readItem<object>(chain, "PhalaRegistry", "Suspended", identity);
      const { boot, operator, role } = registration;
      return {
        identity,
        boot,
        operator,
        role: role.type,
        line: grade?.line,
        isSuspended: suspension !== undefined,
      };
    }),
  );
}

export async function clustersOf(chain: Chain): Promise<readonly ClusterState[]> {
  const list = await readItem<readonly Uint8Array[]>(chain, "PhalaPhatContracts", "ClusterList");
  const states = (list ?? []).map(async (cluster): Promise<readonly ClusterState[]> => {
    const read = <T>(item: {
      readonly key: (id: Uint8Array) => Uint8Array;
      readonly value: Codec<T>;
    }): Promise<T | undefined> => chain.read({ key: item.key(cluster), value: item.value });
    const record = await read(STORAGE.cluster);
    if (record === undefined) return [];
    const wrap = await read(STORAGE.wrappedStateKey);
    const stateKeys = (await read(STORAGE.stateKeys)) ?? { newest: 0, oldest: 0 };
    const { status, generation, epoch, replicas } = record;
    return [
      {
        cluster,
        status: status.type,
        generation,
        epoch,
        replicas: replicas.map(({ identity }) => identity),
        wrap: wrap && { generation: wrap.generation, version: wrap.version },
        stateKeys,
      },
    ];
  });
  return (await Promise.all(states)).flat();
}

/** Every release of a key share that the chain ever recorded. */
export async function releasesOf(
  chain: Chain,
): Promise<{ readonly given: readonly Given[]; readonly isWhole: boolean }> {
  const item = chain.metadata.storage("PhaGatekeepers", "Releases");
  if (item === undefined) return { given: [], isWhole: false };
  const { entries, isWhole } = await mapEntries(chain, {
    prefix: itemKey("PhaGatekeepers", "Releases"),
    value: item.value,
  });
  const given = entries.flatMap(({ key, value }): readonly Given[] => {
    const name = decode(ReleaseName, key.slice(-RELEASE_BYTES));
    if (!name.ok) return [];
    // In the form that metadata says.
    const shares = value as readonly { readonly block: number }[];
    const block = Math.min(...shares.map((share) => share.block));
    return [{ cluster: key.slice(CLUSTER_AT, CLUSTER_AT + 32), name: name.value, block }];
  });
  return { given, isWhole };
}

export async function generationsOf(chain: Chain) {
  const { current, oldest } = STORAGE.generation;
  const newest = (await chain.read(current)) ?? 0n;
  const first = (await chain.read(oldest)) ?? 0n;
  return { newest, oldest: first };
}
