// Programs of Debian that some tests need: where one is absent and may be installed (root on Debian), it is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

const APT = "/usr/bin/apt-get";
/** Longest time for each of the two apt-get runs; another apt-get may hold the lock for a minute of it. */
const LIMIT_MS = 120_000;

/**
 * `{ path }` of the program, or `{ missing }`: why there is none. Quiet when it is present.
 *
 * @param {{ path: string, name: string, what: string }} program where Debian has it, its package, what it is for
 */
export async function ensureDebian({ path, name, what }) {
  if (existsSync(path)) return { path };
  if (!existsSync(APT)) return { missing: `no ${path}, and no apt-get to install it` };
  if (process.getuid?.() !== 0)
    return { missing: `no ${path}; install it with: sudo apt-get install ${name}` };
  process.stderr.write(`Installing Debian's ${name} for ${what} (once) …\n`);
  const failed =
    (await aptGet("update", "-q")) ??
    (await aptGet("install", "-q", "-y", "--no-install-recommends", name));
  if (failed !== undefined) return { missing: failed };
  return existsSync(path)
    ? { path }
    : { missing: `apt-get installed ${name}, yet there is no ${path}` };
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
