/** Files that break one rule each, for every core; the checks must refuse every one of them. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, readText } from "./files.ts";

export const CORES = [
  "packages/scale/src",
  "packages/crypto/src",
  "packages/protocol/src",
  "packages/state/src",
  "packages/consensus/src",
  "packages/frame/src",
  "packages/runtime/src",
  "packages/attestation/src",
  "packages/contract/src",
  "packages/pruntime/src/core",
  "packages/network/src/wire",
  "packages/network/src/peers",
] as const;

export type Check = "lint" | "types" | "arrows" | "sources";

export interface Canary {
  /** Name of the file, without ending. */
  readonly name: string;
  /** Which check must refuse it. */
  readonly check: Check;
  /** Names of the dependency rule that must do it. */
  readonly rule?: RegExp;
  readonly text: string;
}

export const CANARIES: readonly Canary[] = [
  { name: "date", check: "lint", text: "export const now = Date.now();\n" },
  { name: "intl", check: "lint", text: "export const format = new Intl.NumberFormat();\n" },
  { name: "any-type", check: "lint", text: "export const value: any = 1;\n" },
  {
    name: "non-null",
    check: "lint",
    text: "export const first = (list: readonly number[]): number => list[0]!;\n",
  },
  { name: "enumeration", check: "lint", text: "export enum Colour {\n  Red = 0,\n}\n" },
  { name: "default-export", check: "lint", text: "export default 1;\n" },
  {
    name: "half-a-switch",
    check: "lint",
    text: 'export function of(a: "x" | "y"): void {\n  switch (a) {\n    case "x":\n      return;\n  }\n}\n',
  },
  { name: "clock", check: "types", text: "export const began: unknown = performance.now();\n" },
  { name: "timer", check: "types", text: "export const timer: unknown = setTimeout;\n" },
  {
    name: "environment",
    check: "types",
    text: 'export const home: unknown = process.env["HOME"];\n',
  },
  { name: "logging", check: "types", text: 'console.log("here");\nexport {};\n' },
  { name: "network", check: "types", text: 'export const page: unknown = fetch("http://a");\n' },
  { name: "entropy", check: "types", text: "export const id: unknown = crypto.randomUUID();\n" },
  { name: "unchecked", check: "types", text: "export const of = (l: string[]): string => l[0];\n" },
  {
    name: "upward",
    check: "arrows",
    rule: /^arrows-of-/,
    text: 'export { node } from "@pha/node";\n',
  },
  {
    name: "built-in",
    check: "arrows",
    rule: /^no-node-/,
    text: 'export { readFileSync } from "node:fs";\n',
  },
  {
    name: "deep",
    check: "arrows",
    rule: /^no-deep-/,
    text: 'export { inner } from "../../BASE/src/inner.ts";\n',
  },
  {
    name: "npm-package",
    check: "arrows",
    rule: /^(no|pure)-packages-in-/,
    text: 'export { some } from "some-package";\n',
  },
  {
    name: "loop-a",
    check: "arrows",
    rule: /^no-cycles/,
    text: 'import { b } from "./loop-b.ts";\nexport const a = () => b;\n',
  },
  { name: "random", check: "sources", text: "export const dice = Math.random();\n" },
  { name: "waiting", check: "sources", text: "export async function wait() {}\n" },
  { name: "locale", check: "sources", text: 'export const order = "a".localeCompare("b");\n' },
  { name: "unsorted", check: "sources", text: "export const sorted = [2, 10].sort();\n" },
  {
    name: "cast",
    check: "sources",
    text: "export const of = (value: unknown) => value as string;\n",
  },
];

/** The other half of the circle. */
const LOOP_B = 'import { a } from "./loop-a.ts";\nexport const b = () => a;\n';

/** A file that breaks no rule. */
export const INNOCENT: Canary = {
  name: "innocent",
  check: "lint",
  text: "export const one = (list: readonly number[]): number => list[0] ?? 1;\n",
};

/** Text for a core: the deep import reaches into a package that the core may use, by the way it has to go. */
export function textIn(core: string, { text }: Canary): string {
  const base = core.includes("/scale/") ? "crypto" : "scale";
  const up = core.endsWith("/src") ? "../../" : "../../../";
  return text.replace("../../BASE/", `${up}${base}/`);
}

/** Writes a small workspace with the project's configuration and every canary in every core. */
export function writeCanaries(folder: string): void {
  for (const file of [
    "biome.json",
    ".dependency-cruiser.cjs",
    "tsconfig.base.json",
    "tsconfig.cores.json",
    "tsconfig.json",
  ])
    cpSync(join(ROOT, file), join(folder, file));
  put(folder, "package.json", '{ "name": "canaries", "type": "module" }\n');
  put(folder, "biome.json", withoutVersionControl());
  for (const core of CORES)
    for (const canary of [...CANARIES, INNOCENT])
      put(folder, `${core}/${canary.name}.ts`, textIn(core, canary));
  for (const core of CORES) put(folder, `${core}/loop-b.ts`, LOOP_B);
  for (const base of ["scale", "crypto"])
    put(folder, `packages/${base}/src/inner.ts`, "export const inner = 1;\n");
  put(folder, "packages/node/package.json", manifest("@pha/node"));
  put(folder, "packages/node/src/index.ts", "export const node = 1;\n");
  put(
    folder,
    "node_modules/some-package/package.json",
    '{ "name": "some-package", "main": "i.js" }\n',
  );
  put(folder, "node_modules/some-package/i.js", "exports.some = 1;\n");
  mkdirSync(join(folder, "node_modules/@pha"), { recursive: true });
  symlinkSync("../../packages/node", join(folder, "node_modules/@pha/node"));
}

function manifest(name: string): string {
  return `${JSON.stringify({ name, type: "module", exports: { ".": "./src/index.ts" } })}\n`;
}

/** The copy is no git checkout. */
function withoutVersionControl(): string {
  const config: unknown = JSON.parse(readText("biome.json"));
  return JSON.stringify({ ...Object(config), vcs: { enabled: false } });
}

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
