/** Workers and gatekeepers as the chain proves them. */
import { versionText } from "@pha/protocol";
import { toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";
import { addressText } from "./account-record.ts";
import { type ItemReader, readItems } from "./items.ts";

export interface WorkerReading {
  /** In hex, as all keys and ids. */
  readonly identity: string;
  readonly role: "worker" | "gatekeeper";
  /** Address of the account that registered it. */
  readonly operator: string;
  readonly boot: string;
  readonly version: string;
  readonly registeredAt: number;
  /** Chain time in Unix milliseconds until which the boot may answer; absent when it never had a lease. */
  readonly leaseUntil: number | undefined;
  readonly suspended: { readonly reason: string; readonly since: number } | undefined;
  readonly evidence: WorkerEvidence | undefined;
  readonly bond: { readonly amount: bigint; readonly unlocksAt: number | undefined } | undefined;
  /** Cluster in which it has a seat. */
  readonly cluster: string | undefined;
  /** Block since which its operator takes it out of service. */
  readonly drainingSince: number | undefined;
  /** Roots that became final while it held its seat, and those that its vote agreed with. */
  readonly votes: { readonly agreed: number; readonly of: number } | undefined;
}

export interface WorkerEvidence {
  readonly line: string;
  readonly confidence: number;
  readonly measurement: string;
  /** Block since which governance allows the program. */
  readonly allowedSince: number | undefined;
  readonly platformId: string;
  readonly advisories: readonly string[];
  /** Unix milliseconds. */
  readonly shownAt: number;
  readonly validUntil: number | undefined;
}

export interface WorkersReading {
  /** In the order of their registration, the newest first. */
  readonly workers: readonly WorkerReading[];
  /** Of all that ever registered. */
  readonly total: number;
  readonly block: number;
  /** Chain time, Unix milliseconds. */
  readonly now: number;
}

/** Most workers of one list; a search by identity reaches the others. */
export const MOST_WORKERS = 1000;

/** Which there are is proven, too: the chain has a roster. */
export async function listWorkers(client: Client): Promise<WorkersReading> {
  const items = await readItems(client);
  const total = (await items.value<number>("PhalaRegistry", "RosterSize")) ?? 0;
  const first = Math.max(0, total - MOST_WORKERS);
  const places = Array.from({ length: total - first }, (_, i) => [total - 1 - i] as const);
  const identities = await items.values<Uint8Array>("PhalaRegistry", "Roster", places);
  const workers = await readWorkers(
    items,
    identities.filter((one) => one !== undefined),
  );
  return { workers, total, block: items.block.number, now: items.now };
}

export interface WorkerDetail {
  /** Absent: the chain has no registration of it. */
  readonly worker: WorkerReading | undefined;
  readonly block: number;
  readonly now: number;
}

export async function readWorker(client: Client, identity: Uint8Array): Promise<WorkerDetail> {
  const items = await readItems(client);
  const [worker] = await readWorkers(items, [identity]);
  return { worker, block: items.block.number, now: items.now };
}

async function readWorkers(
  items: ItemReader,
  identities: readonly Uint8Array[],
): Promise<readonly WorkerReading[]> {
  const keys = identities.map((identity) => [identity] as const);
  const boots = await items.values<BootRecord>("PhalaRegistry", "Boots", keys);
  const none = new Uint8Array(32);
  const [leases, suspended, grades, bonds, clusters, draining, duties] = await Promise.all([
    items.values<LeaseRecord>(
      "PhalaRegistry",
      "Leases",
      boots.map((record) => [record?.registration.boot ?? none]),
    ),
    items.values<SuspensionRecord>("PhalaRegistry", "Suspended", keys),
    items.values<GradeFields>("PhalaRegistry", "Grades", keys),
    items.values<BondRecord>("PhalaComputation", "Bonds", keys),
    items.values<Uint8Array>("PhalaPhatContracts", "ClusterOf", keys),
    items.values<number>("PhalaPhatContracts", "Draining", keys),
    items.values<DutyRecord>("PhaContractState", "Duties", keys),
  ]);
  const [roots, allowed] = await Promise.all([
    items.values<{ readonly index: bigint }>(
      "PhaContractState",
      "Roots",
      duties.map((duty) => [duty?.cluster ?? none]),
    ),
    items.values<number>(
      "PhaAttestation",
      "Measurements",
      grades.map((grade) => [grade?.measurement ?? none]),
    ),
  ]);
  return identities.flatMap((identity, i) => {
    const registration = boots[i]?.registration;
    if (registration === undefined) return [];
    const [grade, duty, stands, bond] = [grades[i], duties[i], suspended[i], bonds[i]];
    const index = roots[i]?.index;
    const cluster = clusters[i];
    const until = leases[i]?.until;
    return [
      {
        identity: toHex(identity),
        role: registration.role.type === "Gatekeeper" ? "gatekeeper" : "worker",
        operator: addressText(registration.operator),
        boot: toHex(registration.boot),
        version: versionText(registration.version),
        registeredAt: boots[i]?.registered_at.number ?? 0,
        leaseUntil: until === undefined ? undefined : Number(until),
        suspended: stands && { reason: stands.reason.type, since: stands.since },
        evidence: grade && evidenceOf(grade, allowed[i]),
        bond: bond && { amount: bond.amount, unlocksAt: bond.unlocks_at },
        cluster: cluster && toHex(cluster),
        drainingSince: draining[i],
        votes:
          duty === undefined || index === undefined || index < duty.from
            ? undefined
            : { agreed: Number(duty.votes), of: Number(index - duty.from + 1n) },
      } satisfies WorkerReading,
    ];
  });
}

function evidenceOf(grade: GradeFields, allowedSince: number | undefined): WorkerEvidence {
  const { line, confidence, measurement, platform_id, advisory_ids } = grade;
  const { shown_at_ms, valid_until_ms } = grade;
  return {
    line: lineText(line),
    confidence,
    measurement: toHex(measurement),
    allowedSince,
    platformId: toHex(platform_id),
    advisories: advisory_ids,
    shownAt: Number(shown_at_ms),
    validUntil: valid_until_ms === undefined ? undefined : Number(valid_until_ms),
  };
}

/** Metadata spells product lines as variants. */
function lineText(line: GradeFields["line"]): string {
  const name = typeof line === "string" ? line : line.type;
  return name.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
}

interface BootRecord {
  readonly registration: {
    readonly boot: Uint8Array;
    readonly operator: Uint8Array;
    readonly role: { readonly type: string };
    readonly version: number;
  };
  readonly registered_at: { readonly number: number };
}

interface LeaseRecord {
  readonly until: bigint;
}

interface SuspensionRecord {
  readonly reason: { readonly type: string };
  readonly since: number;
}

interface GradeFields {
  readonly line: string | { readonly type: string };
  readonly confidence: number;
  readonly measurement: Uint8Array;
  readonly platform_id: Uint8Array;
  readonly advisory_ids: readonly string[];
  readonly shown_at_ms: bigint;
  readonly valid_until_ms: bigint | undefined;
}

interface BondRecord {
  readonly amount: bigint;
  readonly unlocks_at: number | undefined;
}

interface DutyRecord {
  readonly cluster: Uint8Array;
  readonly from: bigint;
  readonly votes: bigint;
}
