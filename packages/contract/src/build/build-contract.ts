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
import { type BuildOptions as BuildSettings, build, type Plugin } from "esbuild";
import { abiTypeOf } from "../abi/abi-type.ts";
import {
  type AbiEntry,
  ARTEFACT_FORMAT,
  type Artefact,
  abiText,
  validateArtefact,
} from "../artefact.ts";
import type { AnyEntry, Contract } from "../define-contract.ts";
import { checkTypes } from "./check-types.ts";
import { lintSource } from "./lint.ts";
import type { BuildProblem } from "./problem.ts";

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
): Promise<Result<BuiltArtefact, readonly BuildProblem[]>> {
  const entry = resolve(options.entry);
  if (options.trusted !== true) {
    const { problems, sources } = checkTypes(entry);
    const all = [...problems, ...sources.flatMap(lintSource)];
    if (all.length > 0) return fail(all);
  }
  const folder = await mkdtemp(join(tmpdir(), "pha-build-"));
  try {
    const { name, contract } = await loadContract(entry, folder);
    const code = await bundleGuest(entry, name, contract);
    return ok(toArtefact(contract, code));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PLUGIN_FOLDER = dirname(fileURLToPath(import.meta.url));

/** Evaluates the declaration here, to read the ABI from it. */
async function loadContract(
  entry: string,
  folder: string,
): Promise<{ readonly name: string; readonly contract: Contract }> {
  const file = join(folder, "declaration.mjs");
  const result = await build({ ...COMMON, entryPoints: [entry], format: "esm", platform: "node" });
  await writeFile(file, result.outputFiles[0]?.contents ?? "");
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
  const found = Object.entries(module).filter(([, value]) => isContract(value));
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new PhaError("build/no-contract", `the file exports ${found.length} contracts`, {
      facts: { contracts: found.length },
      hint: "Export exactly one value made by defineContract(…).implement(…).",
    });
  // `isContract` looked at its fields.
  return { name: first[0], contract: first[1] as Contract };
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
async function bundleGuest(entry: string, name: string, contract: Contract): Promise<string> {
  const selectors = Object.entries(contract.entries)
    .filter(([, { kind }]) => kind !== "init")
    .map(([method]) => `${selectorNumber(method)}: ${JSON.stringify(method)}`);
  const source = [
    `import { serve } from "@pha/contract/guest";`,
    `import { ${name} } from ${JSON.stringify(entry)};`,
    `serve(${name}, { ${selectors.join(", ")} });`,
  ].join("\n");
  const result = await build({
    ...COMMON,
    stdin: { contents: source, resolveDir: PLUGIN_FOLDER, loader: "ts" },
    format: "iife",
    platform: "neutral",
    minify: true,
    treeShaking: true,
  });
  const code = result.outputFiles[0]?.text;
  assert(code !== undefined, "esbuild gives one file");
  return code;
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
    state: Object.entries(contract.state).map(([name, { kind, docs }]) => ({ name, kind, docs })),
    commands: of("command"),
    queries: of("query"),
    errors: errorCodes(code, contract.name),
    disclosures: contract.disclosures,
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

function hash(text: string): string {
  return toHex(blake2b256(utf8(text)));
}

/** Codes `<contract>/…` that the program can refuse with, sorted. */
function errorCodes(code: string, name: string): readonly string[] {
  const found = code.match(new RegExp(`(?<=["'\`])${name}/[a-z0-9-]+(?=["'\`])`, "g")) ?? [];
  return [...new Set(found)].sort();
}
