/** What a SIMULATED platform measures of a pRuntime. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { simulatedMeasurement } from "@pha/attestation";
import { PhaError } from "@pha/scale";

/** @param files of the program, in the order in which they are measured @throws PhaError `usage/no-file` */
export async function measureProgram(files: readonly string[]): Promise<Uint8Array> {
  const read = files.map(async (path) => {
    try {
      return new Uint8Array(await readFile(path));
    } catch (cause) {
      throw new PhaError("usage/no-file", `the file ${path} of pRuntime cannot be read`, {
        cause,
        hint: "Name pRuntime's script; engine.js lies beside it.",
      });
    }
  });
  return simulatedMeasurement(await Promise.all(read));
}

/** Files of the pRuntime that a script belongs to. */
export function programFiles(script: string): readonly string[] {
  return [script, join(dirname(script), "engine.js")];
}
