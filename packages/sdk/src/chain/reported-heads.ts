/**
 * Finalized heads as another program reports them, and the blocks between by their parents' hashes. Hashes are computed here.
 *
 * **Bounds**: `MAX_GAP`. **Trust**: that a head is final is the reporter's word; a light client in this program has verified it,
 * a node has not shown it.
 */
import { DigestItem, type Header, headerHash } from "@pha/consensus";
import { decode, type PhaError, parseHex, toHex } from "@pha/scale";
import type { RpcTransport } from "../rpc/transport.ts";
import { createVerifiedHeads, type VerifiedBlock, type VerifiedHeads } from "./verified-heads.ts";

/** Blocks between two reported heads that are looked up; beyond, the older ones stay unknown. */
const MAX_GAP = 256;

export interface ReportedHeads extends VerifiedHeads {
  stop(): void;
}

export interface ReporterErrors {
  /** It answers in another form. */
  readonly unexpected: () => PhaError;
  /** It reports nothing any more. */
  readonly ended: (cause: unknown) => PhaError;
}

/** @param timeoutMs for the first head */
export async function followReported(
  rpc: RpcTransport,
  errors: ReporterErrors,
  timeoutMs?: number,
): Promise<ReportedHeads> {
  const { unexpected } = errors;
  const headerOf = async (hash: unknown): Promise<FoundHeader> =>
    headerOfJson(await rpc.request("chain_getHeader", [hash]), unexpected);
  const newest = await rpc.request(
    "chain_getFinalizedHead",
    [],
    timeoutMs === undefined ? {} : { timeoutMs },
  );
  const heads = createVerifiedHeads((await headerOf(newest)).block);

  /** The reported head and the blocks between it and the one before. */
  async function take(content: unknown): Promise<void> {
    const fresh: VerifiedBlock[] = [];
    const { number } = heads.head;
    let found = headerOfJson(content, unexpected);
    while (found.block.number > number) {
      fresh.unshift(found.block);
      if (found.block.number === number + 1 || fresh.length >= MAX_GAP) break;
      found = await headerOf(toHex(found.parentHash));
    }
    heads.add(fresh);
  }

  let queue: Promise<void> = Promise.resolve();
  const stop = await rpc.subscribe(
    "chain_subscribeFinalizedHeads",
    [],
    "chain_unsubscribeFinalizedHeads",
    (content) => {
      // A head that could not be looked up is made up for by the next one.
      queue = queue.then(() => take(content)).catch(() => undefined);
    },
    (error) => heads.fail(errors.ended(error)),
  );
  return {
    get head() {
      return heads.head;
    },
    block: heads.block,
    reach: heads.reach,
    onHead: heads.onHead,
    add: heads.add,
    fail: heads.fail,
    stop,
  };
}

interface FoundHeader {
  readonly block: VerifiedBlock;
  readonly parentHash: Uint8Array;
}

function headerOfJson(answer: unknown, unexpected: () => PhaError): FoundHeader {
  const bytesOf = (value: unknown): Uint8Array => hexBytes(value, unexpected);
  const { parentHash, number, stateRoot, extrinsicsRoot, digest } = fieldsOf(answer);
  const { logs } = fieldsOf(digest);
  if (typeof number !== "string" || !Array.isArray(logs)) throw unexpected();
  const header: Header = {
    parentHash: bytesOf(parentHash),
    number: Number(number),
    stateRoot: bytesOf(stateRoot),
    extrinsicsRoot: bytesOf(extrinsicsRoot),
    digest: logs.map((log) => {
      const item = decode(DigestItem, bytesOf(log));
      if (!item.ok) throw unexpected();
      return item.value;
    }),
  };
  const block = { number: header.number, hash: headerHash(header), stateRoot: header.stateRoot };
  return { block, parentHash: header.parentHash };
}

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

export function hexBytes(value: unknown, unexpected: () => PhaError): Uint8Array {
  const parsed = typeof value === "string" ? parseHex(value) : undefined;
  if (!parsed?.ok) throw unexpected();
  return parsed.value;
}
