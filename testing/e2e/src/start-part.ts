/**
 * One program of a devnet whose supervisor has ended, started by itself on the kept state: so that it can die and come
 * back alone, as in a network where every operator runs a part.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { descendantsOf, devnetDist, isAlive, type Process, until } from "./start-devnet.ts";

export interface Part {
  readonly pid: number;
  /** Processes below it. */
  processes(): readonly Process[];
  /** SIGKILL, and the end of everything below it. */
  kill(): Promise<void>;
  /** SIGTERM, as its operator would. */
  stop(): Promise<void>;
  readonly log: () => string;
}

/** Time that what a killed program leaves behind has to end by itself. */
const LEFTOVER_MS = 5_000;
const MAX_LOG = 100_000;

/**
 * @param name of the configuration: `node`, or that of a host
 * @param state folder of the devnet, with the configurations that its supervisor wrote
 */
export async function startPart(name: string, state: string): Promise<Part> {
  const program = join(await devnetDist(), name === "node" ? "node.js" : "worker.js");
  const child = spawn(process.execPath, [program, "--config", join(state, `${name}.json`)], {
    // The end of this process closes stdin, and with it ends the program.
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const pid = child.pid ?? 0;
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-MAX_LOG);
  });
  const ended = new Promise<number>((resolve) => {
    child.once("exit", (code) => resolve(code ?? -1));
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", () => resolve());
    void ended.then((code) => reject(new Error(`${name} ended with ${code}:\n${log}`)));
  });
  return {
    pid,
    processes: () => descendantsOf(pid),
    async kill() {
      const below = descendantsOf(pid);
      child.kill("SIGKILL");
      await ended;
      await until(
        `nothing below ${name} is left`,
        () => !below.some((process) => isAlive(process.pid)),
        LEFTOVER_MS,
      );
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
    log: () => log,
  };
}
