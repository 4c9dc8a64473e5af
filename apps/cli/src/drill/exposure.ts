/**
 * What whoever broke a maker's TEEs could have read: by the chain's own records of who was given which key, on the assumption
 * that every secret inside such a TEE is the attacker's from the block on in which it got there.
 */
import type { ProductLine } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { type Chain, generationsOf, isOfTarget, type Member, releasesOf } from "./drill-chain.ts";

/** Of one cluster. */
export interface ClusterExposure {
  readonly cluster: string;
  /** Keys that a broken boot was given: what was sealed to them, and the state while they were in use. */
  readonly keys: readonly {
    readonly generation: bigint;
    readonly epoch: bigint;
    readonly purpose: "Cluster" | "Wrap";
    readonly boot: string;
    readonly fromBlock: number;
    /** `unknown`: a boot that was replaced since; counted as broken. */
    readonly platform: "broken" | "unknown";
  }[];
}

export interface Exposure {
  readonly atBlock: number;
  readonly clusters: readonly ClusterExposure[];
  /** Root keys of which the broken hold shares; open as a whole from `threshold` seats on. */
  readonly generations: readonly {
    readonly generation: bigint;
    readonly seats: number;
    readonly threshold: number;
    readonly brokenSeats: number;
    readonly isOpen: boolean;
  }[];
  /** False when the chain has more records than were read. */
  readonly isWhole: boolean;
}

export async function exposureOf(
  chain: Chain,
  members: readonly Member[],
  target: string,
): Promise<Exposure> {
  const lineOf = new Map(members.map(({ boot, line }) => [toHex(boot), line]));
  const { given, isWhole } = await releasesOf(chain);
  const clusters = new Map<string, ClusterExposure["keys"][number][]>();
  for (const { cluster, name, block } of given) {
    const platform = platformOf(lineOf, toHex(name.boot), target);
    if (platform === undefined) continue;
    const keys = clusters.get(toHex(cluster)) ?? [];
    keys.push({
      generation: name.generation,
      epoch: name.epoch,
      purpose: name.purpose.type,
      boot: toHex(name.boot),
      fromBlock: block,
      platform,
    });
    clusters.set(toHex(cluster), keys);
  }
  return {
    atBlock: chain.finality.head.number,
    clusters: [...clusters].map(([cluster, keys]) => ({
      cluster,
      keys: keys.sort((a, b) => a.fromBlock - b.fromBlock),
    })),
    generations: await rootExposure(chain, members, target),
    isWhole,
  };
}

/** A boot that serves no more cannot be told from a broken one. */
function platformOf(
  lineOf: ReadonlyMap<string, ProductLine | undefined>,
  boot: string,
  target: string,
): "broken" | "unknown" | undefined {
  const line = lineOf.get(boot);
  if (line === undefined) return "unknown";
  return isOfTarget(line, target) ? "broken" : undefined;
}

async function rootExposure(
  chain: Chain,
  members: readonly Member[],
  target: string,
): Promise<Exposure["generations"]> {
  const { newest, oldest } = await generationsOf(chain);
  const found: Exposure["generations"][number][] = [];
  for (let generation = oldest > 0n ? oldest : 1n; generation <= newest; generation += 1n) {
    const { key, value } = STORAGE.generation.record;
    const record = await chain.read({ key: key(generation), value });
    if (record === undefined) continue;
    const brokenSeats = record.seats.filter(({ identity }) => {
      const member = members.find((one) => toHex(one.identity) === toHex(identity));
      return member?.line === undefined || isOfTarget(member.line, target);
    }).length;
    const { threshold, seats } = record;
    found.push({
      generation,
      seats: seats.length,
      threshold,
      brokenSeats,
      isOpen: brokenSeats >= threshold,
    });
  }
  return found;
}

/** For people. */
export function exposureLines({ clusters, generations, isWhole }: Exposure): readonly string[] {
  return [
    ...generations.map(({ generation, brokenSeats, seats, threshold, isOpen }) =>
      isOpen
        ? `root key    generation ${generation} is OPEN: ${brokenSeats} of ${seats} seats, ${threshold} suffice; everything under it could have been read`
        : `root key    generation ${generation} holds: ${brokenSeats} of ${seats} seats, ${threshold} would be needed`,
    ),
    ...clusters.map(({ cluster, keys }) => {
      const first = Math.min(...keys.map(({ fromBlock }) => fromBlock));
      const names = [...new Set(keys.map((key) => `(${key.generation}, ${key.epoch})`))];
      return `could read  cluster ${cluster}: state and commands from block ${first} on, keys ${names.join(" ")}`;
    }),
    ...(clusters.length === 0
      ? ["could read  nothing: no boot of that maker was ever given a key"]
      : []),
    ...(isWhole
      ? []
      : ["            the chain has more releases than were read: the list is not whole"]),
  ];
}
