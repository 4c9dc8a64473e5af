/** What BEEFY validators sign: encodings of commitments, signed ones, and the leaves under the root they commit to. */
import { keccak256 } from "@pha/crypto";
import {
  boundedBytes,
  type Codec,
  encode,
  fixedBytes,
  struct,
  tuple,
  u8,
  u32,
  u64,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { MAX_AUTHORITIES } from "../authorities.ts";

const MAX_PAYLOADS = 16;
const MAX_PAYLOAD_BYTES = 1024;

/** Identifier of the payload that is the root of the Merkle mountain range: "mh". */
export const MMR_ROOT_ID: Uint8Array = Uint8Array.of(0x6d, 0x68);

export interface BeefyCommitment {
  /** By identifier of two bytes. */
  readonly payload: readonly (readonly [id: Uint8Array, data: Uint8Array])[];
  readonly blockNumber: number;
  readonly validatorSetId: bigint;
}

const payload: Codec<readonly (readonly [Uint8Array, Uint8Array])[]> = vec(
  tuple(fixedBytes(2), boundedBytes(MAX_PAYLOAD_BYTES)),
  MAX_PAYLOADS,
);

export const BeefyCommitment: Codec<BeefyCommitment> = struct({
  payload,
  blockNumber: u32,
  validatorSetId: u64,
});

export interface SignedBeefyCommitment {
  readonly commitment: BeefyCommitment;
  /** One per validator of the set, the first in the highest bit of the first byte. */
  readonly signaturesFrom: Uint8Array;
  readonly validatorSetLength: number;
  /** ECDSA, 65 bytes each, in the order of the validators that signed. */
  readonly signatures: readonly Uint8Array[];
}

export const SignedBeefyCommitment: Codec<SignedBeefyCommitment> = struct({
  commitment: BeefyCommitment,
  signaturesFrom: boundedBytes(MAX_AUTHORITIES / 8 + 1),
  validatorSetLength: u32,
  signatures: vec(fixedBytes(65), MAX_AUTHORITIES),
});

const finalityProofCases = { V1: variant(1, SignedBeefyCommitment) };
/** As a justification of a block carries it. */
export const BeefyFinalityProof = variants(finalityProofCases);

/** The 32 bytes that are signed. */
export function beefyCommitmentHash(commitment: BeefyCommitment): Uint8Array {
  return keccak256(encode(BeefyCommitment, commitment));
}

export interface BeefyMmrLeaf {
  readonly version: number;
  readonly parentNumber: number;
  readonly parentHash: Uint8Array;
  readonly nextAuthoritySetId: bigint;
  readonly nextAuthoritySetLength: number;
  /** Binary Merkle root over the Ethereum addresses of the validators. */
  readonly nextAuthoritySetRoot: Uint8Array;
  /** What the chain adds: on a relay chain, the root of the heads. Absent on a chain that adds nothing. */
  readonly extra: Uint8Array;
}

/** @param extraBytes length of what the chain adds to a leaf */
export function beefyMmrLeaf(extraBytes: number): Codec<BeefyMmrLeaf> {
  return struct({
    version: u8,
    parentNumber: u32,
    parentHash: fixedBytes(32),
    nextAuthoritySetId: u64,
    nextAuthoritySetLength: u32,
    nextAuthoritySetRoot: fixedBytes(32),
    extra: fixedBytes(extraBytes),
  });
}
