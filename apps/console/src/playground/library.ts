/** The texts that a contract is built of beside its own: our packages' sources, and the language's declarations. */

const PACKAGES = import.meta.glob(
  [
    "../../../../packages/scale/src/**/*.ts",
    "../../../../packages/contract/src/**/*.ts",
    "!../../../../packages/contract/src/build/**",
    "!**/*.{test,bench,test-d}.ts",
  ],
  { query: "?raw", import: "default", eager: true },
);
const LANGUAGE = import.meta.glob(
  [
    "../../../../node_modules/typescript/lib/lib.es5.d.ts",
    "../../../../node_modules/typescript/lib/lib.decorators*.d.ts",
    "../../../../node_modules/typescript/lib/lib.es20{15,16,17,18,19,20,21,22,23}*.d.ts",
    "!**/*.full.d.ts",
  ],
  { query: "?raw", import: "default", eager: true },
);

/** Where the author's file lies. */
export const ENTRY = "/contract.ts";

/** Names of modules that a contract may import → their files. */
export const MODULES: Readonly<Record<string, string>> = {
  "@pha/contract": "/packages/contract/src/index.ts",
  "@pha/contract/declaration": "/packages/contract/src/declaration.ts",
  "@pha/contract/guest": "/packages/contract/src/guest/index.ts",
  "@pha/contract/testing": "/packages/contract/src/testing/index.ts",
  "@pha/scale": "/packages/scale/src/index.ts",
};

/** Files by path, without the author's. */
export const LIBRARY: ReadonlyMap<string, string> = new Map([
  ...Object.entries(PACKAGES).map(
    ([path, text]) => [path.slice(path.indexOf("/packages/")), text] as const,
  ),
  ...Object.entries(LANGUAGE).map(
    ([path, text]) => [`/lib${path.slice(path.lastIndexOf("/"))}`, text] as const,
  ),
]);

/** The file that an import names; `undefined` when there is none. */
export function resolveImport(name: string, importer: string): string | undefined {
  if (Object.hasOwn(MODULES, name)) return MODULES[name];
  const path = new URL(name, `file://${importer}`).pathname;
  return path === ENTRY || LIBRARY.has(path) ? path : undefined;
}
