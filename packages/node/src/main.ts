/**
 * The node as a program: `node node.js --config FILE`. Other programs load it for `runNode` and what makes chain specs.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import { PhaError } from "@pha/scale";
import { serveElections } from "./authoring/election-thread.ts";
import { loadConfig } from "./config.ts";
import { ELECTION_THREAD, EXIT, runNode } from "./run-node.ts";

export { parseChainSpec, readSpecJson } from "./chain-spec-file.ts";
export { parseConfig } from "./config.ts";
export { checkDataDirectory, repairDataDirectory } from "./database/data-directory.ts";
export { PRESETS, parseValidators, plainSpecJson, rawSpecJson } from "./plain-spec.ts";
export { transitionsIn } from "./select-chain.ts";
export { openKeystoreFolder } from "./signer/keystore-folder.ts";
export { ownershipProof } from "./signer/secret-keys.ts";
export { runNode };

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: "string" } }, strict: true });
  if (values.config === undefined)
    throw new PhaError("config/unreadable", "--config FILE is missing", {
      hint: "give the path of a JSON file: node.js --config node.json",
    });
  await runNode(loadConfig(values.config), { endsWithStdin: true });
}

function fail(error: unknown): void {
  const known = error instanceof PhaError ? error : undefined;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `${JSON.stringify({ level: "fatal", code: known?.code, msg: text, hint: known?.hint })}\n`,
  );
  process.exit(known?.code.startsWith("config/") ? EXIT.usage : EXIT.failed);
}

/** Started by its name, and not loaded by another program. */
function isProgram(): boolean {
  const [, started] = process.argv;
  return started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url);
}

if (parentPort !== null && workerData === ELECTION_THREAD) serveElections(parentPort);
else if (parentPort === null && isProgram()) main().catch(fail);
