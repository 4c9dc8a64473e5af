/**
 * Collects a receipt's proofs from a node, while it has them: steps may be let go later, and states of old blocks, too.
 *
 * **Bounds**: those of `findReply`. **Trust**: the node is not trusted; what comes out is
 * verified as any receipt is before it is given.
 */
import { decodeHeader, headerHash } from "@pha/consensus";
import {
  type BlockRef,
  clampedSecret,
  MAX_RECEIPT_BLOCKS,
  RECEIPT_VERSION,
  ReadProof,
  Receipt,
  STORAGE,
  SyncBatch,
  SyncWarp,
} from "@pha/protocol";
import { type Codec, decode, encode, PhaError, parseHex, toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { fetchReply, findReply } from "../contracts/final-reply.ts";
import { untilFinal } from "../contracts/until-final.ts";
import { type VerifiedReceipt, verifyReceipt } from "./verify-receipt.ts";

export interface ReceiptInput {
  readonly contract: Uint8Array;
  readonly cluster: Uint8Array;
  readonly commandId: Uint8Array;
  /** Block that included the command. */
  readonly block: BlockRef;
  /** Ephemeral secret that the command was sealed with: shows what was asked. */
  readonly ephemeralSecret?: Uint8Array;
  /** Secret of the command's reply key: shows what was answered. */
  readonly replySecret?: Uint8Array;
  readonly timeoutMs?: number;
}

export interface MadeReceipt {
  readonly bytes: Uint8Array;
  readonly verified: VerifiedReceipt;
}

/** Waits until the command's root is final. */
export async function makeReceipt(
  chain: Pick<Chain, "rpc" | "read" | "finality" | "genesisHash">,
  input: ReceiptInput,
): Promise<MadeReceipt> {
  const { contract, cluster, commandId, block } = input;
  await untilFinal(chain, cluster, block.number, input.timeoutMs);
  const at = chain.finality.head;
  const found = await findReply(chain, input, at, block.number);
  if (found === undefined)
    throw new PhaError(
      "receipt/not-found",
      "no step that the node still has holds a reply to the command",
      {
        facts: { commandId: toHex(commandId) },
        hint: "Make receipts soon after the command, and at a node that has the steps of that time.",
      },
    );
  const { index, step, reply } = found;
  const stepKey = STORAGE.step.key(cluster, index);
  const genesis = fieldsOf(await chain.rpc.request("pha_genesis", []));
  const receipt: Receipt = {
    version: RECEIPT_VERSION,
    genesisHeader: bytesOf(genesis["header"]),
    genesisProof: decoded(ReadProof, genesis["proof"]),
    ...(await provenFinal(chain, stepKey, at.number)),
    cluster,
    index,
    blocks: await headersBetween(chain, block.number, step.block.number),
    contract,
    commandId,
    commandProof: await readProof(chain.rpc, block.hash, [
      STORAGE.outboundMessages.key,
      STORAGE.contract.key(contract),
      STORAGE.sealingKeys.key(contract),
    ]),
    opening: {
      command: input.ephemeralSecret && clampedSecret(input.ephemeralSecret),
      reply: input.replySecret && clampedSecret(input.replySecret),
      replyBlob:
        input.replySecret && reply.sealed?.type === "Blob"
          ? await fetchReply(chain, reply.sealed)
          : undefined,
    },
  };
  const bytes = encode(Receipt, receipt);
  const verified = verifyReceipt(bytes, chain);
  if (verified.ok) return { bytes, verified: verified.value };
  throw new PhaError(
    "receipt/not-made",
    `the node's proofs make no receipt: ${verified.error.code}`,
    {
      facts: { reason: verified.error.code, commandId: toHex(commandId) },
      hint: "Ask a node that keeps the states of the command's block and has its steps.",
    },
  );
}

/** From genesis to a finalized block at or after `least`, whose state holds the step. */
async function provenFinal(
  { rpc }: Pick<Chain, "rpc">,
  stepKey: Uint8Array,
  least: number,
): Promise<Pick<Receipt, "headers" | "justifications" | "stepProof">> {
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
    const stepProof = await readProof(rpc, headerHash(header.value), [stepKey]);
    return { headers, justifications, stepProof };
  }
}

async function headersBetween(
  { rpc }: Pick<Chain, "rpc">,
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

async function readProof(
  rpc: Chain["rpc"],
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
