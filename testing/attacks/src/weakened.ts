/** Builds a scenario whose packages have its weakness: for tests alone, outside of every program's bundle. */
import { mkdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Attack, Weakness } from "./attack.ts";

const ROOT = join(import.meta.dirname, "../../..");
const OUT = join(ROOT, "node_modules/.cache/pha-attacks");
/** CommonJS packages outside are asked for by `require`. */
const BANNER =
  'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';

/** The scenario's attack, compiled with its weaknesses. */
export async function weakened(scenario: string, { weaknesses }: Attack): Promise<Attack> {
  const outfile = join(OUT, `${basename(scenario, ".ts")}.mjs`);
  await mkdir(OUT, { recursive: true });
  const written = new Set<Weakness>();
  await build({
    entryPoints: [scenario],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: { js: BANNER },
    logLevel: "silent",
    plugins: [ownPackagesAlone, weakening(weaknesses, written)],
  });
  for (const weakness of weaknesses)
    if (!written.has(weakness)) throw new Error(`the scenario does not use ${weakness.file}`);
  // Another name each time: a module that was loaded stays.
  const { attack }: { attack: Attack } = await import(
    `${pathToFileURL(outfile).href}?${process.hrtime.bigint()}`
  );
  return attack;
}

/** Packages of others stay outside: they are not what is weakened. */
const ownPackagesAlone: Plugin = {
  name: "own-packages-alone",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./#]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@pha/") ? undefined : { path, external: true },
    );
  },
};

function weakening(weaknesses: readonly Weakness[], written: Set<Weakness>): Plugin {
  return {
    name: "weakening",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const own = weaknesses.filter(({ file }) => file === relative(ROOT, path));
        if (own.length === 0) return undefined;
        let source = await readFile(path, "utf8");
        for (const weakness of own) {
          const parts = source.split(weakness.text);
          if (parts.length !== 2)
            throw new Error(
              `${weakness.file} has ${parts.length - 1} times: ${weakness.text} (once is needed)`,
            );
          source = parts.join(weakness.instead);
          written.add(weakness);
        }
        return { contents: source, loader: "ts" };
      });
    },
  };
}
