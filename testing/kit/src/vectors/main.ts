/** `npm run vectors -- DIR`: a line per case, totals last. Evidence is judged by both halves of crypto. */
import { join, resolve } from "node:path";
import { runVectors, type WebHalf } from "./run-vectors.ts";

const root = process.env["PHA_ROOT"] ?? process.cwd();
const [given] = process.argv.slice(2);
const folder =
  given === undefined
    ? join(root, "..", "shared", "vectors")
    : resolve(process.env["INIT_CWD"] ?? process.cwd(), given);

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
// Bundled beside this program, from the same sources.
const webHalf: WebHalf = await import(new URL("./vectors-web.js", import.meta.url).href);
const { passed, failed, skipped } = runVectors(folder, print, webHalf);
if (passed + failed === 0) print(`nothing found in ${folder}`);
print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
