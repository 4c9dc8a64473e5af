/** Folders, secrets and configuration files of a devnet. */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { deriveSimulatedRoot } from "@pha/attestation";
import { PhaError, parseHex, toHex } from "@pha/scale";
import { measureProgram } from "../program/measure-program.ts";

export interface DevnetLayout {
  readonly folder: string;
  /** True when the folder is thrown away at the end. */
  readonly temporary: boolean;
  readonly logs: string;
  /** Seed of the development root, which makes simulated evidence of this chain. */
  readonly rootSeed: Uint8Array;
  readonly simulatedRoot: Uint8Array;
  /** Of the pRuntime bundle that runs. */
  readonly measurement: Uint8Array;
  readonly programs: {
    readonly node: string;
    readonly worker: string;
    readonly pruntime: string;
    readonly engine: string;
  };
}

/** Opens `--state DIR`, or a fresh folder. */
export async function openLayout(state: string | undefined, dist: string): Promise<DevnetLayout> {
  const folder =
    state === undefined ? await mkdtemp(join(tmpdir(), "pha-devnet-")) : resolve(state);
  const logs = join(folder, "logs");
  try {
    await mkdir(logs, { recursive: true });
  } catch (cause) {
    throw new PhaError("config/state-not-writable", "the state folder cannot be written", {
      cause,
      facts: { folder },
      hint: "Give another folder with --state, or leave it out.",
    });
  }
  const rootSeed = await keptSecret(join(folder, "simulated-root.hex"));
  const programs = {
    node: join(dist, "node.js"),
    worker: join(dist, "worker.js"),
    pruntime: join(dist, "pruntime.js"),
    engine: join(dist, "engine.js"),
  };
  return {
    folder,
    temporary: state === undefined,
    logs,
    rootSeed,
    simulatedRoot: deriveSimulatedRoot(rootSeed),
    measurement: await keptMeasurement(folder, [programs.pruntime, programs.engine]),
    programs,
  };
}

/** Of the chain's genesis: a state folder made by another build keeps the measurement it allow-listed. */
async function keptMeasurement(folder: string, bundles: readonly string[]): Promise<Uint8Array> {
  const now = await measureProgram(bundles);
  const path = join(folder, "measurement.hex");
  const known = await readKept(path);
  if (known === undefined) await writeFile(path, toHex(now));
  else if (known !== toHex(now))
    throw new PhaError("config/other-build", "this state was made by another build of pRuntime", {
      facts: { allowed: known, built: toHex(now) },
      hint: "Its chain began with the old build. Start with a new --state folder, or run the programs by hand and upgrade them: docs/operations/upgrades.md.",
    });
  return now;
}

/** A secret of this folder; a chain that was made with it needs this very one, so a damaged one is not replaced. */
async function keptSecret(path: string): Promise<Uint8Array> {
  const known = await readKept(path);
  const parsed = known === undefined ? undefined : parseHex(known.trim(), 32);
  if (parsed?.ok && parsed.value.length === 32) return parsed.value;
  if (known !== undefined) throw damaged(path);
  const fresh = new Uint8Array(randomBytes(32));
  await writeFile(path, toHex(fresh), { mode: 0o600 });
  return fresh;
}

/** Absent in a new folder. */
async function readKept(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause?: unknown): PhaError {
  return new PhaError("config/state-damaged", "a file of the state folder cannot be read", {
    cause,
    facts: { path },
    hint: "Put the file back from a copy, or start with a new --state folder.",
  });
}

/** One simulated platform: a folder for the sealed store and the file that stands for the CPU. */
export async function openPlatform(
  layout: DevnetLayout,
  name: string,
): Promise<{ readonly dataDir: string; readonly platformFile: string }> {
  const dataDir = join(layout.folder, name);
  await mkdir(dataDir, { recursive: true });
  const platformSeed = await keptSecret(join(dataDir, "platform-seed.hex"));
  const platformFile = join(dataDir, "platform.json");
  const content = {
    rootSeed: toHex(layout.rootSeed),
    platformSeed: toHex(platformSeed),
  };
  await writeFile(platformFile, JSON.stringify(content), { mode: 0o600 });
  return { dataDir, platformFile };
}
