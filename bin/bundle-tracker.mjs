// Builds what pages load to have their visits counted: one script, and X25519 for browsers without it.
import { join } from "node:path";

/** File → its entry and form. */
const FILES = {
  "w.js": ["packages/tracker/src/script.ts", "iife"],
  "w-x25519.js": ["packages/tracker/src/x25519-fallback.ts", "esm"],
};

/** @returns bytes by the names of files; equal for equal sources, so that a site can name their hashes */
export async function bundleTracker(root) {
  const { build } = await import("esbuild");
  const built = Object.entries(FILES).map(async ([name, [entry, format]]) => {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [join(root, entry)],
      bundle: true,
      write: false,
      minify: true,
      platform: "browser",
      format,
      target: "es2020",
      tsconfigRaw: "{}",
      legalComments: "none",
      logLevel: "warning",
    });
    return [name, outputFiles[0].contents];
  });
  return Object.fromEntries(await Promise.all(built));
}
