/**
 * Every block of the documents that is marked `devnet` runs as a reader would run it.
 *
 * The blocks of one document share a folder that looks like a checkout, and its commands the variables of one shell, in the
 * order of the page: `ts file PATH` writes what the commands after it use, `text as printed` is what those before it print.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type CodeBlock, codeBlocks, documents, printedLines } from "@pha/testing-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevnetProcess, devnetDist, root, startDevnet } from "./start-devnet.ts";

const run = promisify(execFile);
const DEVNET = /^(sh devnet|ts devnet|ts file \S+|text as printed)$/;
const pages = documents()
  .map((path) => [path, codeBlocks(path).filter(({ mark }) => DEVNET.test(mark))] as const)
  .filter(([, blocks]) => blocks.length > 0);

let devnet: DevnetProcess;
beforeAll(async () => {
  devnet = await startDevnet({
    args: ["--light"],
  });
});
afterAll(async () => {
  await devnet?.cleanUp();
});

describe.each(pages)("%s", (_path, blocks) => {
  let folder = "";
  let printed = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pha-e2e-page-"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    cpSync(join(devnet.folder, ".pha"), join(folder, ".pha"), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(
    blocks.map((block) => [`line ${block.line}, ${block.mark}`, block] as const),
  )("%s", async (_place, block) => {
    if (block.mark === "sh devnet") printed = await runCommands(block.text);
    else if (block.mark === "ts devnet") await runTypeScript(block);
    else if (block.mark === "text as printed")
      for (const line of printedLines(block.text)) expect(printed).toMatch(line);
    else writeFile(block);
  });

  async function runCommands(text: string): Promise<string> {
    const program = `${process.execPath} ${join(await devnetDist(), "pha.js")}`;
    const vitest = `${process.execPath} ${join(root, "node_modules", "vitest", "vitest.mjs")}`;
    const commands = text.replaceAll("npx --no pha", program).replaceAll("npx --no vitest", vitest);
    // Variables outlive a block, as in a reader's terminal.
    const shell = join(folder, ".shell");
    const script = `test -e ${shell} && . ${shell}\nset -a\n${commands}\nset +a\ndeclare -px > ${shell}`;
    const { VITEST: _, NODE_OPTIONS: __, ...env } = process.env;
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], {
      cwd: folder,
      env: { ...env, NO_COLOR: "1" },
      timeout: 120_000,
    });
    return stdout;
  }

  function writeFile({ mark, text }: CodeBlock): void {
    const path = join(folder, mark.slice("ts file ".length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  async function runTypeScript({ path, line, text }: CodeBlock): Promise<void> {
    const cache = "node_modules/.cache/pha-docs";
    const name = `${path}-${line}`.replaceAll(/[^\w]/g, "-");
    mkdirSync(join(root, cache), { recursive: true });
    writeFileSync(join(root, cache, `${name}.ts`), text);
    const { bundle } = await import(pathToFileURL(join(root, "bin", "bundle.mjs")).href);
    await bundle({ root, dist: join(root, cache), programs: { [name]: `${cache}/${name}.ts` } });
    await run(process.execPath, [join(root, cache, `${name}.js`)], {
      cwd: folder,
      env: { ...process.env, DEVNET: JSON.stringify(devnet.file) },
      timeout: 60_000,
    });
  }
});
