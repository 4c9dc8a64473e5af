/**
 * What an auditor needs to run a range of a cluster's history again, each part proven under one verified header, or by its
 * hash (protocol §9). The keys to it are the auditor's, and are not seen here.
 *
 * **Bounds**: `MAX_AUDITED_STEPS`, `MAX_AUDITED_BLOCKS`, a snapshot's. **Trust**: the node is not trusted; what it changes is
 * refused here or comes out differently.
 */
import { blake2b256 } from "@pha/crypto";
import {
  type BlobRef,
  type BlockRef,
  type Cluster,
  type Contract,
  cidText,
  type KeptOpening,
  type Snapshot,
  SnapshotManifest,
  STORAGE,
  type StateStep,
} from "@pha/protocol";
import { type Codec, decode, equalBytes, PhaError, parseHex, toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import {
  type AuditRange,
  blocksFrom,
  ensureNotTooLong,
  MAX_AUDITED_STEPS,
  malformed,
  readSteps,
} from "./audit-cluster.ts";

/** What `pha audit replay` runs. */
export interface ReplayMaterial {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly record: Cluster;
  readonly contracts: readonly {
    readonly id: Uint8Array;
    readonly record: Contract;
    /** Artefact as uploaded. */
    readonly code: Uint8Array;
  }[];
  readonly openings: readonly KeptOpening[];
  /** Newest final snapshot, where the range comes after it. */
  readonly start:
    | {
        readonly snapshot: Snapshot;
        readonly manifest: Uint8Array;
        readonly chunks: readonly Uint8Array[];
      }
    | undefined;
  /** Steps between the start and the range. */
  readonly before: readonly CollectedStep[];
  readonly range: readonly CollectedStep[];
  readonly from: bigint;
  readonly to: bigint;
}

/** A step, and its delta where that is a blob. */
export interface CollectedStep {
  readonly step: StateStep;
  /** Of a delta that is a blob. */
  readonly blob: Uint8Array | undefined;
}

type ReplayChain = Pick<Chain, "rpc" | "read" | "finality" | "genesisHash">;

/**
 * Everything that it takes to run steps again with an audit key, each part proven.
 *
 * @param range its `auditKey` is the public half of the key that will open what is collected
 * @throws PhaError `audit/…`, `rpc/malformed-answer`
 */
export async function collectReplay(
  chain: ReplayChain,
  range: AuditRange & { readonly auditKey: Uint8Array },
): Promise<ReplayMaterial> {
  const { cluster, auditKey } = range;
  const at = chain.finality.head;
  const read = <T>(item: {
    readonly key: (id: Uint8Array) => Uint8Array;
    readonly value: Codec<T>;
  }) => chain.read({ key: item.key(cluster), value: item.value }, at);
  ensureDeclared(await read(STORAGE.auditKey), auditKey, cluster);
  const record = await read(STORAGE.cluster);
  const final = await read(STORAGE.root);
  const newest = await read(STORAGE.snapshot);
  const openings = (await read(STORAGE.auditOpenings)) ?? [];
  const ids = (await read(STORAGE.clusterContracts)) ?? [];
  if (record === undefined || final === undefined) throw noSteps({ cluster: toHex(cluster) });
  const to = range.to === undefined || range.to > final.index ? final.index : range.to;
  const from = range.from ?? (newest === undefined || to <= newest.index ? 0n : newest.index + 1n);
  if (from > to) throw noSteps({ from: from.toString(), to: to.toString() });
  const snapshot = newest !== undefined && newest.index < from ? newest : undefined;
  const first = snapshot === undefined ? 0n : snapshot.index + 1n;
  if (to - first >= BigInt(MAX_AUDITED_STEPS))
    throw new PhaError("audit/too-long", "the range has too many steps", {
      facts: { steps: (to - first + 1n).toString(), most: MAX_AUDITED_STEPS },
      hint: "Audit it in parts: steps from the newest snapshot, or the first one, on count.",
    });
  const steps: CollectedStep[] = [];
  for (const step of await readSteps(chain, cluster, first, to)) {
    const { delta } = step;
    steps.push({
      step,
      blob: delta.type === "Blob" ? await blobOf(chain, delta.value) : undefined,
    });
  }
  const start = snapshot && (await startAt(chain, snapshot));
  const contracts: ReplayMaterial["contracts"][number][] = [];
  for (const id of ids) contracts.push(await contractOf(chain, id));
  const { genesisHash } = chain;
  const length = Number(from - first);
  return {
    ...{ genesisHash, cluster, record, contracts, openings, start, from, to },
    before: steps.slice(0, length),
    range: steps.slice(length),
  };
}

/** Blocks from one to that of the last step; whoever reads them checks that they are linked to it. */
export async function collectBlocks(
  { rpc }: Pick<Chain, "rpc">,
  from: number,
  last: BlockRef,
): Promise<{
  readonly headers: readonly Uint8Array[];
  readonly proofs: readonly (readonly Uint8Array[])[];
}> {
  const count = Math.max(0, last.number - from + 1);
  ensureNotTooLong(count);
  const headers: Uint8Array[] = [];
  const proofs: (readonly Uint8Array[])[] = [];
  for await (const { header, proof } of blocksFrom(rpc, from, count)) {
    headers.push(header);
    proofs.push(proof);
  }
  return { headers, proofs };
}

function ensureDeclared(
  declared: Uint8Array | undefined,
  auditKey: Uint8Array,
  cluster: Uint8Array,
): void {
  if (declared === undefined)
    throw new PhaError("audit/not-declared", "the cluster's contracts declare no audit key", {
      facts: { cluster: toHex(cluster) },
      hint: "Its history cannot be run again by anybody; `pha audit steps` checks what needs no key.",
    });
  if (!equalBytes(declared, auditKey))
    throw new PhaError("audit/wrong-key", "the key is not the one that the contracts declare", {
      facts: { declared: toHex(declared), given: toHex(auditKey) },
      hint: "Use the file whose public key the contract's manifest names.",
    });
}

function noSteps(facts: PhaError["facts"]): PhaError {
  return new PhaError("audit/no-steps", "there is nothing to audit in this range", {
    facts,
    hint: "Give a range between the first step and the newest final one; `pha audit steps` shows which are there.",
  });
}

async function startAt(
  chain: ReplayChain,
  snapshot: Snapshot,
): Promise<NonNullable<ReplayMaterial["start"]>> {
  const manifest = await blobOf(chain, snapshot.manifest);
  const decoded = decode(SnapshotManifest, manifest);
  if (!decoded.ok) throw malformed();
  const chunks: Uint8Array[] = [];
  for (const digest of decoded.value.chunks) chunks.push(await blobOf(chain, { digest }));
  return { snapshot, manifest, chunks };
}

/** A blob, which its name proves. */
async function blobOf(
  { rpc }: Pick<Chain, "rpc">,
  { digest }: Pick<BlobRef, "digest">,
): Promise<Uint8Array> {
  const answer = await rpc.request("pha_getBlob", [cidText(digest)]);
  const content = typeof answer === "string" ? parseHex(answer) : undefined;
  if (answer === null)
    throw new PhaError("audit/blob-missing", "the node does not keep a blob of this history", {
      facts: { cid: cidText(digest) },
      hint: "Ask the node of one of the cluster's operators.",
    });
  if (!content?.ok || !equalBytes(blake2b256(content.value), digest)) throw malformed();
  return content.value;
}

async function contractOf(
  chain: ReplayChain,
  id: Uint8Array,
): Promise<ReplayMaterial["contracts"][number]> {
  const { contract, code } = STORAGE;
  const at = chain.finality.head;
  const record = await chain.read({ key: contract.key(id), value: contract.value }, at);
  const stored =
    record && (await chain.read({ key: code.key(record.codeHash), value: code.value }, at));
  if (record === undefined || stored === undefined) throw malformed();
  return { id, record, code: stored };
}
