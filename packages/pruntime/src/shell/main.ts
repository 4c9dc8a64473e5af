/**
 * pRuntime as a program: `node pruntime.js --data DIR [--provider NAME] [--platform FILE]`, or `--version`.
 *
 * stdin and stdout are the pipe, stderr carries log lines; it opens no socket and ends with its stdin.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { versionText } from "@pha/protocol";
import { PhaError } from "@pha/scale";
import { openProvider, type RollbackCounters } from "../providers/index.ts";
import type { ChipKeyName } from "../wire/index.ts";
import { asksVersion, readArguments } from "./arguments.ts";
import { openCountedFile } from "./counted-file.ts";
import { createEngines } from "./engines.ts";
import { askChipKeyAt, createHostDesk } from "./host-desk.ts";
import { nothingSealed, openSealedFile, type SealedFile } from "./sealed-file.ts";
import { PRUNTIME_VERSION, runPRuntime } from "./service.ts";

function log(line: {
  readonly event: string;
  readonly block: number;
  readonly subject?: string;
}): void {
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function sealedFile(
  path: string,
  key: Uint8Array | undefined,
  counters: RollbackCounters | undefined,
): SealedFile {
  if (key === undefined) return nothingSealed;
  return counters === undefined ? openSealedFile(path, key) : openCountedFile(path, key, counters);
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
  const chipKeys = createHostDesk<ChipKeyName>();
  const tdQuotes = createHostDesk<Uint8Array>();
  const provider = await openProvider({
    ...args,
    program,
    askChipKey: askChipKeyAt(chipKeys),
    askTdQuote: tdQuotes.ask,
  });
  log({ event: "platform-found", block: 0, subject: provider.name });
  const sealingKey = await provider.sealingKey();
  if (sealingKey === undefined) log({ event: "no-sealing-key", block: 0 });
  else
    log({ event: provider.counters ? "counted-sealed-store" : "uncounted-sealed-store", block: 0 });
  await runPRuntime({
    input: process.stdin,
    output: process.stdout,
    provider,
    chipKeys,
    tdQuotes,
    sealed: sealedFile(join(args.data, "sealed.bin"), sealingKey, provider.counters),
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
