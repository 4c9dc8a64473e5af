/**
 * The reply to a command as the chain has it: in the final step of the cluster, or as a blob that the step names.
 *
 * **Bounds**: the newest `SEARCHED_STEPS` steps are looked through. **Trust**: the node is not trusted; a step is proven
 * under a verified header, and a blob is what hashes to its name. The reply is the majority's, not one replica's.
 */
import { blake2b256 } from "@pha/crypto";
import {
  type BlockRef,
  cidText,
  openReply,
  type Reply,
  type ReplyBody,
  type SealedReply,
  STORAGE,
  StateStep,
  sealedBytes,
} from "@pha/protocol";
import { decode, equalBytes, PhaError, parseHex, toHex, vec } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import type { VerifiedBlock } from "../chain/verified-heads.ts";

const STEPS_AT_ONCE = 16;
const SEARCHED_STEPS = 1024;
const Steps = vec(StateStep, STEPS_AT_ONCE);

export interface CommandName {
  readonly contract: Uint8Array;
  readonly cluster: Uint8Array;
  readonly commandId: Uint8Array;
}

/** The command whose reply is looked for. */
export interface FinalReplyInput extends CommandName {
  /** Block that included the command. */
  readonly block: BlockRef;
  /** The command as it was sealed. */
  readonly sealed: Uint8Array;
  /** Secret of the command's reply key. */
  readonly replySecret: Uint8Array;
}

/** A reply that the finalized chain holds. */
export interface FinalReply {
  readonly body: ReplyBody;
  /** Step of the cluster that holds or names it. */
  readonly index: bigint;
}

/** As a node says it. */
export interface FoundReply {
  readonly index: bigint;
  readonly step: StateStep;
  readonly reply: Reply;
}

/**
 * Finds, proves and opens a final reply.
 *
 * @returns nothing while no step that is final and kept replies to the command
 * @throws PhaError `reply/blob-missing`, `reply/other-blob`, `reply/not-opened`, `command/not-opened`
 */
export async function finalReply(
  chain: Pick<Chain, "rpc" | "read" | "finality" | "genesisHash">,
  input: FinalReplyInput,
): Promise<FinalReply | undefined> {
  const { commandId, block } = input;
  const at = chain.finality.head;
  const found = await findReply(chain, input, at, block.number);
  if (found === undefined) return undefined;
  const { key, value } = STORAGE.step;
  const step = await chain.read({ key: key(input.cluster, found.index), value }, at);
  const reply = step && replyTo(step, input);
  if (reply === undefined) return undefined;
  if (reply.sealed === undefined) throw notOpened(commandId);
  const opened = openReply({
    genesisHash: chain.genesisHash,
    commandId,
    sealedHash: blake2b256(input.sealed),
    block,
    sealed: await fetchReply(chain, reply.sealed),
    replySecretKey: input.replySecret,
  });
  if (opened.ok) return { body: opened.value, index: found.index };
  throw new PhaError("reply/not-opened", "the final reply does not open", {
    facts: { commandId: toHex(commandId), reason: opened.error.code },
    hint: "Give the secret that the command was made with and the finalized block that included it.",
  });
}

export function notOpened(commandId: Uint8Array): PhaError {
  return new PhaError("command/not-opened", "the replicas could not open the command", {
    facts: { commandId: toHex(commandId) },
    hint: "Seal it again: the contract's key has changed, or the command was altered.",
  });
}

/** Sealed bytes of a reply; of a blob those that the node gives for its name. */
export async function fetchReply(
  { rpc }: Pick<Chain, "rpc">,
  sealed: SealedReply,
): Promise<Uint8Array> {
  if (sealed.type === "OnChain") return sealed.value;
  const cid = cidText(sealed.value.digest);
  const answer = await rpc.request("pha_getBlob", [cid]);
  const parsed = typeof answer === "string" ? parseHex(answer) : undefined;
  const bytes = sealedBytes(sealed, parsed?.ok ? parsed.value : undefined);
  if (bytes.ok) return bytes.value;
  if (answer === null)
    throw new PhaError("reply/blob-missing", "the node does not keep the reply", {
      facts: { cid, bytes: sealed.value.bytes },
      hint: "Ask the node of one of the cluster's operators. A reply goes with its step, 256 blocks after a snapshot that holds what it did.",
    });
  throw new PhaError("reply/other-blob", "the node gave another content than the reply", {
    facts: { cid, bytes: sealed.value.bytes },
    hint: "Connect to another node: this one is damaged, or lies.",
  });
}

/**
 * Looks from the newest final step back for one that replies to a command; nothing of it is proven.
 *
 * @param least block before which no step is looked at
 */
export async function findReply(
  chain: Pick<Chain, "rpc" | "read">,
  command: CommandName,
  at: VerifiedBlock,
  least: number,
): Promise<FoundReply | undefined> {
  const { cluster } = command;
  const { root } = STORAGE;
  const final = await chain.read({ key: root.key(cluster), value: root.value }, at);
  let end = Number(final?.index ?? -1n) + 1;
  for (const first = Math.max(0, end - SEARCHED_STEPS); end > first; ) {
    const from = Math.max(first, end - STEPS_AT_ONCE);
    const answer = await chain.rpc.request("pha_clusterSteps", [toHex(cluster), from, end - from]);
    const steps = stepsOf(answer);
    for (const [place, step] of steps.entries()) {
      const reply = replyTo(step, command);
      if (reply) return { index: BigInt(from + place), step, reply };
    }
    if ((steps[0]?.block.number ?? 0) < least) return undefined;
    end = from;
  }
  return undefined;
}

function replyTo({ replies }: StateStep, { contract, commandId }: CommandName): Reply | undefined {
  return replies.find(
    (one) => equalBytes(one.contract, contract) && equalBytes(one.commandId, commandId),
  );
}

function stepsOf(hex: unknown): readonly StateStep[] {
  const parsed = typeof hex === "string" ? parseHex(hex) : undefined;
  const steps = parsed?.ok ? decode(Steps, parsed.value) : undefined;
  if (steps?.ok) return steps.value;
  throw new PhaError("rpc/malformed-answer", "the node's answer cannot be read", {
    hint: "Connect to another node, or use an SDK of the same release.",
  });
}
