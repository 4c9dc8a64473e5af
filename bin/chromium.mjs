#!/usr/bin/env node
// Finds Chromium for the browser tests; where it is absent and may be installed (root on Debian), installs it.
// `PHA_CHROMIUM` names another browser of the family; `PHA_NO_CHROMIUM` is the reason why there is to be none.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DEBIAN = "/usr/bin/chromium";
const APT = "/usr/bin/apt-get";
/** Longest time for each of the two apt-get runs; another apt-get may hold the lock for a minute of it. */
const LIMIT_MS = 120_000;

/** `{ path }` of the browser, or `{ missing }`: why there is none. Quiet when it is present. */
export async function ensureChromium() {
  const { PHA_CHROMIUM: given, PHA_NO_CHROMIUM: missing } = process.env;
  if (missing) return { missing };
  if (given !== undefined)
    return existsSync(given)
      ? { path: given }
      : { missing: `PHA_CHROMIUM names ${given}, which does not exist` };
  if (existsSync(DEBIAN)) return { path: DEBIAN };
  if (!existsSync(APT)) return { missing: `no ${DEBIAN}, and no apt-get to install it` };
  if (process.getuid?.() !== 0)
    return { missing: `no ${DEBIAN}; install it with: sudo apt-get install chromium` };
  process.stderr.write("Installing Debian's chromium for the browser tests (once) …\n");
  const failed =
    (await aptGet("update", "-q")) ??
    (await aptGet("install", "-q", "-y", "--no-install-recommends", "chromium"));
  if (failed !== undefined) return { missing: failed };
  return existsSync(DEBIAN)
    ? { path: DEBIAN }
    : { missing: `apt-get installed chromium, yet there is no ${DEBIAN}` };
}

/** Runs apt-get within the time limit; the answer tells why it failed. */
function aptGet(...args) {
  return new Promise((resolve) => {
    const child = spawn(APT, ["-o", "DPkg::Lock::Timeout=60", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: LIMIT_MS,
      killSignal: "SIGTERM",
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors += text;
    });
    child.once("error", ({ message }) => resolve(`apt-get does not start: ${message}`));
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(undefined);
      const how = signal === null ? `ended with ${code}` : `took longer than ${LIMIT_MS / 1000} s`;
      const last = errors.trim().split("\n").at(-1) ?? "";
      resolve(`apt-get ${args[0]} ${how}${last === "" ? "" : `: ${last}`}`);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path, missing } = await ensureChromium();
  process.stdout.write(`${path ?? missing}\n`);
  process.exitCode = path === undefined ? 1 : 0;
}
