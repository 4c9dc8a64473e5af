/** Every block of the documents that is marked `devnet` runs as a reader would run it. */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type CodeBlock, codeBlocks, documents } from "@pha/testing-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DevnetProcess, devnetDist, root, startDevnet } from "./start-devnet.ts";

const run = promisify(execFile);
const blocks = documents().flatMap((path) => codeBlocks(path));
const marked = (mark: string): readonly (readonly [string, CodeBlock])[] =>
  blocks
    .filter((block) => block.mark === mark)
    .map((block) => [`${block.path}:${block.line}`, block]);

let devnet: DevnetProcess;
beforeAll(async () => {
  devnet = await startDevnet({
    args: ["--port", "0", "--worker-port", "0", "--console-port", "0", "--light"],
  });
});
afterAll(async () => {
  await devnet?.cleanUp();
});

test.each(marked("sh devnet"))("the commands of %s run", async (_place, { text }) => {
  const program = `${process.execPath} ${join(await devnetDist(), "pha.js")}`;
  const script = text.replaceAll("npx --no pha", program);
  const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: devnet.folder });
  expect(stdout).not.toBe("");
});

test.each(marked("ts devnet"))("the TypeScript of %s runs", async (place, { text }) => {
  const folder = "node_modules/.cache/pha-docs";
  const name = place.replaceAll(/[^\w]/g, "-");
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, `${name}.ts`), text);
  const { bundle } = await import(pathToFileURL(join(root, "bin", "bundle.mjs")).href);
  await bundle({ root, dist: join(root, folder), programs: { [name]: `${folder}/${name}.ts` } });
  await run(process.execPath, [join(root, folder, `${name}.js`)], {
    cwd: devnet.folder,
    env: { ...process.env, DEVNET: JSON.stringify(devnet.file) },
    timeout: 60_000,
  });
});
