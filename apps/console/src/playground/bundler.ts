/** esbuild over files in memory. Its WebAssembly runs in this worker: no further worker, and no code made of text. */
import type { BuildOptions, BuildResult, Plugin } from "esbuild";
import { LIBRARY, resolveImport } from "./library.ts";

/** The part of esbuild that is used; the same version as everywhere (`package-lock.json`). */
export interface Esbuild {
  build(options: BuildOptions): Promise<BuildResult>;
}

const NAMESPACE = "playground";

/** @param readSource the author's file */
export function memoryFiles(readSource: () => string): Plugin {
  return {
    name: "playground-files",
    setup(build) {
      build.onResolve({ filter: /./ }, ({ path, importer }) => {
        const found = resolveImport(
          path,
          importer === "" || importer === "<stdin>" ? "/" : importer,
        );
        return found === undefined
          ? { errors: [{ text: `Could not resolve "${path}"` }] }
          : { path: found, namespace: NAMESPACE };
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
        contents: LIBRARY.get(path) ?? readSource(),
        loader: "ts",
      }));
    },
  };
}

/** As the author knows it. */
export function ownPath(file: string): string {
  return file.replace(/^(playground:)?\//, "");
}
