/**
 * Requests that give an engine the state and the contracts of a replica.
 *
 * The cluster's own entries (path key, signing seeds) are none of the engine's business and stay here.
 */
import { CLUSTER_ITSELF, type StateWrite } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import type { ContractFacts } from "./cluster-facts.ts";
import { ENTRY_OVERHEAD_BYTES, type StoredEntry } from "./cluster-store.ts";
import type { EngineRequest } from "./engine-job.ts";

/** Entries of one `load-state`; a frame of the engine's pipe holds it. */
const LOAD_CHUNK_BYTES = 4 << 20;

export function loadState(entries: readonly StoredEntry[]): readonly EngineRequest[] {
  const requests: EngineRequest[] = [];
  let chunk: StateWrite[] = [];
  let bytes = 0;
  for (const { contract, key, value } of entries) {
    if (equalBytes(contract, CLUSTER_ITSELF)) continue;
    chunk.push({ contract, key, value });
    bytes += value.length + key.length + ENTRY_OVERHEAD_BYTES;
    if (bytes < LOAD_CHUNK_BYTES) continue;
    requests.push({ type: "load-state", entries: chunk });
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) requests.push({ type: "load-state", entries: chunk });
  return requests;
}

export function loadContract(
  { id, record, code }: ContractFacts,
  pseudonymKey: Uint8Array,
): EngineRequest {
  return { type: "load-contract", contract: id, code, owner: record.owner, pseudonymKey };
}
