/** `pha verify vectors`: a folder of recorded evidence, judged by this checkout's verifiers with both halves of crypto. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { PhaError } from "@pha/scale";
import type { CommandDeclaration } from "../program/command.ts";

export const verifyVectors: CommandDeclaration = {
  usage: "vectors <folder>",
  docs: "Checks every case of a folder of evidence with a manifest, as `npm run vectors` does.",
  examples: ["pha verify vectors ../shared/vectors/attestation"],
  async run({ args, output }) {
    const folder = resolve(args[0] ?? "");
    if (!existsSync(folder))
      throw new PhaError("usage/no-folder", `there is no folder ${args[0] ?? ""}`, {
        hint: "Give a folder with a manifest.json that lists cases of evidence.",
      });
    const lines = await runVectors(checkoutTool(), folder);
    const result = resultOf(lines);
    output.result(result, lines);
    endWithVectors(result);
  },
};

function checkoutTool(): string {
  const root = process.env["PHA_ROOT"];
  const tool = root === undefined ? undefined : join(root, "bin", "run.mjs");
  if (tool !== undefined && existsSync(tool)) return tool;
  throw new PhaError("usage/no-checkout", "the runner of vectors is part of a checkout", {
    hint: "Run `npx --no pha verify vectors FOLDER` in a checkout of Pha.",
  });
}

function runVectors(tool: string, folder: string): Promise<readonly string[]> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [tool, "vectors", folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    child.on("error", fail);
    // Its exit code says no more than its last line.
    child.on("close", () => done(text.split("\n").filter((line) => line !== "")));
  });
}

/** @throws PhaError `verify/vectors-failed` */
export function endWithVectors({ passed, failed }: VectorResult): void {
  if (failed === 0 && passed > 0) return;
  throw new PhaError("verify/vectors-failed", `${failed} cases failed, ${passed} passed`, {
    facts: { passed, failed },
    hint: "Trust no verdict of this build about evidence until it passes: report what it prints.",
  });
}

export interface VectorResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
}

/** @param lines of the runner, its totals last; without totals nothing passed */
export function resultOf(lines: readonly string[]): VectorResult {
  const totals = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(lines.at(-1) ?? "");
  const [, passed, failed, skipped] = totals?.map(Number) ?? [0, 0, 1, 0];
  return {
    passed: passed ?? 0,
    failed: failed ?? 1,
    skipped: skipped ?? 0,
    failures: lines.filter((line) => line.startsWith("FAIL")),
  };
}
