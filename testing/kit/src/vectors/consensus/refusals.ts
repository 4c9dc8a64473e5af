/** Negative cases derived from positive ones. */
import assert from "node:assert/strict";
import {
  type AuthoritySet,
  type BabeEpoch,
  type Commit,
  decodeHeader,
  type Header,
  headerHash,
  type Justification,
  type SignedPrecommit,
  supermajorityOf,
  verifyBabeHeader,
  verifyCommit,
  verifyJustification,
} from "@pha/consensus";
import { equalBytes, toHex } from "@pha/scale";

export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** Any changed byte gives no header or another hash; a byte more or less gives no header. */
export function refusesChangedHeaders(encoded: Uint8Array): void {
  const header = decodeHeader(encoded);
  assert(header.ok, "the header decodes");
  const hash = headerHash(header.value);
  const step = Math.max(1, Math.floor(encoded.length / 100));
  for (let at = 0; at < encoded.length; at += step) {
    const changed = decodeHeader(flipped(encoded, at));
    if (changed.ok) assert(!equalBytes(headerHash(changed.value), hash), `byte ${at} counts`);
  }
  assert(!decodeHeader(encoded.subarray(0, -1)).ok, "a truncated header is refused");
  const long = new Uint8Array(encoded.length + 1);
  long.set(encoded);
  assert(!decodeHeader(long).ok, "a trailing byte is refused");
}

/** Changes every part that the seal or the claim covers. */
export function refusesChangedClaims(header: Header, epoch: BabeEpoch): void {
  const refused = (name: string, changed: Partial<Header>, within = epoch) => {
    const result = verifyBabeHeader({ header: { ...header, ...changed }, epoch: within });
    assert(!result.ok, `${name} is refused`);
    return result.error.code;
  };
  const { digest } = header;
  assert.equal(
    refused("another state root", { stateRoot: flipped(header.stateRoot, 0) }),
    "babe/bad-seal",
  );
  refused("another height", { number: header.number + 1 });
  refused("swapped digest items", { digest: digest.toReversed() });
  refused("no seal", { digest: digest.slice(0, -1) });
  const seal = digest.at(-1);
  assert(seal?.type === "Seal", "the seal is last");
  const value = { ...seal.value, data: flipped(seal.value.data, 7) };
  refused("a flipped bit of the seal", { digest: [...digest.slice(0, -1), { ...seal, value }] });
  const authorities = epoch.authorities.toReversed();
  const mirrored = epoch.authorities.map((authority, i) =>
    equalBytes(authority.key, authorities[i]?.key ?? authority.key),
  );
  if (!mirrored.includes(true)) refused("other authorities", {}, { ...epoch, authorities });
}

/** Changes what a VRF is over; only for claims that carry one. */
export function refusesOtherVrfInputs(header: Header, epoch: BabeEpoch): void {
  const other = { ...epoch, index: epoch.index + 1n };
  const result = verifyBabeHeader({ header, epoch: other });
  assert(!result.ok && result.error.code === "babe/bad-vrf", "the VRF of another epoch is refused");
  const randomness = flipped(epoch.randomness, 0);
  assert(!verifyBabeHeader({ header, epoch: { ...epoch, randomness } }).ok, "other randomness");
}

export function refusesChangedJustifications(
  justification: Justification,
  set: AuthoritySet,
): void {
  const code = (changed: Partial<Justification>, within = set) => {
    const result = verifyJustification({
      justification: { ...justification, ...changed },
      set: within,
    });
    return result.ok ? "accepted" : result.error.code;
  };
  const { precommits, target, round } = justification;
  const [first, ...rest] = precommits;
  assert(first, "there are precommits");
  const bad = "justification/bad-signature";
  assert.equal(code({}, { ...set, setId: set.setId + 1n }), bad, "another set id");
  assert.equal(code({ round: round + 1n }), bad, "another round");
  const signature = flipped(first.signature, 0);
  assert.equal(code({ precommits: [{ ...first, signature }, ...rest] }), bad, "a flipped bit");
  assert.equal(
    code({ precommits: [first, ...precommits] }),
    "justification/repeated-authority",
    "a repeated voter",
  );
  const stranger: SignedPrecommit = { ...first, authority: flipped(first.authority, 3) };
  assert.equal(
    code({ precommits: [stranger, ...rest] }),
    "justification/unknown-authority",
    "a stranger",
  );
  const threshold = Number(supermajorityOf(BigInt(set.authorities.length)));
  assert.equal(
    code({ precommits: precommits.slice(0, threshold - 1) }),
    "justification/too-few-votes",
    "one vote too few",
  );
  const moved = { ...target, number: target.number + 1 };
  assert.equal(code({ target: moved }), "justification/not-a-descendant", "another target");
  const wanted = { hash: flipped(target.hash, 0), number: target.number };
  const other = verifyJustification({ justification, set, target: wanted });
  assert(!other.ok && other.error.code === "justification/wrong-target", "not the block asked for");
}

export function refusesChangedCommits(commit: Commit, set: AuthoritySet): void {
  const refused = (name: string, changed: Partial<Commit>) =>
    assert(
      !verifyCommit({ commit: { ...commit, ...changed }, set, isDescendant: () => false }).ok,
      `${name} is refused`,
    );
  const [first, ...rest] = commit.signatures;
  assert(first, `the commit of ${toHex(commit.target.hash)} has signatures`);
  refused("another set id", { setId: commit.setId + 1n });
  refused("another round", { round: commit.round + 1n });
  refused("a flipped bit", {
    signatures: [{ ...first, signature: flipped(first.signature, 0) }, ...rest],
  });
  refused("a signature too few", { signatures: rest });
  refused("a repeated voter", { signatures: [...rest.slice(0, 1), ...rest] });
  refused("a stranger", {
    signatures: [{ ...first, authority: flipped(first.authority, 3) }, ...rest],
  });
}
