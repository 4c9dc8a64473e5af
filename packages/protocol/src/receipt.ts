/**
 * Receipts (protocol §9): what a user keeps to prove later, without any network, that a command ran with that reply.
 *
 * ```
 * genesis ── set changes ──► finalized header ──► step (root, replies) ──► its block ── headers ──► the command's block
 *  voters     justified       read proof                                    read proof: command, contract, sealing key
 * ```
 * A receipt is only proofs; whoever verifies it (`verifyReceipt` of the SDK) trusts the genesis hash and nothing else.
 * With an opening it shows content too: the one-time secret of the sealing shows what was asked, the one-time reply key
 * what was answered. Each is good for this one command, and may be left out or taken away.
 *
 * **Bounds**: `MAX_RECEIPT_BYTES`, `MAX_RECEIPT_BLOCKS` headers, a warp's bounds for the way from genesis.
 * **Not here**: single fields of the state (`state-receipt.ts`); the delta in the step stays sealed.
 */
import {
  boundedBytes,
  type Codec,
  type CodecType,
  checked,
  mapCodec,
  option,
  struct,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { MAX_SEALED_REPLY_BYTES } from "./command.ts";
import { Hash } from "./ids.ts";
import { MAX_WARP_HEADERS, ReadProof } from "./sync.ts";

export const RECEIPT_VERSION = 2;
export const MAX_RECEIPT_BYTES = 32 << 20;
/** Most blocks from the one that included a command to the one at which it ran, both counted. */
export const MAX_RECEIPT_BLOCKS = 256;

/** X25519 secrets in the one form that has no other bytes for the same key. */
const ClampedSecret: Codec<Uint8Array> = checked(
  Hash,
  (secret) => ((secret[0] ?? 0) & 7) === 0 && ((secret[31] ?? 0) & 0xc0) === 0x40,
);

/** The same X25519 key, with the bits set that the key agreement sets anyway. */
export function clampedSecret(secret: Uint8Array): Uint8Array {
  const clamped = secret.slice();
  clamped[0] = (clamped[0] ?? 0) & 0xf8;
  clamped[31] = ((clamped[31] ?? 0) & 0x3f) | 0x40;
  return clamped;
}

export const EncodedHeader = boundedBytes(64 << 10);
export const EncodedJustification = boundedBytes(1 << 20);

/** The first byte of a receipt of this kind and version, which has no other value. */
export const receiptVersion = <const V extends number>(version: V): Codec<V> =>
  mapCodec(
    variants({ V: variant(version, unit) }),
    () => version,
    () => ({ type: "V", value: undefined }),
  );

/** Fields of every receipt: the way from the genesis hash to a finalized block. */
export const WAY_FROM_GENESIS = {
  /** Header of block 0, and the first voters proven under it. */
  genesisHeader: EncodedHeader,
  genesisProof: ReadProof,
  /** Headers that change the voters, ascending, and last the one under which, or an ancestor of which, the rest is proven. */
  headers: vec(EncodedHeader, MAX_WARP_HEADERS),
  justifications: vec(EncodedJustification, MAX_WARP_HEADERS),
};

export const Receipt = struct({
  version: receiptVersion(RECEIPT_VERSION),
  ...WAY_FROM_GENESIS,
  cluster: Hash,
  /** Index of the step; `PhaContractState.Steps` holds only final ones. */
  index: u64,
  stepProof: ReadProof,
  /** Headers from the block that included the command to the step's, contiguous, ascending. */
  blocks: vec(EncodedHeader, MAX_RECEIPT_BLOCKS),
  contract: Hash,
  commandId: Hash,
  /** Messages of the including block, the contract's record and its sealing keys, under the block's state root. */
  commandProof: ReadProof,
  opening: struct({
    /** Ephemeral X25519 secret of the sealed command. */
    command: option(ClampedSecret),
    /** X25519 secret that the reply is sealed to. */
    reply: option(ClampedSecret),
    /** The sealed reply where the step names it as a blob and the receipt opens it: nobody keeps blobs for ever. */
    replyBlob: option(boundedBytes(MAX_SEALED_REPLY_BYTES)),
  }),
});
export type Receipt = CodecType<typeof Receipt>;

/** The same proof that the command ran, without a word of what was asked or answered. */
export function withoutOpening(receipt: Receipt): Receipt {
  return { ...receipt, opening: { command: undefined, reply: undefined, replyBlob: undefined } };
}
