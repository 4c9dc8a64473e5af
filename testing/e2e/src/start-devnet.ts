/** Starts the bundled `pha dev` as a process of its own, in a folder of its own, and runs other commands there. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DevnetFile } from "@pha/cli/devnet-file";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
export const isLong = process.env["PHA_LONG"] === "1";

/** Folder of third-party inputs beside a checkout; tests that need it are skipped without it. */
export const sharedFolder = join(root, "..", "shared");

/** How a run of `pha` ended. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as the one JSON document that `--json` promises. */
  json(): Record<string, unknown>;
}

export interface DevnetProcess {
  /** Working folder; holds `.pha/devnet.json`. */
  readonly folder: string;
  /** Folder with the node's database, logs, platforms and sealed stores. */
  readonly state: string;
  readonly file: DevnetFile;
  readonly pid: number;
  /** What the supervisor printed for people so far. */
  readonly log: () => string;
  /** Runs `pha` in the devnet's folder. */
  pha(...args: readonly string[]): Promise<CliRun>;
  /** Process ids below the supervisor. */
  processes(): readonly Process[];
  /** Sends the signal to the supervisor alone and waits for its end. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number; readonly ms: number }>;
  /** Ends it if it still runs and removes its folders. */
  cleanUp(): Promise<void>;
}

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

export interface StartDevnetOptions {
  readonly folder?: string;
  /** Kept by the caller; absent: a folder that goes with the devnet. */
  readonly state?: string;
  /** Folder of the bundled programs; absent: the checkout's own. */
  readonly dist?: string;
  /** Beside free ports for everything; a port named here counts instead. */
  readonly args?: readonly string[];
}

const FREE_PORTS = ["port", "worker-port", "console-port", "collector-port", "site-port"].flatMap(
  (name) => [`--${name}`, "0"],
);

let built: Promise<string> | undefined;

/** Folder of the bundled programs, made when sources changed; `PHA_E2E_DIST` names another build to test. */
export function devnetDist(): Promise<string> {
  built ??= (async () => {
    const given = process.env["PHA_E2E_DIST"];
    if (given !== undefined) return given;
    const module: { build(): Promise<void> } = await import(
      pathToFileURL(join(root, "bin", "bootstrap.mjs")).href
    );
    await module.build();
    return join(root, "dist");
  })();
  return built;
}

/** Environment without what the caller's shell says of a network. */
function environment(): NodeJS.ProcessEnv {
  const { PHA_RPC_URL: _rpc, PHA_WORKER_URL: _worker, ...rest } = process.env;
  return { ...rest, NO_COLOR: "1", NODE_OPTIONS: "" };
}

/** Runs `pha` once; a run that hangs is ended and fails the test by its code. */
export async function runPha(
  args: readonly string[],
  options: { readonly folder: string; readonly dist?: string; readonly timeoutMs?: number },
): Promise<CliRun> {
  const program = join(options.dist ?? (await devnetDist()), "pha.js");
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: options.folder,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 120_000);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout, stderr, json: () => JSON.parse(stdout) });
    });
  });
}

export async function startDevnet(options: StartDevnetOptions = {}): Promise<DevnetProcess> {
  const dist = options.dist ?? (await devnetDist());
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "pha-e2e-devnet-"));
  const state = options.state ?? join(folder, "state");
  const child = spawn(
    process.execPath,
    [
      join(dist, "pha.js"),
      "dev",
      "--state",
      state,
      "--json",
      ...FREE_PORTS,
      ...(options.args ?? []),
    ],
    { cwd: folder, env: environment(), stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code) => resolve(code ?? -1));
  });
  const path = join(folder, ".pha", "devnet.json");
  await readyLine(child, exited, () => log);
  const file = JSON.parse(readFileSync(path, "utf8")) as DevnetFile;
  const pid = child.pid ?? 0;

  async function end(signal: NodeJS.Signals): Promise<{ code: number; ms: number }> {
    const began = performance.now();
    child.kill(signal);
    const code = await exited;
    return { code, ms: performance.now() - began };
  }

  return {
    folder,
    state,
    file,
    pid,
    log: () => log,
    pha: (...own) => runPha(own, { folder, dist }),
    processes: () => descendantsOf(pid),
    end,
    async cleanUp() {
      if (child.exitCode === null && child.signalCode === null) await end("SIGINT");
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The first line on stdout: the ready event, one JSON document. A start that fails says why in one of several lines. */
function readyLine(
  child: ChildProcess,
  exited: Promise<number>,
  log: () => string,
): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (data: Buffer) => {
      text += data.toString();
      const [line, ...rest] = text.split("\n");
      if (line?.startsWith('{"') && rest.length > 0) resolve(JSON.parse(line));
    });
    void exited.then((code) => reject(new Error(`pha dev ended with ${code}:\n${text}\n${log()}`)));
  });
}

/** Processes below one, found by their parents. */
export function descendantsOf(pid: number): readonly Process[] {
  const all = processTable();
  const found: Process[] = [];
  const parents = [pid];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop())
    for (const process of all.filter((one) => one.parent === parent)) {
      found.push(process);
      parents.push(process.pid);
    }
  return found;
}

function processTable(): readonly Process[] {
  return execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return pid && parent
        ? [{ pid: Number(pid), parent: Number(parent), command: command ?? "" }]
        : [];
    });
}

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  try {
    process.kill(pid, 0);
    return !existsSync(path) || !/\) Z /.test(readFileSync(path, "utf8"));
  } catch {
    // No such process.
    return false;
  }
}

/** Asks until it is true. */
export async function until(
  what: string,
  test: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
