/** Builders of headers, voters and justifications for tests. */
import { blake2b256, ed25519PublicKey, ed25519Sign } from "@pha/crypto";
import {
  type Authority,
  type AuthoritySet,
  type BlockRef,
  type DigestItem,
  grandpaDigestItem,
  type Header,
  headerHash,
  type Justification,
  signedPrecommitPayload,
} from "../src/index.ts";

export function bytesOf(fill: number, length = 32): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

export function aHeader(fields: Partial<Header> = {}): Header {
  return {
    parentHash: bytesOf(0),
    number: 0,
    stateRoot: bytesOf(1),
    extrinsicsRoot: bytesOf(2),
    digest: [],
    ...fields,
  };
}

export function refOf(header: Header): BlockRef {
  return { hash: headerHash(header), number: header.number };
}

/** Headers on top of `parent`, told apart by `salt`. */
export function aChain(
  parent: Header,
  length: number,
  {
    salt = 0,
    digestAt = () => [],
  }: {
    readonly salt?: number;
    readonly digestAt?: (blockNumber: number) => readonly DigestItem[];
  } = {},
): readonly Header[] {
  const headers: Header[] = [];
  let { hash, number } = refOf(parent);
  for (let i = 0; i < length; i++) {
    number += 1;
    const stateRoot = blake2b256(Uint8Array.of(salt, number & 255, number >> 8));
    const header = aHeader({ parentHash: hash, number, stateRoot, digest: digestAt(number) });
    headers.push(header);
    hash = headerHash(header);
  }
  return headers;
}

export interface Voter {
  readonly seed: Uint8Array;
  readonly key: Uint8Array;
}

export function aVoter(id: number): Voter {
  const seed = blake2b256(Uint8Array.of(7, id & 255, id >> 8));
  return { seed, key: ed25519PublicKey(seed) };
}

export function voters(count: number, first = 0): readonly Voter[] {
  return Array.from({ length: count }, (_, i) => aVoter(first + i));
}

export function authoritiesOf(list: readonly Voter[], weight = 1n): readonly Authority[] {
  return list.map(({ key }) => ({ key, weight }));
}

export function setOf(list: readonly Voter[], setId = 0n): AuthoritySet {
  return { setId, authorities: authoritiesOf(list) };
}

export function scheduledChange(list: readonly Voter[], delay = 0): DigestItem {
  return grandpaDigestItem({
    type: "ScheduledChange",
    value: { authorities: authoritiesOf(list), delay },
  });
}

export interface JustifyOptions {
  readonly round?: bigint;
  readonly setId?: bigint;
  /** Block each voter votes for; the target when not given. */
  readonly votes?: readonly BlockRef[];
  readonly votesAncestries?: readonly Header[];
}

export function justify(
  target: BlockRef,
  list: readonly Voter[],
  { round = 5n, setId = 0n, votes = [], votesAncestries = [] }: JustifyOptions = {},
): Justification {
  return {
    round,
    target,
    precommits: list.map(({ seed, key }, i) => {
      const block = votes[i] ?? target;
      const payload = signedPrecommitPayload({ ...block, round, setId });
      return { target: block, signature: ed25519Sign(seed, payload), authority: key };
    }),
    votesAncestries,
  };
}
