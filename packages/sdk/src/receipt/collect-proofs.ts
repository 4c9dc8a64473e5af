/** What receipts are made of, asked of a node. **Trust**: none; a receipt is verified before it is given. */
import { decodeHeader, headerHash } from "@pha/consensus";
import { type BlockRef, MAX_RECEIPT_BLOCKS, ReadProof, SyncBatch, SyncWarp } from "@pha/protocol";
import { type Codec, decode, PhaError, parseHex, toHex } from "@pha/scale";
import type { RpcTransport } from "../rpc/transport.ts";
import type { FinalityProof } from "./verify-finality.ts";

/** From genesis to a finalized block at or after `least`. */
export async function collectFinality(
  rpc: RpcTransport,
  least: number,
): Promise<{ readonly proof: FinalityProof; readonly last: BlockRef }> {
  const genesis = fieldsOf(await rpc.request("pha_genesis", []));
  const genesisHeader = bytesOf(genesis["header"]);
  const genesisProof = decoded(ReadProof, genesis["proof"]);
  const headers: Uint8Array[] = [];
  const justifications: Uint8Array[] = [];
  for (let after = 0; ; ) {
    const warp = decoded(SyncWarp, await rpc.request("pha_syncWarp", [after]));
    headers.push(...warp.headers);
    justifications.push(...warp.justifications);
    const last = headers.at(-1);
    const header = last && decodeHeader(last);
    // A warp that its bound cuts short ends at a change of voters, and the next one goes on from there.
    if (!header?.ok || header.value.number <= after) throw malformed();
    after = header.value.number;
    if (after < least) continue;
    const proof = { genesisHeader, genesisProof, headers, justifications };
    return { proof, last: { number: after, hash: headerHash(header.value) } };
  }
}

/** Headers of these blocks, both ends counted; no more than a receipt may hold. */
export async function collectHeaders(
  rpc: RpcTransport,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  const headers: Uint8Array[] = [];
  while (from + headers.length <= to && headers.length < MAX_RECEIPT_BLOCKS) {
    const answer = await rpc.request("pha_finality", [from + headers.length, MAX_RECEIPT_BLOCKS]);
    const batch = decoded(SyncBatch, answer);
    if (batch.headers.length === 0) throw malformed();
    headers.push(...batch.headers);
  }
  return headers.slice(0, to - from + 1);
}

export async function collectProof(
  rpc: RpcTransport,
  block: Uint8Array,
  keys: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  const answer = fieldsOf(await rpc.request("state_getReadProof", [keys.map(toHex), toHex(block)]));
  const { proof } = answer;
  return Array.isArray(proof) ? proof.map(bytesOf) : [];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function bytesOf(hex: unknown): Uint8Array {
  const parsed = typeof hex === "string" ? parseHex(hex) : undefined;
  if (parsed?.ok) return parsed.value;
  throw malformed();
}

function decoded<T>(codec: Codec<T>, hex: unknown): T {
  const value = decode(codec, bytesOf(hex));
  if (value.ok) return value.value;
  throw malformed();
}

function malformed(): PhaError {
  return new PhaError("rpc/malformed-answer", "the node's answer cannot be read", {
    hint: "Connect to another node, or use an SDK of the same release.",
  });
}
