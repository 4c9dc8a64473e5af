#!/usr/bin/env node
// Runs a tool of the workspace written in TypeScript: `node bin/run.mjs vectors DIR`. Sets up, bundles, runs.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, checkNode, install, root } from "./bootstrap.mjs";
import { bundle, TOOLS, WEB_HALVES } from "./bundle.mjs";

const [name = "", ...rest] = process.argv.slice(2);
if (!Object.hasOwn(TOOLS, name)) {
  process.stderr.write(`No such tool; there are: ${Object.keys(TOOLS).join(", ")}.\n`);
  process.exit(2);
}
checkNode();
install();
// The benches start the programs, which must be those of the present sources.
if (name === "bench") await build();
const folder = join(root, "dist", "tools");
await bundle({ root, dist: folder, programs: { [name]: TOOLS[name] } });
const web = WEB_HALVES[name];
if (web !== undefined) await bundle({ root, dist: folder, programs: web, conditions: ["pha-web"] });
process.env.PHA_ROOT ??= root;
const program = join(folder, `${name}.js`);
process.argv = [process.argv[0], program, ...rest];
await import(pathToFileURL(program).href);
