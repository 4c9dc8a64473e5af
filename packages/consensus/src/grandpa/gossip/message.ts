/**
 * What peers say to each other on `grandpa/1`: encodings only.
 *
 * **Bounds**: a message is at most `MAX_GOSSIP_BYTES` long; its lists are bounded by the number of authorities, twice
 * that in a catch-up, where an equivocating voter has two votes. **Trust**: bytes come from peers.
 *
 * @see polkadot-spec "GRANDPA messages"
 */
import {
  type Codec,
  type DecodeError,
  decode,
  encode,
  fail,
  mapCodec,
  type Result,
  struct,
  u32,
  u64,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { MAX_AUTHORITIES } from "../../authorities.ts";
import { BlockRef } from "../../block-ref.ts";
import { Commit } from "../justification.ts";
import { SignedTarget, VoteMessage } from "../vote.ts";

/** As Substrate limits notifications of this protocol. */
export const MAX_GOSSIP_BYTES = 1 << 20;

/** Where a peer says it is. */
export interface NeighbourPacket {
  readonly round: bigint;
  readonly setId: bigint;
  readonly finalizedNumber: number;
}

export const NeighbourPacket: Codec<NeighbourPacket> = mapCodec(
  variants({ V1: variant(1, struct({ round: u64, setId: u64, finalizedNumber: u32 })) }),
  ({ value }) => value,
  (value) => ({ type: "V1" as const, value }),
);

export interface CatchUpRequest {
  /** A round that the asked peer has completed. */
  readonly round: bigint;
  readonly setId: bigint;
}

export const CatchUpRequest: Codec<CatchUpRequest> = struct({ round: u64, setId: u64 });

/** The votes that complete a round. */
export interface CatchUp {
  readonly setId: bigint;
  readonly round: bigint;
  readonly prevotes: readonly SignedTarget[];
  readonly precommits: readonly SignedTarget[];
  /** Finalized when the round began. */
  readonly base: BlockRef;
}

export const CatchUp: Codec<CatchUp> = struct({
  setId: u64,
  round: u64,
  prevotes: vec(SignedTarget, 2 * MAX_AUTHORITIES),
  precommits: vec(SignedTarget, 2 * MAX_AUTHORITIES),
  base: BlockRef,
});

export type GossipMessage =
  | { readonly type: "Vote"; readonly value: VoteMessage }
  | { readonly type: "Commit"; readonly value: Commit }
  | { readonly type: "Neighbour"; readonly value: NeighbourPacket }
  | { readonly type: "CatchUpRequest"; readonly value: CatchUpRequest }
  | { readonly type: "CatchUp"; readonly value: CatchUp };

export const GossipMessage: Codec<GossipMessage> = variants({
  Vote: variant(0, VoteMessage),
  Commit: variant(1, Commit),
  Neighbour: variant(2, NeighbourPacket),
  CatchUpRequest: variant(3, CatchUpRequest),
  CatchUp: variant(4, CatchUp),
});

export type GossipMessageError =
  | DecodeError
  | { readonly code: "gossip/too-long"; readonly length: number; readonly maxBytes: number };

export function decodeGossipMessage(bytes: Uint8Array): Result<GossipMessage, GossipMessageError> {
  if (bytes.length > MAX_GOSSIP_BYTES)
    return fail({ code: "gossip/too-long", length: bytes.length, maxBytes: MAX_GOSSIP_BYTES });
  return decode(GossipMessage, bytes);
}

export function encodeGossipMessage(message: GossipMessage): Uint8Array {
  return encode(GossipMessage, message);
}
