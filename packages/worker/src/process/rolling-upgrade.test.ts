import type { Status } from "@pha/pruntime/wire";
import { expect, test } from "vitest";
import { SILENT } from "../log.ts";
import type { PRuntimeCommand } from "./pruntime-link.ts";
import { BACK_WITHIN_MS, createRollingUpgrade, type Upgradable } from "./rolling-upgrade.ts";

type Phase = Status["clusters"][number]["phase"];
interface Fake extends Upgradable {
  boot: Upgradable["boot"];
  status: Status | undefined;
  readonly programs: string[];
  /** Comes up with the program it was given; `phase` of its one cluster, or none. */
  comeUp(registered: boolean, phase?: Phase): void;
}

let boots = 0;
/** Of a start. */
function newBoot() {
  boots += 1;
  return {
    identity: new Uint8Array(32),
    boot: new Uint8Array(32).fill(boots),
    bootEncryption: new Uint8Array(32),
    provider: "simulated",
  };
}

function statusOf(registered: boolean, phase: Phase | undefined, generations: readonly bigint[]) {
  const cluster = { cluster: new Uint8Array(32), executed: 1, final: 1, waiting: 0 };
  return {
    head: { number: 1, hash: new Uint8Array(32) },
    registered,
    clusters: phase === undefined ? [] : [{ ...cluster, phase }],
    generations: [...generations],
  };
}

function fake(name: string, role: "worker" | "gatekeeper" = "worker"): Fake {
  const generations = role === "gatekeeper" ? [1n] : [];
  const one: Fake = {
    name,
    role,
    boot: newBoot(),
    status: statusOf(true, role === "worker" ? "serving" : undefined, generations),
    programs: [],
    replace({ program }) {
      one.programs.push(program);
      one.boot = undefined;
      one.status = undefined;
    },
    comeUp(registered, phase) {
      one.boot = newBoot();
      one.status = statusOf(registered, phase, role === "gatekeeper" ? generations : []);
    },
  };
  return one;
}

const command = (name: string, program: string): PRuntimeCommand => ({ name, program, args: [] });

function setUp() {
  const workers = [fake("gatekeeper", "gatekeeper"), fake("one"), fake("two")];
  const commands = (program: string) =>
    new Map(workers.map(({ name }) => [name, command(name, program)]));
  const upgrade = createRollingUpgrade({ workers, running: commands("v1"), log: SILENT });
  const [gatekeeper, one, two] = workers;
  if (!gatekeeper || !one || !two) throw new Error("there are three");
  return { gatekeeper, one, two, upgrade, commands };
}

test("pRuntimes get the next program one after the other, workers first, each when the one before serves", () => {
  const { gatekeeper, one, two, upgrade, commands } = setUp();
  upgrade.tick(0);
  expect(upgrade.phase).toBe("idle");
  upgrade.want(commands("v2"));
  expect(upgrade.waiting).toEqual(["one", "two", "gatekeeper"]);
  // It still runs while it ends.
  const former = { boot: one.boot, status: one.status };
  upgrade.tick(1);
  Object.assign(one, former);
  upgrade.tick(2);
  expect([one.programs, two.programs]).toEqual([["v2"], []]);
  one.comeUp(false);
  upgrade.tick(3);
  one.comeUp(true, "restoring");
  upgrade.tick(4);
  expect(two.programs).toEqual([]);
  expect(upgrade.phase).toBe("rolling");
  one.comeUp(true, "serving");
  upgrade.tick(5);
  expect(two.programs).toEqual(["v2"]);
  two.comeUp(true, "serving");
  upgrade.tick(6);
  expect(gatekeeper.programs).toEqual(["v2"]);
  gatekeeper.comeUp(true);
  upgrade.tick(7);
  expect(upgrade.phase).toBe("idle");
  expect(upgrade.waiting).toEqual([]);
  expect([one, two, gatekeeper].map(({ programs }) => programs.length)).toEqual([1, 1, 1]);
});

test("a program that the chain does not register stalls at the first: the others keep theirs", () => {
  const { one, two, gatekeeper, upgrade, commands } = setUp();
  upgrade.want(commands("v2"));
  upgrade.tick(0);
  one.comeUp(false);
  upgrade.tick(BACK_WITHIN_MS);
  expect(upgrade.phase).toBe("rolling");
  upgrade.tick(BACK_WITHIN_MS + 1);
  expect(upgrade.phase).toBe("stalled");
  upgrade.tick(10 * BACK_WITHIN_MS);
  expect([two.programs, gatekeeper.programs]).toEqual([[], []]);
  // Taken back, the first gets the former program again and nobody else is touched.
  upgrade.want(commands("v1"));
  upgrade.tick(10 * BACK_WITHIN_MS + 1);
  expect(one.programs).toEqual(["v2", "v1"]);
  one.comeUp(true, "serving");
  upgrade.tick(10 * BACK_WITHIN_MS + 2);
  expect(upgrade.phase).toBe("idle");
  expect([two.programs, gatekeeper.programs]).toEqual([[], []]);
});

test("a program that is taken back before it stalled is not waited for, and who is away comes first", () => {
  const { one, two, upgrade, commands } = setUp();
  upgrade.want(commands("v2"));
  upgrade.tick(0);
  upgrade.want(commands("v3"));
  upgrade.tick(1);
  expect([one.programs, two.programs]).toEqual([["v2", "v3"], []]);
  upgrade.want(commands("v1"));
  upgrade.tick(2);
  expect([one.programs, two.programs]).toEqual([["v2", "v3", "v1"], []]);
  one.comeUp(true, "serving");
  upgrade.tick(3);
  expect(upgrade.phase).toBe("idle");
  expect(two.programs).toEqual([]);
});

test("a worker whose seat went to another meanwhile is back after a while without one", () => {
  const { one, two, upgrade, commands } = setUp();
  upgrade.want(commands("v2"));
  upgrade.tick(0);
  one.comeUp(true);
  upgrade.tick(1_000);
  upgrade.tick(30_999);
  expect(two.programs).toEqual([]);
  upgrade.tick(31_000);
  expect(two.programs).toEqual(["v2"]);
});
