/** Bundles a module as a page would load it, and refuses what a browser does not have. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "../workspace/files.ts";

export interface WebBundle {
  /** One ES module. */
  readonly code: string;
  readonly gzipBytes: number;
  /** npm packages inside, by name. */
  readonly packages: readonly string[];
  /** Our own files inside, from the root. */
  readonly files: readonly string[];
}

/** A file of the workspace, or source text that imports packages of it. */
export type WebEntry = { readonly path: string } | { readonly source: string };

/**
 * The bundler's defaults for browsers choose the `.web.ts` halves. Fails when a module of Node, a Node half or a native
 * addon would get in.
 */
export async function bundleForWeb(entry: WebEntry): Promise<WebBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    ...("path" in entry
      ? { entryPoints: [entry.path] }
      : {
          stdin: { contents: entry.source, loader: "ts", resolveDir: `${ROOT}/testing/e2e` },
        }),
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    minify: true,
    write: false,
    metafile: true,
    legalComments: "none",
    logLevel: "silent",
  });
  const [output] = Object.values(metafile.outputs);
  const [file] = outputFiles;
  if (output === undefined || file === undefined) throw new Error("the bundler wrote nothing");
  const inputs = Object.keys(output.inputs);
  const foreign = [
    ...output.imports.filter(({ external }) => external).map(({ path }) => path),
    ...Object.keys(metafile.inputs).filter((path) => path.endsWith(".node.ts")),
  ];
  if (foreign.length > 0) throw new Error(`not for browsers: ${foreign.join(", ")}`);
  return {
    code: file.text,
    gzipBytes: gzipSync(file.contents, { level: 9 }).length,
    packages: [...new Set(inputs.flatMap(packageOf))].sort(),
    files: inputs.filter((path) => !path.includes("node_modules/")).sort(),
  };
}

function packageOf(path: string): readonly string[] {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path) ?? [];
  return name === undefined ? [] : [name];
}
