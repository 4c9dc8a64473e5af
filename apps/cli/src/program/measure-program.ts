/** What a SIMULATED platform measures of a pRuntime. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PhaError } from "@pha/scale";

/** @param files of the program, in the order in which they are measured */
export async function measureProgram(files: readonly string[]): Promise<Uint8Array> {
  const hash = createHash("sha256");
  for (const path of files) {
    const content = await readFile(path).catch((cause: unknown) => {
      throw new PhaError("usage/no-file", `the file ${path} of pRuntime cannot be read`, {
        cause,
        hint: "Name pRuntime's script; engine.js lies beside it.",
      });
    });
    hash.update(content);
  }
  return new Uint8Array(hash.digest());
}

/** Files of the pRuntime that a script belongs to. */
export function programFiles(script: string): readonly string[] {
  return [script, join(dirname(script), "engine.js")];
}
