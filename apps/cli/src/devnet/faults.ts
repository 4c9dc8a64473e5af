/**
 * Faults that a devnet can be given, to see what the network makes of them:
 *
 * ```
 * crash             its process is killed                           the host starts it again: a new boot registers
 * stale-state       killed, and its sealed store put back           an old checkpoint and a new boot: it catches up
 * tampered-runtime  the host is given a changed program for it      evidence of another measurement: the chain refuses it
 * partition         the host's connection to the node is cut        no leases, no votes: clients take no older answer
 * ```
 * They are done to the real processes and files; nothing is pretended. Only workers of the first host are theirs: a devnet's
 * one gatekeeper has the only share of the root key.
 */
import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PhaError } from "@pha/scale";
import type { NodeLink } from "./node-link.ts";
import { listProcesses, type Process } from "./processes.ts";

export const FAULTS = ["crash", "stale-state", "tampered-runtime", "partition"] as const;
export type Fault = (typeof FAULTS)[number];
/** Those that last until they are ended. */
const LASTING: ReadonlySet<Fault> = new Set(["tampered-runtime", "partition"]);
/** Of a partition. */
export const HOST = "worker-host";

export interface ActiveFault {
  readonly fault: Fault;
  readonly target: string;
  /** Unix milliseconds. */
  readonly since: number;
}

export interface DevnetFaults {
  readonly targets: Readonly<Record<Fault, readonly string[]>>;
  readonly active: readonly ActiveFault[];
  /** @throws PhaError `devnet/…` */
  start(fault: string, target: string): Promise<void>;
  /** @throws PhaError `devnet/…` */
  end(fault: string, target: string): Promise<void>;
}

export interface FaultsOptions {
  /** Of the host of the workers. */
  readonly hostPid: number;
  readonly configFile: string;
  readonly workers: readonly { readonly name: string; readonly dataDir: string }[];
  readonly programs: { readonly pruntime: string; readonly engine: string };
  /** Of the devnet's folder, for what faults need. */
  readonly folder: string;
  readonly link: Pick<NodeLink, "cut" | "mend">;
  /** Given by tests. */
  readonly system?: System;
}

/** What is asked of the machine. */
export interface System {
  readonly processes: () => Promise<readonly Process[]>;
  readonly signal: (pid: number, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT") => void;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
}

const SYSTEM: System = {
  processes: listProcesses,
  signal: (pid, signal) => void process.kill(pid, signal),
  now: Date.now,
  pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
};

const STORE = "sealed.bin";
/** Looks at whether a killed process is gone. */
const MOST_LOOKS = 250;

/** Keeps a copy of each worker's sealed store as it is now: what `stale-state` puts back. */
export async function prepareFaults(options: FaultsOptions): Promise<DevnetFaults> {
  const { hostPid, configFile, workers, folder, link, system = SYSTEM } = options;
  const stores = join(folder, "former-stores");
  await mkdir(stores, { recursive: true });
  for (const { name, dataDir } of workers) await copyFile(join(dataDir, STORE), join(stores, name));
  const config = await readFile(configFile, "utf8");
  const names = workers.map(({ name }) => name);
  let active: readonly ActiveFault[] = [];
  /** One after the other: two at once would write one configuration. */
  let last: Promise<void> = Promise.resolve();

  async function pidOf(name: string): Promise<number> {
    const worker = workers.find((one) => one.name === name);
    const found = (await system.processes()).find(
      ({ parent, isGone, command }) =>
        parent === hostPid && !isGone && `${command} `.includes(` --data ${worker?.dataDir} `),
    );
    if (found !== undefined) return found.pid;
    throw new PhaError("devnet/not-running", `${name} does not run now`, {
      facts: { worker: name },
      hint: "The host starts it again in some seconds; try then.",
    });
  }

  async function untilGone(pid: number): Promise<void> {
    for (let look = 0; look < MOST_LOOKS; look++) {
      const found = (await system.processes()).find((one) => one.pid === pid);
      if (found === undefined || found.isGone) return;
      await system.pause();
    }
  }

  /** The host does not start it again before its store is an old one. */
  async function makeStale(name: string, dataDir: string): Promise<void> {
    const pid = await pidOf(name);
    system.signal(hostPid, "SIGSTOP");
    try {
      system.signal(pid, "SIGKILL");
      await untilGone(pid);
      const next = join(dataDir, `${STORE}.stale`);
      await copyFile(join(stores, name), next);
      await rename(next, join(dataDir, STORE));
    } finally {
      system.signal(hostPid, "SIGCONT");
    }
  }

  /** Another program, by a comment at its end: its measurement is another one, and what it does is the same. */
  async function makeTampered(): Promise<string> {
    const { pruntime, engine } = options.programs;
    const own = join(folder, "tampered");
    await mkdir(own, { recursive: true });
    const program = join(own, "pruntime.js");
    await writeFile(program, `${await readFile(pruntime, "utf8")}\n// tampered with\n`);
    await copyFile(engine, join(own, "engine.js"));
    return program;
  }

  /** The host looks after its configuration and goes over to the programs it names. */
  async function writeConfig(tampered: readonly string[]): Promise<void> {
    const parsed: { pruntimes: { name: string; program?: string }[] } = JSON.parse(config);
    const program = tampered.length === 0 ? undefined : await makeTampered();
    const pruntimes = parsed.pruntimes.map((one) =>
      program !== undefined && tampered.includes(one.name) ? { ...one, program } : one,
    );
    const next = join(dirname(configFile), "worker.next.json");
    await writeFile(next, JSON.stringify({ ...parsed, pruntimes }), { mode: 0o600 });
    await rename(next, configFile);
  }

  const tamperedNow = (): readonly string[] =>
    active.filter(({ fault }) => fault === "tampered-runtime").map(({ target }) => target);

  async function begin(fault: Fault, target: string): Promise<void> {
    const worker = workers.find(({ name }) => name === target);
    switch (fault) {
      case "crash":
        system.signal(await pidOf(target), "SIGKILL");
        return;
      case "stale-state":
        if (worker !== undefined) await makeStale(target, worker.dataDir);
        return;
      case "tampered-runtime":
        await writeConfig([...tamperedNow(), target]);
        return;
      case "partition":
        link.cut();
        return;
    }
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  }

  const targets = {
    crash: names,
    "stale-state": names,
    "tampered-runtime": names,
    partition: [HOST],
  } as const;

  function known(fault: string, target: string): Fault {
    const found = FAULTS.find((one) => one === fault);
    if (found !== undefined && targets[found].some((one) => one === target)) return found;
    throw new PhaError("devnet/unknown-fault", "there is no such fault, or not of this target", {
      facts: { fault: fault.slice(0, 40), target: target.slice(0, 40) },
      hint: `Faults are ${FAULTS.join(", ")}; targets ${names.join(", ")}, and ${HOST} of a partition.`,
    });
  }

  const isActive = (fault: Fault, target: string): boolean =>
    active.some((one) => one.fault === fault && one.target === target);

  return {
    targets,
    get active() {
      return active;
    },
    start: (asked, target) =>
      inTurn(async () => {
        const fault = known(asked, target);
        if (isActive(fault, target))
          throw new PhaError("devnet/fault-active", "the fault is there already", {
            facts: { fault, target },
            hint: "End it first.",
          });
        await begin(fault, target);
        if (LASTING.has(fault)) active = [...active, { fault, target, since: system.now() }];
      }),
    end: (asked, target) =>
      inTurn(async () => {
        const fault = known(asked, target);
        if (!isActive(fault, target))
          throw new PhaError("devnet/fault-not-active", "the fault is not there", {
            facts: { fault, target },
            hint: "Crashes and stale stores end by themselves; the others are listed while they last.",
          });
        const rest = active.filter((one) => one.fault !== fault || one.target !== target);
        if (fault === "partition") link.mend();
        else await writeConfig(tamperedNow().filter((name) => name !== target));
        active = rest;
      }),
  };
}
