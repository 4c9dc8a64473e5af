/**
 * The way from the genesis hash to a finalized header, as every receipt holds it.
 *
 * **Trust**: the receipt is hostile; assumed is what a light client assumes of the voters.
 */
import {
  decodeHeader,
  type Header,
  startFromGenesis,
  verifyEncodedWarp,
  type WarpError,
} from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { MAX_RECEIPT_BYTES, type Receipt, STORAGE } from "@pha/protocol";
import { type Codec, decode, equalBytes, fail, ok, type Result } from "@pha/scale";
import { type ProofView, verifyProof } from "@pha/state";

export type FinalityError =
  | { readonly code: "receipt/malformed" }
  | { readonly code: "receipt/other-network" }
  | { readonly code: "receipt/bad-proof"; readonly of: "voters" }
  /** The way from genesis to a finalized header is broken. */
  | { readonly code: "receipt/not-finalized"; readonly cause: WarpError["code"] };

export type FinalityProof = Pick<
  Receipt,
  "genesisHeader" | "genesisProof" | "headers" | "justifications"
>;

/** A receipt of this network, and the header that everything in it hangs on, before anything says that it is final. */
export function openReceipt<R extends FinalityProof>(
  codec: Codec<R>,
  encoded: Uint8Array,
  genesisHash: Uint8Array,
): Result<{ readonly receipt: R; readonly head: Header }, FinalityError> {
  if (encoded.length > MAX_RECEIPT_BYTES) return fail({ code: "receipt/malformed" });
  const decoded = decode(codec, encoded);
  if (!decoded.ok) return fail({ code: "receipt/malformed" });
  const receipt = decoded.value;
  if (!equalBytes(blake2b256(receipt.genesisHeader), genesisHash))
    return fail({ code: "receipt/other-network" });
  const last = receipt.headers.at(-1);
  if (last === undefined) return fail({ code: "receipt/not-finalized", cause: "warp/empty" });
  const head = decodeHeader(last);
  return head.ok
    ? ok({ receipt, head: head.value })
    : fail({ code: "receipt/not-finalized", cause: "light/bad-header" });
}

/** The way from genesis to that header, change of voters by change of voters. */
export function verifyFinality(receipt: FinalityProof): Result<undefined, FinalityError> {
  const genesis = decodeHeader(receipt.genesisHeader);
  if (!genesis.ok || genesis.value.number !== 0) return fail({ code: "receipt/malformed" });
  const { stateRoot } = genesis.value;
  const view = verifyProof({ root: stateRoot, proof: receipt.genesisProof });
  const voters = view.ok ? shown(view.value, STORAGE.grandpaAuthorities) : undefined;
  if (voters === undefined) return fail({ code: "receipt/bad-proof", of: "voters" });
  const start = startFromGenesis({
    genesisHeader: genesis.value,
    set: { setId: 0n, authorities: voters.map(([key, weight]) => ({ key, weight })) },
  });
  const warped = verifyEncodedWarp(start, receipt);
  return warped.ok
    ? ok(undefined)
    : fail({ code: "receipt/not-finalized", cause: warped.error.code });
}

/** A value that the proof shows and that decodes. */
export function shown<T>(
  view: ProofView,
  { key, value }: { readonly key: Uint8Array; readonly value: Codec<T> },
): T | undefined {
  const found = view.get(key);
  const decoded = found.ok && found.value ? decode(value, found.value) : undefined;
  return decoded?.ok ? decoded.value : undefined;
}
