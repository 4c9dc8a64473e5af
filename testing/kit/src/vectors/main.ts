/** `npm run vectors -- DIR`: a line per case, totals last. */
import { join, resolve } from "node:path";
import { runVectors } from "./run-vectors.ts";

const root = process.env["PHA_ROOT"] ?? process.cwd();
const [given] = process.argv.slice(2);
const folder =
  given === undefined
    ? join(root, "..", "shared", "vectors")
    : resolve(process.env["INIT_CWD"] ?? process.cwd(), given);

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const { passed, failed, skipped } = runVectors(folder, print);
if (passed + failed === 0) print(`nothing found in ${folder}`);
print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
