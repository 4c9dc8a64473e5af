/**
 * What is in a block, checked: header against a verified hash, extrinsics against the header, events by a storage proof.
 */
import { blake2b256 } from "@pha/crypto";
import {
  compact,
  concatBytes,
  encode,
  equalBytes,
  PhaError,
  parseHex,
  toHex,
  u32,
} from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import type { Chain } from "./chain.ts";
import { type DecodedExtrinsic, decodeExtrinsic } from "./decode-extrinsic.ts";
import type { VerifiedBlock } from "./verified-heads.ts";

/** An extrinsic of a block. */
export interface BlockExtrinsic {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
  /** Absent when this program cannot read it: the block is of another runtime. */
  readonly decoded: DecodedExtrinsic | undefined;
}

/** An event of a block. */
export interface BlockEvent {
  /** Index of the extrinsic it belongs to; absent of those of initialization and finalization. */
  readonly extrinsic: number | undefined;
  readonly pallet: string;
  readonly name: string;
  readonly fields: unknown;
}

/** A block with its extrinsics, as `fetchBlock` proved them. */
export interface BlockBody {
  readonly number: number;
  readonly hash: Uint8Array;
  readonly parentHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly extrinsicsRoot: Uint8Array;
  readonly digest: readonly Uint8Array[];
  readonly extrinsics: readonly BlockExtrinsic[];
  /** Unix milliseconds by the author's clock, within what the chain allows. */
  readonly at: number | undefined;
}

/** Most extrinsics of a block and items of a digest that are looked at. */
const MAX_EXTRINSICS = 20_000;
const MAX_LOGS = 64;

/**
 * Header and extrinsics of a block, checked by its hash and the root of its extrinsics.
 *
 * @param block a verified one: the node's answer must hash to it
 */
export async function fetchBlock(
  chain: Chain,
  block: Pick<VerifiedBlock, "number" | "hash">,
): Promise<BlockBody> {
  const hash = block.hash;
  const answer = await chain.rpc.request("chain_getBlock", [toHex(hash)]);
  const { header, extrinsics } = fieldsOf(fieldsOf(answer)["block"]);
  const fields = fieldsOf(header);
  const parentHash = bytesOf(fields["parentHash"], 32);
  const stateRoot = bytesOf(fields["stateRoot"], 32);
  const extrinsicsRoot = bytesOf(fields["extrinsicsRoot"], 32);
  const digest = listOf(fieldsOf(fields["digest"])["logs"], MAX_LOGS);
  const bodies = listOf(extrinsics, MAX_EXTRINSICS);
  if (!parentHash || !stateRoot || !extrinsicsRoot || !digest || !bodies) throw wrongBlock(block);
  const encoded = concatBytes(
    parentHash,
    encode(compact(u32), block.number),
    stateRoot,
    extrinsicsRoot,
    encode(compact(u32), digest.length),
    ...digest,
  );
  if (!equalBytes(blake2b256(encoded), hash)) throw wrongBlock(block);
  if (!equalBytes(orderedTrieRoot(bodies), extrinsicsRoot)) throw wrongBlock(block);
  const read = bodies.map((bytes): BlockExtrinsic => {
    const decoded = decodeExtrinsic(chain.metadata, bytes);
    return { bytes, hash: blake2b256(bytes), decoded: decoded.ok ? decoded.value : undefined };
  });
  return {
    number: block.number,
    hash,
    parentHash,
    stateRoot,
    extrinsicsRoot,
    digest,
    extrinsics: read,
    at: timeOf(read),
  };
}

/** Events of a verified block, by a proof under its state root; none when the node has let that state go. */
export async function fetchEvents(
  chain: Chain,
  block: VerifiedBlock,
): Promise<readonly BlockEvent[]> {
  const item = chain.metadata.storage("System", "Events");
  if (item === undefined) return [];
  const records = await chain.read({ key: item.key(), value: item.value }, block);
  // The codec of `System.Events` in metadata gives records of this form.
  return ((records ?? []) as readonly EventRecord[]).map(({ phase, event }) => ({
    extrinsic: phase.type === "ApplyExtrinsic" ? Number(phase.value) : undefined,
    pallet: event.type,
    name: event.value.type,
    fields: event.value.value,
  }));
}

interface EventRecord {
  readonly phase: { readonly type: string; readonly value: unknown };
  readonly event: {
    readonly type: string;
    readonly value: { readonly type: string; readonly value: unknown };
  };
}

function timeOf(extrinsics: readonly BlockExtrinsic[]): number | undefined {
  const set = extrinsics.find(
    ({ decoded }) => decoded?.pallet === "Timestamp" && decoded.call === "set",
  );
  const now = fieldsOf(set?.decoded?.args)["now"];
  return typeof now === "bigint" ? Number(now) : undefined;
}

function wrongBlock({ number }: { readonly number: number }): PhaError {
  return new PhaError("chain/wrong-block", `the node's block ${number} is not the finalized one`, {
    facts: { block: number },
    hint: "Do not use this node; connect to another one of the same network.",
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function bytesOf(value: unknown, length?: number): Uint8Array | undefined {
  const parsed = typeof value === "string" ? parseHex(value) : undefined;
  if (!parsed?.ok || (length !== undefined && parsed.value.length !== length)) return undefined;
  return parsed.value;
}

function listOf(value: unknown, most: number): readonly Uint8Array[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const items = value.map((one: unknown) => bytesOf(one));
  return items.every((one) => one !== undefined) ? items : undefined;
}
