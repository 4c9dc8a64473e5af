import { describe, expect, test } from "vitest";
import type { HostBoot, HostReading } from "../../chain/core/hosts.ts";
import type { WorkerReading } from "../../chain/core/workers.ts";
import {
  type FleetContext,
  figuresOf,
  fleetOf,
  measuredOf,
  REFUSED_AFTER_MS,
  rowOfDetail,
  stepsOf,
  trackUnregistered,
} from "./model.ts";

const NOW = 1_000_000;
const worker: WorkerReading = {
  identity: "0x1",
  role: "worker",
  operator: "alice",
  boot: "0xb1",
  version: "0.1.0",
  registeredAt: 40,
  leaseUntil: NOW + 1,
  suspended: undefined,
  evidence: {
    line: "simulated",
    confidence: 128,
    measurement: "0xm",
    allowedSince: 0,
    platformId: "0xp",
    advisories: [],
    shownAt: 0,
    validUntil: undefined,
  },
  bond: undefined,
  cluster: "0xc",
  drainingSince: undefined,
  votes: { agreed: 2, of: 3 },
};
const boot: HostBoot = {
  name: "worker-1",
  role: "worker",
  identity: "0x1",
  boot: "0xb1",
  head: 99,
  isRegistered: true,
  restarts: 0,
  phases: ["serving"],
  generations: [],
};
const context: FleetContext = {
  now: NOW,
  block: 100,
  slotMs: 1000,
  unregisteredSince: new Map(),
  clock: NOW,
};
const evidence = worker.evidence;
const hostOf = (boots: readonly HostBoot[]): HostReading => ({
  url: "http://h",
  finalized: 100,
  boots,
  reasons: [],
  problem: undefined,
  at: NOW,
});
const told = (
  chain: WorkerReading | undefined,
  host: HostBoot | undefined,
  change: Partial<FleetContext> = {},
): readonly string[] =>
  stepsOf(chain, host, { ...context, ...change }).map(
    ({ step, state, cause }) => `${step} ${state} ${cause}`,
  );

describe("steps of a worker", () => {
  test("that serves are all done, and no benchmark is asked for", () => {
    expect(told(worker, boot)).toEqual([
      "register done done",
      "attest done done",
      "bench skipped none",
      "assign done seat",
      "serve done done",
    ]);
    // Nobody in reach runs it: the chain alone says the same.
    expect(told(worker, undefined)).toEqual(told(worker, boot));
  });

  const fresh = { ...boot, boot: "0xb2", isRegistered: false };
  test("that has just started again: its new boot is on its way, for three blocks", () => {
    expect(told(worker, fresh).slice(0, 2)).toEqual([
      "register running newBoot",
      "attest waiting waiting",
    ]);
    expect(stepsOf(worker, fresh, context)[0]?.etaMs).toBe(3000);
  });

  test("that runs what the chain does not take: refused, after a while", () => {
    const since = new Map([["0x1", NOW - REFUSED_AFTER_MS]]);
    expect(told(worker, fresh, { unregisteredSince: since }).slice(0, 2)).toEqual([
      "register waiting waiting",
      "attest failed refused",
    ]);
  });

  test.each<[WorkerReading, HostBoot | undefined, string]>([
    [{ ...worker, suspended: { reason: "Dissent", since: 7 } }, boot, "attest failed suspended"],
    [{ ...worker, suspended: { reason: "Denied", since: 7 } }, boot, "attest failed denied"],
    [
      { ...worker, evidence: evidence && { ...evidence, allowedSince: undefined } },
      boot,
      "attest failed notAllowed",
    ],
    [
      { ...worker, evidence: evidence && { ...evidence, validUntil: NOW - 1 } },
      boot,
      "attest failed expired",
    ],
    [{ ...worker, cluster: undefined }, boot, "assign waiting noSeat"],
    [{ ...worker, drainingSince: 9 }, boot, "assign waiting draining"],
    [{ ...worker, leaseUntil: NOW - 1 }, boot, "serve failed noLease"],
    [worker, { ...boot, head: 80 }, "serve failed behind"],
    [worker, { ...boot, phases: ["restoring"] }, "serve running restoring"],
    [
      { ...worker, role: "gatekeeper", cluster: undefined },
      { ...boot, generations: [1] },
      "assign done gatekeeper",
    ],
    [{ ...worker, role: "gatekeeper", cluster: undefined }, boot, "assign waiting noSeat"],
  ])("%#: %s", (chain, host, expected) => {
    expect(told(chain, host)).toContain(expected);
  });
});

test("chain and hosts are put together by identity, in the order of names", () => {
  const boots = [
    { ...boot, identity: "0x10", name: "worker-10" },
    { ...boot, name: "worker-2" },
    { ...boot, identity: "0x9", name: "worker-9", isRegistered: false },
  ];
  const workers = [worker, { ...worker, identity: "0x10" }, { ...worker, identity: "0x77" }];
  const rows = fleetOf({ workers }, [hostOf(boots)], context);
  expect(rows.map(({ name, lag }) => [name, lag])).toEqual([
    ["worker-2", 1],
    ["worker-9", 1],
    ["worker-10", 1],
    [undefined, undefined],
  ]);
  expect(rows[1]?.chain).toBeUndefined();
  expect(figuresOf(rows, 100)).toEqual({
    workers: 4,
    serving: 3,
    failed: 0,
    gatekeepers: 0,
    block: 100,
  });
  expect(measuredOf(rows).map(({ name, score }) => [name, score])).toEqual([
    ["worker-2", 66.7],
    ["worker-9", undefined],
    ["worker-10", 66.7],
  ]);
  expect(rowOfDetail({ worker, now: NOW, block: 100 }).stage.step).toBe("serve");
});

test("since when a boot is not registered is remembered until the chain has it", () => {
  const fresh = { ...boot, boot: "0xb2" };
  const first = trackUnregistered(new Map(), [worker], [hostOf([fresh])], 5);
  expect([...first]).toEqual([["0x1", 5]]);
  expect([...trackUnregistered(first, [worker], [hostOf([fresh])], 9)]).toEqual([["0x1", 5]]);
  const taken = [{ ...worker, boot: "0xb2" }];
  expect([...trackUnregistered(first, taken, [hostOf([fresh])], 9)]).toEqual([]);
});
