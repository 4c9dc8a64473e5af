/**
 * pRuntime as a program: `node pruntime.js --data DIR --provider simulated --platform FILE`.
 *
 * stdin and stdout are the pipe, stderr carries log lines; it opens no socket and ends with its stdin.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { PhaError } from "@pha/scale";
import { type EvidenceProvider, openSimulatedProvider } from "../providers/index.ts";
import { createEngines } from "./engines.ts";
import { openSealedFile } from "./sealed-file.ts";
import { runPRuntime } from "./service.ts";

interface Arguments {
  readonly data: string;
  readonly provider: string;
  readonly platform: string;
}

function argumentsOf(): Arguments {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      provider: { type: "string", default: "simulated" },
      platform: { type: "string" },
    },
  });
  const { data, platform, provider } = values;
  if (data === undefined || platform === undefined)
    throw new PhaError("pruntime/usage", "--data DIR and --platform FILE are missing", {
      hint: "Let the worker host start pRuntime; it gives both.",
    });
  return { data, platform, provider };
}

async function openProvider({ provider, platform }: Arguments): Promise<EvidenceProvider> {
  if (provider === "simulated") return openSimulatedProvider(platform);
  throw new PhaError("provider/unknown", `there is no evidence provider ${provider}`, {
    facts: { provider },
    hint: "This release knows the provider `simulated` only.",
  });
}

function log(line: {
  readonly event: string;
  readonly block: number;
  readonly subject?: string;
}): void {
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

async function run(): Promise<void> {
  const args = argumentsOf();
  const provider = await openProvider(args);
  const folder = dirname(fileURLToPath(import.meta.url));
  await runPRuntime({
    input: process.stdin,
    output: process.stdout,
    provider,
    sealed: openSealedFile(join(args.data, "sealed.bin"), await provider.sealingKey()),
    engines: (onResponse) =>
      createEngines({
        program: join(folder, "engine.js"),
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
