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
import { type Receipt, STORAGE } from "@pha/protocol";
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

/** The header that everything hangs on, before anything says that it is final. */
export function claimedHead(
  { genesisHeader, headers }: FinalityProof,
  genesisHash: Uint8Array,
): Result<Header, FinalityError> {
  if (!equalBytes(blake2b256(genesisHeader), genesisHash))
    return fail({ code: "receipt/other-network" });
  const last = headers.at(-1);
  if (last === undefined) return fail({ code: "receipt/not-finalized", cause: "warp/empty" });
  const header = decodeHeader(last);
  return header.ok
    ? header
    : fail({ code: "receipt/not-finalized", cause: "light/bad-header" } as const);
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
