/** What a replica reads of its cluster with proofs before it can serve: root key, contracts, code, final root. */
import { type Contract, type FinalRoot, type Generation, STORAGE } from "@pha/protocol";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Reads } from "./reads.ts";

export interface ContractFacts {
  readonly id: Uint8Array;
  readonly record: Contract;
  /** Artefact as uploaded. */
  readonly code: Uint8Array;
}

export interface ClusterFacts {
  readonly generation: Generation;
  readonly contracts: readonly ContractFacts[];
  /** Absent before the first commit is final. */
  readonly root: FinalRoot | undefined;
}

/** Contracts whose records and code are read at once. */
const CHUNK = 16;

/** Reads all facts at one finalized block; `then(undefined)` when a proof was missing and it must be tried again. */
export function readClusterFacts(
  parts: { readonly follower: Follower; readonly reads: Reads },
  cluster: Uint8Array,
  generation: bigint,
  then: (facts: ClusterFacts | undefined) => readonly Output[],
): readonly Output[] {
  const { follower, reads } = parts;
  const at = { block: follower.head, stateRoot: follower.headStateRoot };
  const generationKey = STORAGE.generation.record.key(generation);
  const keys = [generationKey, STORAGE.clusterContracts.key(cluster), STORAGE.root.key(cluster)];
  return reads.ask(at, keys, (proven) => {
    const record = proven?.value({ key: generationKey, codec: STORAGE.generation.record.value });
    if (proven === undefined || record === undefined) return then(undefined);
    const ids = proven.value({
      key: STORAGE.clusterContracts.key(cluster),
      codec: STORAGE.clusterContracts.value,
    });
    const root = proven.value({ key: STORAGE.root.key(cluster), codec: STORAGE.root.value });
    return readContracts(parts, at, ids ?? [], [], (contracts) =>
      then(contracts === undefined ? undefined : { generation: record, contracts, root }),
    );
  });
}

type At = Parameters<Reads["ask"]>[0];

/** Records, then the code they name, a chunk at a time. */
export function readContracts(
  parts: { readonly reads: Reads },
  at: At,
  ids: readonly Uint8Array[],
  done: readonly ContractFacts[],
  then: (contracts: readonly ContractFacts[] | undefined) => readonly Output[],
): readonly Output[] {
  const { reads } = parts;
  const chunk = ids.slice(done.length, done.length + CHUNK);
  if (chunk.length === 0) return then(done);
  return reads.ask(at, chunk.map(STORAGE.contract.key), (proven) => {
    if (proven === undefined) return then(undefined);
    const records = chunk.map((id) =>
      proven.value({ key: STORAGE.contract.key(id), codec: STORAGE.contract.value }),
    );
    const known = records.filter((record) => record !== undefined);
    if (known.length !== chunk.length) return then(undefined);
    const codeKeys = known.map((record) => STORAGE.code.key(record.codeHash));
    return reads.ask(at, codeKeys, (codes) => {
      if (codes === undefined) return then(undefined);
      const more: ContractFacts[] = [];
      for (const [i, record] of known.entries()) {
        const id = chunk[i];
        const code = codes.value({
          key: STORAGE.code.key(record.codeHash),
          codec: STORAGE.code.value,
        });
        if (id === undefined || code === undefined) return then(undefined);
        more.push({ id, record, code });
      }
      return readContracts(parts, at, ids, [...done, ...more], then);
    });
  });
}
