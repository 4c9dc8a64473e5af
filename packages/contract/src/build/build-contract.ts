/** The build of contracts with what a machine has: its disk, the installed compilers, a realm of this process. */
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { fail, ok, type Result } from "@pha/scale";
import { build, type Plugin } from "esbuild";
import ts from "typescript";
import {
  type BuildTools,
  type BuiltArtefact,
  buildArtefact,
  checkSource,
} from "./build-artefact.ts";
import type { BuildProblems } from "./problem.ts";

export interface BuildOptions {
  /** File that exports the contract. */
  readonly entry: string;
  /** Skips type check and lint, for sources that the workspace's own check covers. */
  readonly trusted?: boolean;
}

export async function buildContract(
  options: BuildOptions,
): Promise<Result<BuiltArtefact, BuildProblems>> {
  const entry = resolve(options.entry);
  if (options.trusted !== true) {
    const [first, ...others] = checkSource(entry, TOOLS);
    if (first !== undefined) return fail([first, ...others]);
  }
  return buildArtefact(entry, TOOLS);
}

const FOLDER = dirname(fileURLToPath(import.meta.url));

/** Our packages come from where this one is installed, wherever the author's file lies. */
const FILES: Plugin = {
  name: "own-packages",
  setup(build) {
    build.onResolve({ filter: /^@pha\/(contract|scale)(\/|$)/ }, ({ path, kind, pluginData }) =>
      pluginData === FILES.name
        ? undefined
        : build.resolve(path, { kind, resolveDir: FOLDER, pluginData: FILES.name }),
    );
  },
};

const TOOLS: BuildTools = {
  openProgram(entry, options) {
    const { resolve: find } = createRequire(import.meta.url);
    const packages = ["@pha/contract", "@pha/contract/testing", "@pha/scale"];
    const paths = Object.fromEntries(packages.map((name) => [name, [find(name)]]));
    return ts.createProgram([entry], { ...options, paths });
  },
  bundle: build,
  files: FILES,
  folder: FOLDER,
  async evaluate(script) {
    try {
      // The top level of a contract ends at once, unless it is wrong.
      const text: unknown = runInNewContext(`${script}; declared.text`, {}, { timeout: 10_000 });
      return ok(String(text));
    } catch (error) {
      // An error of that realm is no instance of this one's.
      const isError = typeof error === "object" && error !== null && "message" in error;
      return fail(String(isError ? error.message : error));
    }
  },
};
