/**
 * `npm run bench [-- NAME…]`: measures what the design promises, each against a peer or a limit in the same run, prints a
 * line each and writes `bench/results/latest.json`. Exit 1 when a floor is missed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { analyticsVisits } from "./analytics.bench.ts";
import { attestation } from "./attestation.bench.ts";
import { type Bench, type BenchResult, finish, lineOf, machine } from "./bench.ts";
import { blockImport } from "./block-import.bench.ts";
import { browserTrust } from "./browser-trust.bench.ts";
import { catchUp } from "./catch-up.bench.ts";
import { clusterState } from "./cluster-state.bench.ts";
import { consoleVisits } from "./console.bench.ts";
import { consoleIdle, consoleMemory } from "./console-idle.bench.ts";
import { contractCall } from "./contract-call.bench.ts";
import { devnetBenches } from "./devnet.bench.ts";
import { docsSite } from "./docs-site.bench.ts";
import { election } from "./election.bench.ts";
import { finality } from "./finality.bench.ts";
import { keys } from "./keys.bench.ts";
import { nodeMemory } from "./node-memory.bench.ts";
import { fullSync, warpSync } from "./sync.bench.ts";
import { transfers } from "./transfers.bench.ts";
import { trie } from "./trie.bench.ts";
import { validators } from "./validators.bench.ts";

const BENCHES: readonly Bench[] = [
  trie,
  contractCall,
  blockImport,
  catchUp,
  ...clusterState,
  election,
  attestation,
  keys,
  fullSync,
  warpSync,
  ...finality,
  transfers,
  validators,
  nodeMemory,
  ...devnetBenches,
  consoleVisits,
  consoleIdle,
  consoleMemory,
  analyticsVisits,
  browserTrust,
  docsSite,
];

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const results: BenchResult[] = [];
  for (const bench of BENCHES) {
    if (wanted.length > 0 && !wanted.some((name) => bench.id.includes(name))) continue;
    for (const measured of await bench.run()) {
      const result = finish(measured);
      results.push(result);
      process.stdout.write(`${lineOf(result)}\n`);
    }
  }
  const folder = join(process.env["PHA_ROOT"] ?? process.cwd(), "bench", "results");
  mkdirSync(folder, { recursive: true });
  if (wanted.length === 0)
    writeFileSync(
      join(folder, "latest.json"),
      `${JSON.stringify({ machine: machine(), results }, undefined, 2)}\n`,
    );
  process.exit(results.every(({ meetsFloor }) => meetsFloor) ? 0 : 1);
}

await main();
