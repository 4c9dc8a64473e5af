/** Check, build and trial of one contract, over whatever brings esbuild and the engine's binary. */
import { validateArtefact } from "@pha/contract";
import {
  type BuildProblem,
  type BuildTools,
  buildArtefact,
  CHECK_OPTIONS,
  checkSource,
} from "@pha/contract/build/artefact";
import { blake2b256, randomBytes, sha256 } from "@pha/crypto";
import { createModuleEngine, instrumentEngine } from "@pha/pruntime/engines/javascript";
import { PhaError, toHex } from "@pha/scale";
import { type Esbuild, memoryFiles, ownPath } from "./bundler.ts";
import { createCompiler } from "./compiler.ts";
import { evaluateIn } from "./evaluate.ts";
import { ENTRY } from "./library.ts";
import type { Workshop } from "./protocol.ts";
import { createTrial } from "./trial.ts";

/** What is loaded when it is first needed. */
export interface WorkshopParts {
  readonly loadEsbuild: () => Promise<Esbuild>;
  /** The engine's binary, as it is published. */
  readonly loadEngine: () => Promise<Uint8Array>;
}

export type AsyncWorkshop = {
  readonly [A in keyof Workshop]: (
    ...input: Parameters<Workshop[A]>
  ) => Promise<ReturnType<Workshop[A]>>;
};

export function createWorkshop(parts: WorkshopParts): AsyncWorkshop {
  const compiler = createCompiler(CHECK_OPTIONS);
  const loadEsbuild = once(parts.loadEsbuild);
  const loadModule = once(async () => {
    const bytes = instrumentEngine(await parts.loadEngine(), sha256);
    return new WebAssembly.Module(Uint8Array.from(bytes));
  });
  // Apart from each other: what a build evaluates must not displace the contract that is tried.
  const loadEvaluator = once(async () => createModuleEngine(await loadModule()));
  const loadTrial = once(async () =>
    createTrial(createModuleEngine(await loadModule()), () => randomBytes(32)),
  );
  const tools: BuildTools = {
    openProgram: (_entry, options) => compiler.openProgram(options),
    bundle: async (options) => (await loadEsbuild()).build(options),
    files: memoryFiles(compiler.source),
    folder: "/",
    evaluate: async (script) => evaluateIn(await loadEvaluator(), script),
  };
  const checked = (source: string): readonly BuildProblem[] => {
    compiler.setSource(source);
    return checkSource(ENTRY, tools).map(named);
  };
  return {
    check: async ({ source }) => checked(source),
    async build({ source }) {
      const problems = checked(source);
      if (problems.length > 0) return { ok: false, problems };
      const built = await buildArtefact(ENTRY, tools);
      if (!built.ok) return { ok: false, problems: built.error.map(named) };
      const { artefact, bytes, codeHash } = built.value;
      return {
        ok: true,
        built: { artefact, bytes: Uint8Array.from(bytes), codeHash: toHex(codeHash) },
      };
    },
    async open({ bytes }) {
      const read = validateArtefact(bytes, blake2b256);
      if (!read.ok) {
        const { code, ...facts } = read.error;
        throw new PhaError(code, "the file is no artefact that a chain takes", {
          facts,
          hint: "Build it again with `pha build`; artefacts must not be edited.",
        });
      }
      return {
        artefact: read.value,
        bytes: Uint8Array.from(bytes),
        codeHash: toHex(blake2b256(bytes)),
      };
    },
    startTrial: async ({ bytes }) => (await loadTrial()).start(bytes),
    callTrial: async (call) => (await loadTrial()).call(call),
    async complete({ source, at }) {
      compiler.setSource(source);
      return compiler.complete(at);
    },
    async explain({ source, at }) {
      compiler.setSource(source);
      return compiler.explain(at);
    },
  };
}

function named(problem: BuildProblem): BuildProblem {
  return { ...problem, file: ownPath(problem.file) };
}

/** A part that did not come is asked for again at the next need. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
