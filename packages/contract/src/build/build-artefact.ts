/**
 * From a contract's source to its artefact: type check, determinism lint, bundle, ABI, hashes, the chain's own check.
 *
 * Reproducible: the artefact depends on the sources and this package alone, not on folder, time, locale or the machine that
 * builds. What a build needs of its surroundings is `BuildTools`: files, a bundler, a place to evaluate the declaration.
 */
import { blake2b256 } from "@pha/crypto";
import { assert, fail, ok, PhaError, type Result, toHex, utf8 } from "@pha/scale";
import type { BuildFailure, BuildOptions, BuildResult, Message, Plugin } from "esbuild";
import type ts from "typescript";
import {
  type AbiEntry,
  ARTEFACT_FORMAT,
  type Artefact,
  abiText,
  validateArtefact,
} from "../artefact.ts";
import { type DeclaredContract, parseDeclarations } from "../declaration.ts";
import { logReason } from "../log/log-abi.ts";
import { CHECK_OPTIONS, checkTypes } from "./check-types.ts";
import { lintSource } from "./lint.ts";
import type { BuildProblem, BuildProblems } from "./problem.ts";

export interface BuiltArtefact {
  readonly artefact: Artefact;
  /** What is uploaded; its blake2b-256 is the code hash on chain. */
  readonly bytes: Uint8Array;
  readonly codeHash: Uint8Array;
}

export interface BuildTools {
  /** Of the author's file and all that it imports. */
  openProgram(entry: string, options: ts.CompilerOptions): ts.Program;
  /** esbuild, of one version wherever it runs. */
  bundle(options: BuildOptions): Promise<BuildResult>;
  /** Finds the files of a bundle; our own packages come from where this one is, wherever the author's file lies. */
  readonly files: Plugin;
  /** From where generated scripts import. */
  readonly folder: string;
  /**
   * Runs a script in a realm without clock, network and files.
   *
   * @returns the text that the script leaves in `declared.text`, or what it threw
   */
  evaluate(script: string): Promise<Result<string, string>>;
}

/** Type check and lint alone. */
export function checkSource(entry: string, tools: BuildTools): readonly BuildProblem[] {
  const { problems, sources } = checkTypes(tools.openProgram(entry, CHECK_OPTIONS));
  return [...problems, ...sources.flatMap(lintSource)];
}

/** Without check and lint. */
export async function buildArtefact(
  entry: string,
  tools: BuildTools,
): Promise<Result<BuiltArtefact, BuildProblems>> {
  const script = await bundle(tools, DECLARATION(entry), DECLARATION_FORMAT);
  if (!script.ok) return script;
  const declared = await readDeclaration(entry, script.value, tools);
  if (!declared.ok) return declared;
  const plugins = keepsLog(declared.value) ? [] : [plainContract(tools.folder)];
  const format = { ...GUEST_FORMAT, plugins };
  const guest = await bundle(tools, guestSource(entry, declared.value), format);
  return guest.ok ? ok(toArtefact(declared.value, guest.value)) : guest;
}

/** What `defineContract` throws by its code. */
const OWN_LOGS = {
  code: "build/own-logs",
  message:
    "an entry logs, and cells logs and logged, are the kit's where a contract declares logs: rename yours, or leave logs out",
  line: 0,
  column: 0,
  text: "",
} as const;

/** Evaluates the declaration, to read the ABI from it. */
async function readDeclaration(
  entry: string,
  script: string,
  tools: BuildTools,
): Promise<Result<DeclaredContract, BuildProblems>> {
  const evaluated = await tools.evaluate(script);
  if (!evaluated.ok && evaluated.error === OWN_LOGS.code)
    return fail([{ ...OWN_LOGS, file: entry }]);
  const found = evaluated.ok ? parseDeclarations(evaluated.value) : undefined;
  if (found === undefined) {
    // What the author's own code throws is the author's to mend.
    const message = evaluated.ok ? "its declaration cannot be read" : evaluated.error;
    return fail([{ code: "build/not-loaded", file: entry, line: 0, column: 0, message, text: "" }]);
  }
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new PhaError("build/no-contract", `the file exports ${found.length} contracts`, {
      facts: { contracts: found.length },
      hint: "Export exactly one value made by defineContract(…).implement(…).",
    });
  return ok(first);
}

const COMMON = {
  bundle: true,
  write: false,
  target: "es2022",
  charset: "utf8",
  format: "iife",
  platform: "neutral",
  legalComments: "none",
  logLevel: "silent",
  // Whatever lies beside the author's file decides nothing.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
} satisfies BuildOptions;

const DECLARATION_FORMAT = { globalName: "declared" } satisfies BuildOptions;
const GUEST_FORMAT = { minify: true, treeShaking: true } satisfies BuildOptions;

/**
 * A contract without a log is made by `plain-contract.ts` alone: what it is built of, and so its bytes, have nothing of logs.
 */
const plainContract = (folder: string): Plugin => ({
  name: "plain-contract",
  setup(build) {
    build.onResolve(
      { filter: /^\.\/define-contract\.ts$/ },
      async ({ importer, kind, resolveDir }) => {
        const kit = await build.resolve("@pha/contract", { kind, resolveDir: folder });
        if (importer !== kit.path) return undefined;
        return build.resolve("./plain-contract.ts", { kind, importer, resolveDir });
      },
    );
  },
});

function keepsLog({ state, entries }: DeclaredContract): boolean {
  const query = entries.find(({ name, kind }) => name === "logs" && kind === "query");
  return logReason(state, query) !== undefined;
}

/** The script that says what the file declares. */
const DECLARATION = (entry: string): string =>
  [
    `import { declarationText } from "@pha/contract/declaration";`,
    `import * as module from ${JSON.stringify(entry)};`,
    "export const text = declarationText(module);",
  ].join("\n");

/** The program that the engine runs: the contract behind the guest's end of the mailbox. */
function guestSource(entry: string, { exported, entries }: DeclaredContract): string {
  const selectors = entries.map(({ name }) => `${selectorNumber(name)}: ${JSON.stringify(name)}`);
  return [
    `import { serve } from "@pha/contract/guest";`,
    `import { ${exported} } from ${JSON.stringify(entry)};`,
    `serve(${exported}, { ${selectors.join(", ")} });`,
  ].join("\n");
}

/** One file of everything that is imported; imports that lead nowhere are the author's problems. */
async function bundle(
  { bundle: build, files, folder: resolveDir }: BuildTools,
  contents: string,
  { plugins = [], ...format }: BuildOptions,
): Promise<Result<string, BuildProblems>> {
  let errors: readonly Message[];
  try {
    const stdin = { contents, resolveDir, loader: "ts" } as const;
    const result = await build({ ...COMMON, ...format, stdin, plugins: [...plugins, files] });
    const [file] = result.outputFiles ?? [];
    assert(file !== undefined, "esbuild gives one file");
    return ok(file.text);
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    errors = error.errors;
  }
  const [first, ...others] = errors.map(problemOf);
  assert(first !== undefined, "a build that failed has errors");
  return fail([first, ...others]);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function problemOf({ text: message, location }: Message): BuildProblem {
  const { file = "", line = 0, column = -1, lineText: text = "" } = location ?? {};
  return { code: "build/not-bundled", file, line, column: column + 1, message, text };
}

export function selectorOf(name: string): Uint8Array {
  return blake2b256(utf8(name)).slice(0, 4);
}

function selectorNumber(name: string): number {
  return new DataView(selectorOf(name).buffer).getUint32(0, true);
}

function toArtefact(declared: DeclaredContract, code: string): BuiltArtefact {
  const of = (kind: "command" | "query"): Readonly<Record<string, AbiEntry>> =>
    Object.fromEntries(
      declared.entries
        .filter((entry) => entry.kind === kind)
        .map(({ name, docs, args, returns }) => [
          name,
          { selector: toHex(selectorOf(name)), docs, args, returns },
        ]),
    );
  const abi = {
    format: ARTEFACT_FORMAT,
    name: declared.name,
    version: declared.version,
    docs: declared.docs,
    engine: "javascript/1",
    state: declared.state,
    commands: of("command"),
    queries: of("query"),
    errors: errorCodes(code, declared.name),
    disclosures: declared.disclosures,
    ...(declared.auditKey !== undefined && { audit: declared.auditKey }),
  } as const;
  const artefact: Artefact = {
    ...abi,
    code,
    hashes: { code: hash(code), abi: hash(abiText(abi)) },
  };
  const bytes = utf8(`${JSON.stringify(artefact, undefined, 1)}\n`);
  const valid = validateArtefact(bytes, blake2b256);
  if (!valid.ok)
    throw new PhaError(valid.error.code, "the chain would refuse this artefact", {
      facts: { contract: declared.name, bytes: bytes.length },
      hint: "Make the contract smaller: at most 512 KiB, 256 entries, docs of 4096 characters.",
    });
  return { artefact, bytes, codeHash: blake2b256(bytes) };
}

function hash(text: string): string {
  return toHex(blake2b256(utf8(text)));
}

/** Codes `<contract>/…` that the program can refuse with, sorted. */
function errorCodes(code: string, name: string): readonly string[] {
  const found = code.match(new RegExp(`(?<=["'\`])${name}/[a-z0-9-]+(?=["'\`])`, "g")) ?? [];
  return [...new Set(found)].sort();
}
