/** `pha dev` as a process of its own, for benches that look at it from outside; also one whose blocks come faster. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = process.env["PHA_ROOT"] ?? process.cwd();

export interface DevnetProcess {
  /** Address of the console. */
  readonly console: string;
  readonly contracts: readonly { readonly name: string; readonly address: string }[];
  stop(): Promise<void>;
}

/** @param dist folder of the programs */
export async function startDevnetProcess(dist = join(ROOT, "dist")): Promise<DevnetProcess> {
  const folder = mkdtempSync(join(tmpdir(), "pha-bench-console-"));
  const ports = ["port", "worker-port", "console-port", "collector-port", "site-port"].flatMap(
    (name) => [`--${name}`, "0"],
  );
  const devnet = spawn(process.execPath, [join(dist, "pha.js"), "dev", "--quiet", ...ports], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => devnet.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    devnet.kill("SIGINT");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const line = await new Promise<string>((resolve, reject) => {
      let text = "";
      devnet.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
      });
      void ended.then(() => reject(new Error("the devnet ended")));
    });
    return { ...JSON.parse(line), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Programs of a chain with slots of `slotMs`: how long a slot is, is part of its first block. */
export function fasterPrograms(slotMs: number): { readonly dist: string; remove(): void } {
  const folder = join(ROOT, "node_modules", ".cache", "pha-bench");
  mkdirSync(folder, { recursive: true });
  const dist = mkdtempSync(join(folder, "programs-"));
  cpSync(join(ROOT, "dist"), dist, { recursive: true });
  for (const file of ["runtime-dev.js", "node.script.js"]) {
    const path = join(dist, file);
    const parts = readFileSync(path, "utf8").split("slotDurationMs:1000n,epochLength:200n");
    if (parts.length !== 2) throw new Error(`${file} names the slots of a devnet once`);
    writeFileSync(path, parts.join(`slotDurationMs:${slotMs}n,epochLength:200n`));
  }
  return { dist, remove: () => rmSync(dist, { recursive: true, force: true }) };
}
