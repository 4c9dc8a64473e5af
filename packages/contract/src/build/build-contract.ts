/**
 * From a contract's source to its artefact: type check, determinism lint, bundle, ABI, hashes, the chain's own check.
 *
 * Reproducible: the artefact depends on the sources and this package alone, not on folder, time or locale.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { blake2b256 } from "@pha/crypto";
import { assert, fail, ok, PhaError, type Result, toHex, utf8 } from "@pha/scale";
import {
  type BuildFailure,
  type BuildOptions as BuildSettings,
  build,
  type Message,
  type Plugin,
} from "esbuild";
import { abiTypeOf } from "../abi/abi-type.ts";
import {
  type AbiCell,
  type AbiEntry,
  ARTEFACT_FORMAT,
  type Artefact,
  abiText,
  validateArtefact,
} from "../artefact.ts";
import type { AnyEntry, Contract } from "../define-contract.ts";
import type { AnyCell } from "../state/declare.ts";
import { checkTypes } from "./check-types.ts";
import { lintSource } from "./lint.ts";
import type { BuildProblem, BuildProblems } from "./problem.ts";

export interface BuiltArtefact {
  readonly artefact: Artefact;
  /** What is uploaded; its blake2b-256 is the code hash on chain. */
  readonly bytes: Uint8Array;
  readonly codeHash: Uint8Array;
}

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
    const { problems, sources } = checkTypes(entry);
    const [first, ...others] = [...problems, ...sources.flatMap(lintSource)];
    if (first !== undefined) return fail([first, ...others]);
  }
  const folder = await mkdtemp(join(tmpdir(), "pha-build-"));
  try {
    const declaration = await bundle({ entryPoints: [entry], format: "esm", platform: "node" });
    if (!declaration.ok) return declaration;
    const loaded = await loadContract(entry, declaration.value, folder);
    if (!loaded.ok) return loaded;
    const { name, contract } = loaded.value;
    const guest = await bundleGuest(entry, name, contract);
    return guest.ok ? ok(toArtefact(contract, new TextDecoder().decode(guest.value))) : guest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PLUGIN_FOLDER = dirname(fileURLToPath(import.meta.url));

/** Evaluates the declaration here, to read the ABI from it. */
async function loadContract(
  entry: string,
  declaration: Uint8Array,
  folder: string,
): Promise<Result<{ readonly name: string; readonly contract: Contract }, BuildProblems>> {
  const file = join(folder, "declaration.mjs");
  await writeFile(file, declaration);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    // What the author's own code throws is the author's to mend.
    const message = error instanceof Error ? error.message : String(error);
    return fail([{ code: "build/not-loaded", file: entry, line: 0, column: 0, message, text: "" }]);
  }
  const found = Object.entries(module).filter(([, value]) => isContract(value));
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new PhaError("build/no-contract", `the file exports ${found.length} contracts`, {
      facts: { contracts: found.length },
      hint: "Export exactly one value made by defineContract(…).implement(…).",
    });
  // `isContract` looked at its fields.
  return ok({ name: first[0], contract: first[1] as Contract });
}

function isContract(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "entries" in value &&
    "state" in value &&
    "disclosures" in value
  );
}

/** Our packages come from where this one is installed, wherever the author's file lies. */
const OWN_PACKAGES: Plugin = {
  name: "own-packages",
  setup(build) {
    build.onResolve({ filter: /^@pha\/(contract|scale)(\/|$)/ }, ({ path, kind, pluginData }) =>
      pluginData === OWN_PACKAGES.name
        ? undefined
        : build.resolve(path, { kind, resolveDir: PLUGIN_FOLDER, pluginData: OWN_PACKAGES.name }),
    );
  },
};

const COMMON = {
  bundle: true,
  plugins: [OWN_PACKAGES],
  write: false,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "silent",
} satisfies BuildSettings;

/** The program that the engine runs: the contract behind the guest's end of the mailbox. */
function bundleGuest(
  entry: string,
  name: string,
  contract: Contract,
): Promise<Result<Uint8Array, BuildProblems>> {
  const selectors = Object.entries(contract.entries)
    .filter(([, { kind }]) => kind !== "init")
    .map(([method]) => `${selectorNumber(method)}: ${JSON.stringify(method)}`);
  const source = [
    `import { serve } from "@pha/contract/guest";`,
    `import { ${name} } from ${JSON.stringify(entry)};`,
    `serve(${name}, { ${selectors.join(", ")} });`,
  ].join("\n");
  return bundle({
    stdin: { contents: source, resolveDir: PLUGIN_FOLDER, loader: "ts" },
    format: "iife",
    platform: "neutral",
    minify: true,
    treeShaking: true,
  });
}

/** One file of everything that is imported; imports that lead nowhere are the author's problems. */
async function bundle(settings: BuildSettings): Promise<Result<Uint8Array, BuildProblems>> {
  let errors: readonly Message[];
  try {
    const result = await build({ ...settings, ...COMMON });
    const [file] = result.outputFiles;
    assert(file !== undefined, "esbuild gives one file");
    return ok(file.contents);
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

function toArtefact(contract: Contract, code: string): BuiltArtefact {
  const of = (kind: "command" | "query"): Readonly<Record<string, AbiEntry>> =>
    Object.fromEntries(
      Object.entries(contract.entries).flatMap(([name, entry]) =>
        entry.kind === kind ? [[name, abiEntry(name, entry)] as const] : [],
      ),
    );
  const abi = {
    format: ARTEFACT_FORMAT,
    name: contract.name,
    version: contract.version,
    docs: contract.docs,
    engine: "javascript/1",
    state: Object.entries(contract.state).map(([name, cell]) => abiCell(name, cell)),
    commands: of("command"),
    queries: of("query"),
    errors: errorCodes(code, contract.name),
    disclosures: contract.disclosures,
    ...(contract.auditKey !== undefined && { audit: contract.auditKey }),
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
      facts: { contract: contract.name, bytes: bytes.length },
      hint: "Make the contract smaller: at most 512 KiB, 256 entries, docs of 4096 characters.",
    });
  return { artefact, bytes, codeHash: blake2b256(bytes) };
}

function abiEntry(name: string, entry: Exclude<AnyEntry, { readonly kind: "init" }>): AbiEntry {
  return {
    selector: toHex(selectorOf(name)),
    docs: entry.docs,
    args: abiTypeOf(entry.args.shape),
    returns: abiTypeOf(entry.returns.shape),
  };
}

function abiCell(name: string, cell: AnyCell): AbiCell {
  const { kind, docs } = cell;
  return {
    name,
    kind,
    docs,
    ...("key" in cell && { key: abiTypeOf(cell.key.shape) }),
    ...("value" in cell && { value: abiTypeOf(cell.value.shape) }),
  };
}

function hash(text: string): string {
  return toHex(blake2b256(utf8(text)));
}

/** Codes `<contract>/…` that the program can refuse with, sorted. */
function errorCodes(code: string, name: string): readonly string[] {
  const found = code.match(new RegExp(`(?<=["'\`])${name}/[a-z0-9-]+(?=["'\`])`, "g")) ?? [];
  return [...new Set(found)].sort();
}
