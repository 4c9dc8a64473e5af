/** Equivocations of development validators, and the proofs that go with their reports. */
import { BABE_ENGINE, BabePreDigest, sealPayload, signedVotePayload } from "@pha/consensus";
import { ed25519Sign, pairFromUri, sr25519Sign } from "@pha/crypto";
import type { BlockHeader } from "@pha/frame";
import { assert, bytes, concatBytes, decode, encode, option, u64 } from "@pha/scale";
import type { BabeEquivocationProof } from "../babe/equivocation.ts";
import { MembershipProof } from "../historical/index.ts";
import type { startStakingChain } from "./staking-chain.ts";

type World = ReturnType<typeof startStakingChain>;

export const babeKey = (uri: string) => {
  const pair = pairFromUri(uri, "sr25519");
  assert(pair.ok, "a test account has a readable URI");
  return pair.value;
};
const grandpaKey = (uri: string) => {
  const pair = pairFromUri(uri, "ed25519");
  assert(pair.ok, "a test account has a readable URI");
  return pair.value;
};

/** A header that `uri` sealed, as authority `authorityIndex`. */
export function sealed(
  uri: string,
  slot: bigint,
  authorityIndex: number,
  salt: number,
): BlockHeader {
  const claim = encode(BabePreDigest, { type: "SecondaryPlain", value: { authorityIndex, slot } });
  const header: BlockHeader = {
    parentHash: new Uint8Array(32).fill(salt),
    number: 9,
    stateRoot: new Uint8Array(32),
    extrinsicsRoot: new Uint8Array(32),
    digest: [{ type: "PreRuntime", value: { engine: BABE_ENGINE, data: claim } }],
  };
  const data = sr25519Sign(babeKey(uri), sealPayload(header));
  const seal = { type: "Seal", value: { engine: BABE_ENGINE, data } } as const;
  return { ...header, digest: [...header.digest, seal] };
}

/** As a node asks the chain for it; `undefined` when the present state has none. @param at slot, or set id */
export function findOwnerProof(
  { chain: { runtime, overlay } }: World,
  api: "BabeApi" | "GrandpaApi",
  key: Uint8Array,
  at: bigint,
): MembershipProof | undefined {
  const args = concatBytes(encode(u64, at), key);
  const answer = runtime.runtimeApi(overlay, `${api}_generate_key_ownership_proof`, args);
  const proof = answer.ok ? decode(option(bytes), answer.value) : undefined;
  assert(proof?.ok, "the API answers");
  if (proof.value === undefined) return undefined;
  const decoded = decode(MembershipProof, proof.value);
  assert(decoded.ok, "the proof decodes");
  return decoded.value;
}

export function ownerProof(...asked: Parameters<typeof findOwnerProof>): MembershipProof {
  const proof = findOwnerProof(...asked);
  assert(proof, "the key is somebody's");
  return proof;
}

/** Two blocks of `uri`, as authority 1, in a slot. */
export function twoBlocks(uri: string, slot: bigint): BabeEquivocationProof {
  return {
    offender: babeKey(uri).publicKey,
    slot,
    firstHeader: sealed(uri, slot, 1, 1),
    secondHeader: sealed(uri, slot, 1, 2),
  };
}

export function babeReport(world: World, uri: string, slot = 1_003n) {
  return {
    equivocationProof: twoBlocks(uri, slot),
    keyOwnerProof: ownerProof(world, "BabeApi", babeKey(uri).publicKey, slot),
  };
}

export function grandpaReport(world: World, uri: string, setId = 0n) {
  const pair = grandpaKey(uri);
  const vote = (salt: number) => {
    const target = { hash: new Uint8Array(32).fill(salt), number: 7 };
    const payload = signedVotePayload("precommit", { ...target, round: 4n, setId });
    return [
      { targetHash: target.hash, targetNumber: target.number },
      ed25519Sign(pair.seed, payload),
    ] as [{ targetHash: Uint8Array; targetNumber: number }, Uint8Array];
  };
  const value = { roundNumber: 4n, identity: pair.publicKey, first: vote(1), second: vote(2) };
  return {
    equivocationProof: { setId, equivocation: { type: "Precommit" as const, value } },
    keyOwnerProof: ownerProof(world, "GrandpaApi", pair.publicKey, setId),
  };
}
