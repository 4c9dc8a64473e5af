/** A page that checks the whole chain of trust of a contract and its workers when it is loaded, and takes the time. */
import { createClient, type TrustOptions, type TrustReport } from "@pha/sdk";
import { fromRichJson } from "./rich-json.ts";

export interface TrustInput {
  readonly node: string;
  readonly genesis: Uint8Array;
  readonly contract: Uint8Array;
  /** Identities of workers. */
  readonly workers: readonly Uint8Array[];
  readonly trust: TrustOptions;
  /** How often the warm check is taken. */
  readonly rounds: number;
}

export interface TrustOutcome {
  readonly contract: TrustReport;
  readonly workers: readonly TrustReport[];
  /** Milliseconds from the navigation to the first verdict: page, program, connection and all proofs. */
  readonly coldMs: number;
  /** Milliseconds of each later check over the same connection. */
  readonly warmMs: readonly number[];
}

/** An anchor is told by a field that may be undefined, and JSON has no such fields. */
function trustOf({ trust }: TrustInput): TrustOptions {
  const { roots } = trust;
  if (roots === undefined) return trust;
  const google = roots.google.map((root) => ({ ...root, maxPathLength: root.maxPathLength }));
  return { ...trust, roots: { ...roots, google } };
}

async function run(): Promise<TrustOutcome> {
  const text = await (await fetch("/input.json")).text();
  // The scenario wrote it, for this page.
  const input = fromRichJson(text) as TrustInput;
  const client = await createClient({
    node: { url: input.node },
    workers: [],
    genesisHash: input.genesis,
    trust: trustOf(input),
  });
  const contract = await client.verify(input.contract);
  const coldMs = performance.now();
  const warmMs: number[] = [];
  for (let i = 0; i < input.rounds; i++) {
    const began = performance.now();
    await client.verify(input.contract);
    warmMs.push(performance.now() - began);
  }
  const workers: TrustReport[] = [];
  for (const identity of input.workers) workers.push(await client.verifyWorker(identity));
  client.close();
  return { contract, workers, coldMs, warmMs };
}

const outcome = run();
Object.assign(globalThis, { trustOutcome: outcome });
