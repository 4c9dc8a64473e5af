// Runs programs of dist/ once after they were bundled, and keeps the code that V8 made of them meanwhile: half of what a
// process does at its start is to compile its program.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";

const self = fileURLToPath(import.meta.url);
/** Of the longest run: a node that makes its first block. */
const LIMIT_MS = 60_000;

/** What the programs do at every start and in their first seconds: a chain of its own, and a command that asks it. */
export async function warmUp(dist) {
  const folder = mkdtempSync(join(tmpdir(), "pha-warm-up-"));
  const config = join(folder, "node.json");
  writeFileSync(
    config,
    JSON.stringify({
      chain: "dev",
      authority: "//Alice",
      dataDir: join(folder, "node"),
      rpcPort: 0,
      logLevel: "warn",
      network: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    }),
  );
  try {
    const worker = ended(run(dist, "worker", ["--help"]), 1);
    const node = run(dist, "node", ["--config", config]);
    const nodeEnded = ended(node, 0);
    const line = createInterface({ input: node.stdout })[Symbol.asyncIterator]().next();
    const ready = await Promise.race([line, nodeEnded]);
    if (ready?.value !== undefined) {
      const { ws } = JSON.parse(ready.value).rpc;
      await ended(run(dist, "pha", ["account", "send", "1", "bob", "--url", ws, "--json"]), 0);
    }
    node.stdin.end();
    await Promise.all([worker, nodeEnded]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(dist, name, args) {
  return spawn(process.execPath, [self, join(dist, `${name}.js`), ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
    timeout: LIMIT_MS,
  });
}

function ended(child, expected) {
  let errors = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  return new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === expected) return done(undefined);
      reject(
        new Error(`${child.spawnargs.slice(2).join(" ")} ended with ${code ?? signal}:\n${errors}`),
      );
    });
  });
}

/** In the process of a program: runs it, and keeps its code at its end. */
async function runAndKeep([name, ...args]) {
  const program = resolve(name);
  process.argv = [process.argv[0], program, ...args];
  const { keepAllCode } = await import(
    pathToFileURL(join(dirname(program), "run-script.mjs")).href
  );
  process.once("exit", () => {
    // A node sets it once it is ready. V8 takes code by the flags of the time when it was kept, and a start has none.
    setFlagsFromString("--heap-growing-percent=0");
    keepAllCode();
  });
  await import(pathToFileURL(program).href);
}

if (process.argv[1] === self) await runAndKeep(process.argv.slice(2));
