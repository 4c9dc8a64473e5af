/**
 * What the node asks its signer, and the answers: the enum's index is the frame's kind.
 *
 * A secret crosses in two requests, both from the node: the development path that a preset names (`Open`), and the one
 * that an operator inserts over RPC (`Insert`). None ever comes back. **Bounds**: a frame is at most
 * `MAX_SIGNER_FRAME_BYTES` long. **Trust**: requests are the node's, which executes the runtime and speaks with everybody: they are
 * decoded strictly, and nothing is signed whose meaning the signer does not read itself.
 */
import { BlockRef, Header, MAX_HEADER_BYTES, type VoteKind } from "@pha/consensus";
import {
  boundedStr,
  type Codec,
  type CodecType,
  fixedBytes,
  mapCodec,
  option,
  PhaError,
  struct,
  tuple,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import type { KeyType, StoredKey } from "./keystore.ts";

/** A header, and what is around it. */
export const MAX_SIGNER_FRAME_BYTES = MAX_HEADER_BYTES + 1_024;
export const MAX_STORED_KEYS = 2_048;
const MAX_TEXT = 4_096;
const MAX_FACTS = 16;

const key = fixedBytes(32);
const signature = fixedBytes(64);
const text = boundedStr(MAX_TEXT);

function oneOf<const T extends string>(names: readonly T[]): Codec<T> {
  const cases = Object.fromEntries(names.map((name, index) => [name, variant(index, unit)]));
  return mapCodec(
    variants(cases),
    // The codec above has exactly these names.
    ({ type }) => type as T,
    (type) => ({ type, value: undefined }),
  );
}

const KeyTypeCodec: Codec<KeyType> = oneOf(["babe", "gran"]);
const VoteKindCodec: Codec<VoteKind> = oneOf(["prevote", "precommit", "proposal"]);
const SlotQuestion = struct({ key, randomness: fixedBytes(32), slot: u64, epoch: u64 });
const Pair = struct({ babe: key, grandpa: key });
const Keys: Codec<readonly StoredKey[]> = vec(struct({ type: KeyTypeCodec, key }), MAX_STORED_KEYS);

export const SignerRequest = variants({
  /** First, once. */
  Open: variant(0, struct({ folder: option(text), authority: option(text) })),
  /** Reads again which keys there are: another program may have made some. */
  List: variant(1, unit),
  Draw: variant(2, SlotQuestion),
  /** Draws, and proves it. */
  Prove: variant(3, SlotQuestion),
  Seal: variant(4, struct({ key, header: Header })),
  Vote: variant(5, struct({ key, kind: VoteKindCodec, setId: u64, round: u64, target: BlockRef })),
  Generate: variant(6, unit),
  Insert: variant(7, struct({ type: KeyTypeCodec, uri: text, key })),
  ProveOwnership: variant(8, struct({ pair: Pair, owner: key })),
});
export type SignerRequest = CodecType<typeof SignerRequest>;

export const SignerAnswer = variants({
  /** To `Open` and `List`. */
  Keys: variant(0, Keys),
  Drawn: variant(1, fixedBytes(32)),
  Proven: variant(2, struct({ preOutput: fixedBytes(32), proof: signature })),
  /** To `Seal` and `Vote`. */
  Signature: variant(3, signature),
  Generated: variant(4, Pair),
  Inserted: variant(5, unit),
  Ownership: variant(6, fixedBytes(128)),
  Failed: variant(
    7,
    struct({
      code: boundedStr(128),
      message: text,
      hint: text,
      facts: vec(tuple(boundedStr(64), text), MAX_FACTS),
    }),
  ),
});
export type SignerAnswer = CodecType<typeof SignerAnswer>;

/** Carries a request to a signer, and its answer back. @throws PhaError `signer/ended`, `signer/busy` */
export type AskSigner = (request: SignerRequest) => Promise<SignerAnswer>;

export function failedAnswer({ code, message, hint = "", facts }: PhaError): SignerAnswer {
  const given = Object.entries(facts).map(([name, fact]): [string, string] => [
    name,
    String(fact).slice(0, MAX_TEXT / 4),
  ]);
  return { type: "Failed", value: { code, message, hint, facts: given.slice(0, MAX_FACTS) } };
}

export function errorOf({
  value: { code, message, hint, facts },
}: SignerAnswer & { readonly type: "Failed" }): PhaError {
  return new PhaError(code, message, { facts: Object.fromEntries(facts), hint });
}
