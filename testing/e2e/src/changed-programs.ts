/** Bundled programs with a text changed: a build that exists in one test only. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { devnetDist, root } from "./start-devnet.ts";

export interface ChangedPrograms {
  /** Folder of the programs, for `startDevnet`. */
  readonly dist: string;
  remove(): void;
}

export interface TextChange {
  /** Of the folder of programs. */
  readonly file: string;
  /** Must be there exactly once. */
  readonly text: string | RegExp;
  readonly instead: string;
}

/** Copies all programs to where the packages that they load are still found. */
export async function changedPrograms(changes: readonly TextChange[]): Promise<ChangedPrograms> {
  const built = await devnetDist();
  const folder = join(root, "node_modules", ".cache", "pha-e2e");
  mkdirSync(folder, { recursive: true });
  const dist = mkdtempSync(join(folder, "programs-"));
  cpSync(built, dist, { recursive: true });
  for (const { file, text, instead } of changes) {
    const path = join(dist, file);
    const parts = readFileSync(path, "utf8").split(text);
    if (parts.length !== 2)
      throw new Error(`${file} has ${parts.length - 1} times: ${text} (once is needed)`);
    writeFileSync(path, parts.join(instead));
  }
  return { dist, remove: () => rmSync(dist, { recursive: true, force: true }) };
}
