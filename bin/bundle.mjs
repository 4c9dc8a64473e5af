// Bundles the programs with esbuild: our packages inside, npm packages outside.
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Program → entry. Paths are relative to the root. */
export const PROGRAMS = {
  pha: "apps/cli/src/main.ts",
  node: "packages/node/src/main.ts",
  worker: "packages/worker/src/main.ts",
  pruntime: "packages/pruntime/src/shell/main.ts",
  engine: "packages/pruntime/src/engines/javascript/main.ts",
};

export async function bundle({ root, dist }) {
  const { build } = await import("esbuild");
  const entryPoints = Object.fromEntries(
    Object.entries(PROGRAMS)
      .map(([name, entry]) => [name, join(root, entry)])
      .filter(([, entry]) => existsSync(entry)),
  );
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    bundle: true,
    splitting: false,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "linked",
    legalComments: "none",
    logLevel: "warning",
    plugins: [
      {
        name: "npm-packages-outside",
        setup(context) {
          context.onResolve({ filter: /^[^./#]/ }, ({ path, kind }) =>
            kind === "entry-point" || path.startsWith("@pha/") ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
}
