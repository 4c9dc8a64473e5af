/**
 * What a worker is on its way to: register → attest → bench → assign → serve, each with its cause, since when, how long yet,
 * and what to do. From the chain's records, and from what its host says where there is one.
 */
import type { HostBoot, HostReading } from "../../chain/core/hosts.ts";
import type { WorkerDetail, WorkerReading, WorkersReading } from "../../chain/core/workers.ts";
import type { CsvValue } from "../../format/export.ts";

export const STEPS = ["register", "attest", "bench", "assign", "serve"] as const;
export type StepName = (typeof STEPS)[number];

/** Why a step stands as it does; words for each are in the catalogue under `step.<step>.<cause>`. */
export type StepCause =
  | "done"
  | "waiting"
  | "newBoot"
  | "refused"
  | "suspended"
  | "denied"
  | "notAllowed"
  | "expired"
  | "none"
  | "seat"
  | "gatekeeper"
  | "noSeat"
  | "draining"
  | "noLease"
  | "restoring"
  | "behind";

export interface WorkerStep {
  readonly step: StepName;
  readonly state: "done" | "running" | "failed" | "waiting" | "skipped";
  readonly cause: StepCause;
  /** Block, or absent. */
  readonly sinceBlock: number | undefined;
  /** Milliseconds until it is likely done; absent when nothing says. */
  readonly etaMs: number | undefined;
}

export interface FleetRow {
  readonly identity: string;
  /** By its host; the chain names nobody. */
  readonly name: string | undefined;
  readonly role: "worker" | "gatekeeper";
  readonly chain: WorkerReading | undefined;
  readonly host: HostBoot | undefined;
  readonly hostUrl: string | undefined;
  readonly steps: readonly WorkerStep[];
  /** Where it stands: the first step that is not done, or the last. */
  readonly stage: WorkerStep;
  /** Blocks that it is behind finality; absent without its host's word. */
  readonly lag: number | undefined;
}

export interface FleetContext {
  readonly now: number;
  readonly block: number;
  readonly slotMs: number;
  /** Identity → Unix milliseconds since which its host runs a boot that the chain has not; of this page's memory. */
  readonly unregisteredSince: ReadonlyMap<string, number>;
  /** Unix milliseconds of this browser. */
  readonly clock: number;
}

/** A registration takes some blocks; a boot that is still not registered after so long was refused. */
export const REFUSED_AFTER_MS = 20_000;
/** Blocks of a registration: sent, in a block, final. */
const REGISTRATION_BLOCKS = 3;
/** Blocks until a new replica has its keys and the state. */
const RESTORE_BLOCKS = 6;
const LATE_BLOCKS = 8;

/** Chain and hosts put together, by identity; those whose host answers first, by name. */
export function fleetOf(
  { workers }: Pick<WorkersReading, "workers">,
  hosts: readonly HostReading[],
  context: FleetContext,
): readonly FleetRow[] {
  const boots = new Map(
    hosts.flatMap(({ url, boots: list }) => list.map((boot) => [boot.identity, { url, boot }])),
  );
  const rows = workers.map((chain) => rowOf(chain, boots.get(chain.identity), context));
  const known = new Set(workers.map(({ identity }) => identity));
  const unknown = [...boots.values()].filter(({ boot }) => !known.has(boot.identity));
  return [...unknown.map((one) => rowOf(undefined, one, context)), ...rows].sort(
    (a, b) =>
      Number(a.name === undefined) - Number(b.name === undefined) ||
      (a.name ?? "").localeCompare(b.name ?? "", "en", { numeric: true }),
  );
}

function rowOf(
  chain: WorkerReading | undefined,
  found: { readonly url: string; readonly boot: HostBoot } | undefined,
  context: FleetContext,
): FleetRow {
  const host = found?.boot;
  const steps = stepsOf(chain, host, context);
  const last = steps.at(-1);
  const stage = steps.find(({ state }) => state !== "done" && state !== "skipped") ?? last;
  const isGatekeeper = (chain?.role ?? host?.role) === "gatekeeper";
  return {
    identity: chain?.identity ?? host?.identity ?? "",
    name: host?.name,
    role: isGatekeeper ? "gatekeeper" : "worker",
    chain,
    host,
    hostUrl: found?.url,
    steps,
    // There are five steps.
    stage: stage ?? { step: "register", state: "waiting", cause: "waiting", ...NO_TIMES },
    lag: host === undefined ? undefined : Math.max(0, context.block - host.head),
  };
}

const NO_TIMES = { sinceBlock: undefined, etaMs: undefined } as const;

export function stepsOf(
  chain: WorkerReading | undefined,
  host: HostBoot | undefined,
  context: FleetContext,
): readonly WorkerStep[] {
  return [
    registerStep(chain, host, context),
    attestStep(chain, host, context),
    // Chains of today draw every attested worker alike.
    { step: "bench", state: "skipped", cause: "none", ...NO_TIMES },
    assignStep(chain, host),
    serveStep(chain, host, context),
  ];
}

/** The boot that runs is not the one that the chain has. */
function isNewBoot(chain: WorkerReading | undefined, host: HostBoot | undefined): boolean {
  return host !== undefined && (!host.isRegistered || chain?.boot !== host.boot);
}

function isRefused(host: HostBoot | undefined, context: FleetContext): boolean {
  const since = host && context.unregisteredSince.get(host.identity);
  return since !== undefined && context.clock - since >= REFUSED_AFTER_MS;
}

function registerStep(
  chain: WorkerReading | undefined,
  host: HostBoot | undefined,
  context: FleetContext,
): WorkerStep {
  const step = "register";
  if (isNewBoot(chain, host)) {
    const etaMs = REGISTRATION_BLOCKS * context.slotMs;
    const isLate = isRefused(host, context);
    return {
      step,
      state: isLate ? "waiting" : "running",
      cause: isLate ? "waiting" : "newBoot",
      sinceBlock: undefined,
      etaMs: isLate ? undefined : etaMs,
    };
  }
  if (chain === undefined) return { step, state: "waiting", cause: "waiting", ...NO_TIMES };
  return { step, state: "done", cause: "done", sinceBlock: chain.registeredAt, etaMs: undefined };
}

function attestStep(
  chain: WorkerReading | undefined,
  host: HostBoot | undefined,
  context: FleetContext,
): WorkerStep {
  const step = "attest";
  if (isNewBoot(chain, host))
    return isRefused(host, context)
      ? { step, state: "failed", cause: "refused", ...NO_TIMES }
      : { step, state: "waiting", cause: "waiting", ...NO_TIMES };
  if (chain === undefined) return { step, state: "waiting", cause: "waiting", ...NO_TIMES };
  const { suspended, evidence } = chain;
  if (suspended !== undefined) {
    const cause = suspended.reason === "Denied" ? "denied" : "suspended";
    return { step, state: "failed", cause, sinceBlock: suspended.since, etaMs: undefined };
  }
  if (evidence === undefined) return { step, state: "waiting", cause: "waiting", ...NO_TIMES };
  if (evidence.allowedSince === undefined)
    return { step, state: "failed", cause: "notAllowed", ...NO_TIMES };
  if (evidence.validUntil !== undefined && evidence.validUntil < context.now)
    return { step, state: "failed", cause: "expired", ...NO_TIMES };
  return { step, state: "done", cause: "done", sinceBlock: chain.registeredAt, etaMs: undefined };
}

function assignStep(chain: WorkerReading | undefined, host: HostBoot | undefined): WorkerStep {
  const step = "assign";
  if (chain === undefined) return { step, state: "waiting", cause: "waiting", ...NO_TIMES };
  if (chain.role === "gatekeeper") {
    const holds = host === undefined || host.generations.length > 0;
    return holds
      ? { step, state: "done", cause: "gatekeeper", ...NO_TIMES }
      : { step, state: "waiting", cause: "noSeat", ...NO_TIMES };
  }
  if (chain.drainingSince !== undefined) {
    const sinceBlock = chain.drainingSince;
    return { step, state: "waiting", cause: "draining", sinceBlock, etaMs: undefined };
  }
  return chain.cluster === undefined
    ? { step, state: "waiting", cause: "noSeat", ...NO_TIMES }
    : { step, state: "done", cause: "seat", ...NO_TIMES };
}

function serveStep(
  chain: WorkerReading | undefined,
  host: HostBoot | undefined,
  { now, block, slotMs }: FleetContext,
): WorkerStep {
  const step = "serve";
  if (chain === undefined || isNewBoot(chain, host))
    return { step, state: "waiting", cause: "waiting", ...NO_TIMES };
  if (chain.role === "worker" && chain.cluster === undefined)
    return { step, state: "waiting", cause: "waiting", ...NO_TIMES };
  if (chain.leaseUntil === undefined || chain.leaseUntil < now)
    return { step, state: "failed", cause: "noLease", ...NO_TIMES };
  if (host !== undefined && block - host.head > LATE_BLOCKS)
    return { step, state: "failed", cause: "behind", ...NO_TIMES };
  if (host?.phases.some((phase) => phase !== "serving") === true)
    return {
      step,
      state: "running",
      cause: "restoring",
      sinceBlock: chain.registeredAt,
      etaMs: RESTORE_BLOCKS * slotMs,
    };
  return { step, state: "done", cause: "done", sinceBlock: chain.registeredAt, etaMs: undefined };
}

/**
 * Since when each host runs a boot that the chain has not; one that the chain has by now is forgotten.
 *
 * @param clock Unix milliseconds
 */
export function trackUnregistered(
  former: ReadonlyMap<string, number>,
  workers: readonly WorkerReading[],
  hosts: readonly HostReading[],
  clock: number,
): ReadonlyMap<string, number> {
  const chain = new Map(workers.map((one) => [one.identity, one]));
  return new Map(
    hosts
      .flatMap(({ boots }) => boots)
      .filter((boot) => isNewBoot(chain.get(boot.identity), boot))
      .map(({ identity }) => [identity, former.get(identity) ?? clock]),
  );
}

export const WORKER_COLUMNS = [
  "identity",
  "role",
  "operator",
  "boot",
  "version",
  "registered_at",
  "cluster",
  "line",
  "confidence",
  "suspended",
  "votes_agreed",
  "votes_of",
] as const;

export function workerCells(worker: WorkerReading): readonly CsvValue[] {
  const { identity, role, operator, boot, version, registeredAt, cluster } = worker;
  const { evidence, suspended, votes } = worker;
  return [
    identity,
    role,
    operator,
    boot,
    version,
    registeredAt,
    cluster,
    evidence?.line,
    evidence?.confidence,
    suspended?.reason,
    votes?.agreed,
    votes?.of,
  ];
}

/** Of a worker that no host in reach runs. */
export function rowOfDetail({ worker, now, block }: WorkerDetail): FleetRow {
  const context = { now, block, slotMs: 0, unregisteredSince: new Map(), clock: 0 };
  return rowOf(worker, undefined, context);
}

/** How the fleet is, in figures. */
export function figuresOf(
  rows: readonly FleetRow[],
  block: number,
): {
  readonly workers: number;
  readonly serving: number;
  readonly failed: number;
  readonly gatekeepers: number;
  readonly block: number;
} {
  const of = (role: FleetRow["role"]): readonly FleetRow[] =>
    rows.filter((row) => row.role === role);
  return {
    workers: of("worker").length,
    serving: of("worker").filter(({ stage }) => stage.state === "done").length,
    failed: rows.filter(({ stage }) => stage.state === "failed").length,
    gatekeepers: of("gatekeeper").length,
    block,
  };
}

/** What the plots show of each: how far it is behind, and the share of roots that its votes agreed with. */
export function measuredOf(rows: readonly FleetRow[]): readonly {
  readonly name: string;
  readonly lag: number | undefined;
  readonly score: number | undefined;
}[] {
  return rows.flatMap(({ name, lag, chain }) => {
    if (name === undefined) return [];
    const votes = chain?.votes;
    const score =
      votes === undefined || votes.of === 0
        ? undefined
        : Math.round((1000 * votes.agreed) / votes.of) / 10;
    return [{ name, lag, score }];
  });
}
