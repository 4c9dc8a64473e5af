/**
 * Commands and their replies (protocol §4): what is clear on chain, what is sealed, and how.
 *
 * **Trust**: the clear part is what the chain accepted; the sealed part is hostile until it opens, and its content is
 * hostile to the contract afterwards.
 */
import {
  blake2b256,
  hkdf,
  hpkeOpen,
  hpkeSeal,
  hpkeSenderContext,
  isHpkeRecipient,
  x25519PublicKey,
} from "@pha/crypto";
import {
  boundedBytes,
  boundedStr,
  bytes,
  type CodecType,
  checked,
  concatBytes,
  decode,
  encode,
  equalBytes,
  fail,
  ok,
  option,
  type Result,
  struct,
  u8,
  u32,
  u64,
  u128,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { BlobRef, blobRefOf } from "./cid.ts";
import { DOMAIN } from "./domain.ts";
import { AccountId, BlockRef, Hash, Selector, X25519Key } from "./ids.ts";
import { COMMAND_BUCKETS, type PaddingError, pad, unpad } from "./padding.ts";

/** HPKE base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. 2 is reserved for X-Wing. */
export const SUITE_X25519 = 1;
/** suite ‖ encapsulated key ‖ ciphertext with tag of the largest bucket. */
export const MAX_SEALED_BYTES = 1 + 32 + 262144 + 16;

/** Clear part of a command, as the chain queues it on topic `pha/contract/command`. */
export const Command = struct(
  {
    /** Signed origin of the dispatch. */
    origin: AccountId,
    contract: Hash,
    /** Random; unique per contract until `expiry`. */
    commandId: Hash,
    generation: u64,
    epoch: u64,
    /** Refuse to run on other code than this. */
    codeHash: option(Hash),
    fuelLimit: u64,
    value: u128,
    /** Last block that may include the command. */
    expiry: u32,
    sealed: boundedBytes(MAX_SEALED_BYTES),
  },
  { path: ["pha_protocol", "command", "Command"] },
);
export type Command = CodecType<typeof Command>;

/** Secret part of a command. */
export const CommandBody = struct({
  selector: Selector,
  /** SCALE struct of the arguments. */
  args: bytes,
  /** Fresh X25519 key that receives the reply. */
  replyKey: X25519Key,
});
export type CommandBody = CodecType<typeof CommandBody>;

type ClearPart = Omit<Command, "sealed">;

const Info = struct({
  version: u8,
  genesisHash: Hash,
  contract: Hash,
  generation: u64,
  epoch: u64,
});
/** Everything clear that the sealed part is bound to. */
export const CommandAad = struct({
  origin: AccountId,
  contract: Hash,
  commandId: Hash,
  codeHash: option(Hash),
  fuelLimit: u64,
  value: u128,
  expiry: u32,
});

/** Context of a command's HPKE. */
export function commandInfo(genesisHash: Uint8Array, clear: ClearPart): Uint8Array {
  const { contract, generation, epoch } = clear;
  return concatBytes(
    DOMAIN.command,
    encode(Info, { version: 1, genesisHash, contract, generation, epoch }),
  );
}

export function sealCommand(input: {
  readonly genesisHash: Uint8Array;
  readonly clear: ClearPart;
  readonly body: CommandBody;
  /** Current sealing key of the contract. */
  readonly sealingKey: Uint8Array;
  /** 32 fresh random bytes. */
  readonly ephemeralSecret: Uint8Array;
}): Result<Uint8Array, PaddingError> {
  const padded = pad(encode(CommandBody, input.body), COMMAND_BUCKETS);
  if (!padded.ok) return padded;
  const { enc, ciphertext } = hpkeSeal({
    recipient: input.sealingKey,
    ephemeralSecret: input.ephemeralSecret,
    info: commandInfo(input.genesisHash, input.clear),
    aad: encode(CommandAad, input.clear),
    plaintext: padded.value,
  });
  return ok(concatBytes(Uint8Array.of(SUITE_X25519), enc, ciphertext));
}

/** Why a queued command was not run; the chain shows no more than that it was not. */
export type OpenCommandError =
  | { readonly code: "command/unknown-suite"; readonly suite: number }
  | { readonly code: "command/truncated" }
  | { readonly code: "command/not-opened" }
  | { readonly code: "command/malformed" };

export function openCommand(input: {
  readonly genesisHash: Uint8Array;
  readonly command: Command;
  readonly sealingSecret: Uint8Array;
}): Result<CommandBody, OpenCommandError> {
  const { genesisHash, command, sealingSecret: secret } = input;
  return openedBody(command, (enc, aad, ciphertext) =>
    hpkeOpen({ secret, enc, info: commandInfo(genesisHash, command), aad, ciphertext }),
  );
}

/** As its sender, who still has the ephemeral secret: shows a third party what was sealed. */
export function openOwnCommand(input: {
  readonly genesisHash: Uint8Array;
  readonly command: Command;
  /** The contract's key that it was sealed to; without it a ciphertext could have two openings. */
  readonly sealingKey: Uint8Array;
  readonly ephemeralSecret: Uint8Array;
}): Result<CommandBody, OpenCommandError> {
  const { genesisHash, command, sealingKey: recipient, ephemeralSecret } = input;
  return openedBody(command, (enc, aad, ciphertext) => {
    if (!isHpkeRecipient(recipient)) return undefined;
    const info = commandInfo(genesisHash, command);
    const sender = hpkeSenderContext({ recipient, ephemeralSecret, info });
    return equalBytes(sender.enc, enc) ? sender.context.open(aad, ciphertext) : undefined;
  });
}

function openedBody(
  command: Command,
  open: (enc: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array) => Uint8Array | undefined,
): Result<CommandBody, OpenCommandError> {
  const { sealed } = command;
  const suite = sealed[0];
  if (suite === undefined || sealed.length < 1 + 32 + 16)
    return fail({ code: "command/truncated" });
  if (suite !== SUITE_X25519) return fail({ code: "command/unknown-suite", suite });
  const aad = encode(CommandAad, command);
  const plaintext = open(sealed.subarray(1, 33), aad, sealed.subarray(33));
  if (plaintext === undefined) return fail({ code: "command/not-opened" });
  const content = unpad(plaintext, COMMAND_BUCKETS);
  if (!content.ok) return fail({ code: "command/malformed" });
  const body = decode(CommandBody, content.value);
  return body.ok ? body : fail({ code: "command/malformed" });
}

/** Result of a command; exact fuel and the reason of a failure are inside the sealed reply only. */
export const ReplyBody = struct({
  outcome: variants({
    Ok: variant(0, bytes),
    /** The contract refused: its own error code. */
    Failed: variant(1, boundedStr(256)),
    /** The engine stopped it: fuel, stack, memory or engine. */
    Trapped: variant(2, boundedStr(32)),
  }),
  fuelUsed: u64,
});
export type ReplyBody = CodecType<typeof ReplyBody>;

/** Encapsulated key and tag around a reply's padded content. */
export const REPLY_OVERHEAD_BYTES = 32 + 16;
/** Longest sealed reply that a commit carries, 1 KiB of content; a larger one is a blob. */
export const MAX_ON_CHAIN_REPLY_BYTES = 1024 + REPLY_OVERHEAD_BYTES;
/** Longest sealed reply. */
export const MAX_SEALED_REPLY_BYTES = (COMMAND_BUCKETS.at(-1) ?? 0) + REPLY_OVERHEAD_BYTES;
/** Most replies of one commit that are blobs. */
export const MAX_REPLY_BLOBS = 64;
/**
 * Most bytes of them, four of the longest: with deltas of the largest size the blobs of all steps that the chain keeps, and
 * the snapshots, have room in a cluster's share of a node, a quarter of 4 GiB.
 */
export const MAX_REPLY_BLOB_BYTES: number = 4 * MAX_SEALED_REPLY_BYTES;

/** Where a sealed reply is; its length alone says which, so that a reply has one name. */
export const SealedReply = variants(
  {
    OnChain: variant(0, boundedBytes(MAX_ON_CHAIN_REPLY_BYTES)),
    Blob: variant(
      1,
      checked(
        BlobRef,
        ({ bytes }) => bytes > MAX_ON_CHAIN_REPLY_BYTES && bytes <= MAX_SEALED_REPLY_BYTES,
      ),
    ),
  },
  { path: ["pha_protocol", "command", "SealedReply"] },
);
export type SealedReply = CodecType<typeof SealedReply>;

/** One entry of a commit's replies; `sealed` is absent for a command that did not open. */
export const Reply = struct(
  { contract: Hash, commandId: Hash, sealed: option(SealedReply) },
  { path: ["pha_protocol", "command", "Reply"] },
);
export type Reply = CodecType<typeof Reply>;
export const Replies = vec(Reply, 1 << 16);

/** The reply where the commit has room for it, its name where not. */
export function placedReply(sealed: Uint8Array): SealedReply {
  return sealed.length <= MAX_ON_CHAIN_REPLY_BYTES
    ? { type: "OnChain", value: sealed }
    : { type: "Blob", value: blobRefOf(sealed) };
}

/** Names of the replies that are blobs, one a reply. */
export function replyBlobs(replies: readonly Reply[]): readonly BlobRef[] {
  return replies.flatMap(({ sealed }) => (sealed?.type === "Blob" ? [sealed.value] : []));
}

/** blake2b-256 of the sealed reply, wherever that is. */
export function replyHash(sealed: SealedReply): Uint8Array {
  return sealed.type === "Blob" ? sealed.value.digest : blake2b256(sealed.value);
}

/**
 * Sealed bytes of a final reply.
 *
 * @param blob what somebody gave for its name, where it is a blob
 */
export function sealedBytes(
  sealed: SealedReply,
  blob: Uint8Array | undefined,
): Result<Uint8Array, { readonly code: "reply/blob-missing" | "reply/other-blob" }> {
  if (sealed.type === "OnChain") return ok(sealed.value);
  if (blob === undefined) return fail({ code: "reply/blob-missing" });
  const { digest, bytes: length } = sealed.value;
  const isNamed = blob.length === length && equalBytes(blake2b256(blob), digest);
  return isNamed ? ok(blob) : fail({ code: "reply/other-blob" });
}

/** Digest of a block's replies in the order of the commands. */
export function repliesRoot(replies: readonly Reply[]): Uint8Array {
  return blake2b256(concatBytes(DOMAIN.repliesRoot, encode(Replies, replies)));
}

const ReplyInfo = struct({ genesisHash: Hash, commandId: Hash, sealedHash: Hash, block: BlockRef });

interface ReplyContext {
  readonly genesisHash: Uint8Array;
  readonly commandId: Uint8Array;
  /** blake2b-256 of the sealed command. */
  readonly sealedHash: Uint8Array;
  /** Block that included the command. */
  readonly block: BlockRef;
}

function replyInfo(context: ReplyContext): Uint8Array {
  return concatBytes(DOMAIN.reply, encode(ReplyInfo, context));
}

/** Deterministic: every replica makes the same bytes, and different replies never share a key. */
export function sealReply(
  input: ReplyContext & {
    readonly body: ReplyBody;
    readonly replyKey: Uint8Array;
    readonly replySecret: Uint8Array;
  },
): Result<Uint8Array, PaddingError> {
  const padded = pad(encode(ReplyBody, input.body), COMMAND_BUCKETS);
  if (!padded.ok) return padded;
  const ephemeralSecret = hkdf(
    input.replySecret,
    new Uint8Array(0),
    concatBytes(DOMAIN.replyEphemeral, input.commandId, input.replyKey, blake2b256(padded.value)),
    32,
  );
  const { enc, ciphertext } = hpkeSeal({
    recipient: input.replyKey,
    ephemeralSecret,
    info: replyInfo(input),
    aad: new Uint8Array(0),
    plaintext: padded.value,
  });
  return ok(concatBytes(enc, ciphertext));
}

export function openReply(
  input: ReplyContext & { readonly sealed: Uint8Array; readonly replySecretKey: Uint8Array },
): Result<ReplyBody, { readonly code: "reply/not-opened" | "reply/malformed" }> {
  const plaintext = hpkeOpen({
    secret: input.replySecretKey,
    enc: input.sealed.subarray(0, 32),
    info: replyInfo(input),
    aad: new Uint8Array(0),
    ciphertext: input.sealed.subarray(32),
  });
  if (plaintext === undefined) return fail({ code: "reply/not-opened" });
  const content = unpad(plaintext, COMMAND_BUCKETS);
  if (!content.ok) return fail({ code: "reply/malformed" });
  const body = decode(ReplyBody, content.value);
  return body.ok ? body : fail({ code: "reply/malformed" });
}

/** Public key of a fresh reply secret. */
export function replyPublicKey(secret: Uint8Array): Uint8Array {
  return x25519PublicKey(secret);
}

/** Charged fuel: the declared limit rounded up to a power of two (protocol §4). */
export function chargedFuel(limit: bigint): bigint {
  let charged = 1n;
  while (charged < limit) charged <<= 1n;
  return charged;
}
