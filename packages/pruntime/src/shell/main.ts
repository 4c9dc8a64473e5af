/**
 * pRuntime as a program: `node pruntime.js --data DIR [--provider NAME] [--platform FILE]`, or `--version`.
 *
 * stdin and stdout are the pipe, stderr carries log lines; it opens no socket and ends with its stdin.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { versionText } from "@pha/protocol";
import { PhaError } from "@pha/scale";
import { openProvider } from "../providers/index.ts";
import { asksVersion, readArguments } from "./arguments.ts";
import { createEngines } from "./engines.ts";
import { nothingSealed, openSealedFile } from "./sealed-file.ts";
import { PRUNTIME_VERSION, runPRuntime } from "./service.ts";

function log(line: {
  readonly event: string;
  readonly block: number;
  readonly subject?: string;
}): void {
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

async function run(): Promise<void> {
  const given = process.argv.slice(2);
  if (asksVersion(given)) {
    process.stdout.write(`${versionText(PRUNTIME_VERSION)}\n`);
    return;
  }
  const args = readArguments(given);
  const folder = dirname(fileURLToPath(import.meta.url));
  const engine = join(folder, "engine.js");
  const program = [fileURLToPath(import.meta.url), engine];
  const provider = await openProvider({ ...args, program });
  log({ event: "platform-found", block: 0, subject: provider.name });
  const sealingKey = await provider.sealingKey();
  if (sealingKey === undefined) log({ event: "no-sealing-key", block: 0 });
  await runPRuntime({
    input: process.stdin,
    output: process.stdout,
    provider,
    sealed: sealingKey ? openSealedFile(join(args.data, "sealed.bin"), sealingKey) : nothingSealed,
    engines: (onResponse) =>
      createEngines({
        program: engine,
        cacheDir: join(folder, ".cache"),
        onResponse,
      }),
    log,
  });
}

run()
  .then(() => process.exit())
  .catch((error: unknown) => {
    log({ event: error instanceof PhaError ? error.code : "pruntime/internal", block: 0 });
    process.exit(1);
  });
