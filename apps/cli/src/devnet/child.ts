/**
 * A program of the devnet as a child process.
 *
 * Its standard input stays open while the supervisor lives; every program ends when it closes, so a supervisor that is
 * killed leaves nothing behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { PhaError } from "@pha/scale";

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Time between asking a program to end and making it. */
const GRACE_MS = 4_000;

/**
 * Starts `dist/<program>.js` and resolves with its ready line, the first JSON line on stdout.
 *
 * @throws PhaError `devnet/child-failed` when it ends first
 */
export async function startChild(options: {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly readyTimeoutMs?: number;
  /** Receives the process at once, so that it is stopped whatever happens next. */
  readonly children: Child[];
}): Promise<{ readonly ready: Readonly<Record<string, unknown>> }> {
  const { name, program, args, logFile, readyTimeoutMs = 60_000 } = options;
  const log = createWriteStream(logFile, { flags: "a" });
  // Its own process group: Ctrl-C in the terminal reaches the supervisor alone, which ends the others in order.
  const spawned = spawn(process.execPath, [program, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  spawned.stderr.pipe(log);
  const ended = new Promise<number>((resolve) => {
    spawned.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
  const child: Child = {
    name,
    pid: spawned.pid ?? 0,
    ended,
    stop: () => stop(spawned, ended),
  };
  options.children.push(child);
  return { ready: await firstLine(spawned, ended, name, logFile, readyTimeoutMs) };
}

async function stop(spawned: ChildProcess, ended: Promise<number>): Promise<void> {
  spawned.stdin?.end();
  spawned.kill("SIGTERM");
  const timer = setTimeout(() => spawned.kill("SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(timer);
}

function firstLine(
  spawned: ChildProcess,
  ended: Promise<number>,
  name: string,
  logFile: string,
  timeoutMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(
        new PhaError("devnet/child-failed", `the ${name} did not start: ${why}`, {
          facts: { program: name, log: logFile },
          hint: `Read its log: ${logFile}`,
        }),
      );
    const timer = setTimeout(() => fail(`not ready after ${timeoutMs} ms`), timeoutMs);
    ended.then((code) => fail(`it ended with code ${code}`)).catch(reject);
    if (spawned.stdout === null) return;
    createInterface({ input: spawned.stdout }).on("line", (line) => {
      try {
        const parsed: unknown = JSON.parse(line);
        if (typeof parsed !== "object" || parsed === null) return;
        clearTimeout(timer);
        // An object of any fields, from a program of ours.
        resolve(parsed as Readonly<Record<string, unknown>>);
      } catch {
        // Not the ready line; programs write nothing else of meaning to stdout.
      }
    });
  });
}
