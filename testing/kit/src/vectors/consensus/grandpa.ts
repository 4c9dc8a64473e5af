/** Vectors of GRANDPA: justifications and commits of live chains. */
import assert from "node:assert/strict";
import {
  type Authority,
  AuthoritySet,
  advance,
  Commit,
  decodeHeader,
  Justification,
  type LightClientState,
  verifyCommit,
  verifyJustification,
  voterWeightsOf,
} from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { decode, encode, toHex } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { authoritiesAt } from "./authorities.ts";
import { bigAt, hexAt, type Json, numberAt, objectAt, objectsAt, textAt, valueAt } from "./json.ts";
import { refusesChangedCommits, refusesChangedJustifications } from "./refusals.ts";

/** Blocks of a chain with the authority set and justifications among them. */
export function justifiedBlocks(json: Json): readonly VectorCase[] {
  const set: AuthoritySet = {
    setId: bigAt(json, "setId"),
    authorities: authoritiesAt(json, "authorities"),
  };
  const blocks = objectsAt(json, "blocks");
  return [
    {
      name: "authority set: list, weights and threshold",
      run: () => {
        const weights = voterWeightsOf(set);
        assert.equal(weights.threshold, bigAt(json, "threshold"));
        if ("versionedAuthorityList" in json) {
          const list = encode(AuthoritySet, { ...set, setId: 0n }).subarray(8);
          assert.equal(textAt(json, "versionedAuthorityList"), `0x01${toHex(list).slice(2)}`);
        }
        return undefined;
      },
    },
    {
      name: "headers: hashes and parent links",
      run: () => {
        let parent: Uint8Array | undefined;
        for (const block of blocks) {
          const encoded = hexAt(block, "header");
          const header = decodeHeader(encoded);
          assert(header.ok, "the header decodes");
          assert.equal(header.value.number, numberAt(block, "number"));
          assert.equal(toHex(blake2b256(encoded)), textAt(block, "hash"));
          if (parent) assert.equal(toHex(header.value.parentHash), toHex(parent));
          parent = hexAt(block, "hash");
        }
        return undefined;
      },
    },
    ...blocks
      .filter(isJustified)
      .flatMap((block) =>
        justificationCases(hexAt(block, "justification"), set, objectAt(json, "expected")),
      ),
    {
      name: "light client: advances over the justified blocks and refuses a gap",
      run: () => lightClient(blocks, set),
    },
  ];
}

/** A justification without its set: the signers stand in for it. */
export function loneJustification(json: Json): readonly VectorCase[] {
  const encoded = hexAt(json, "justification");
  const set = { setId: bigAt(json, "setId"), authorities: signersOf(encoded) };
  return justificationCases(encoded, set, objectAt(json, "expected"));
}

export function commitMessage(json: Json): readonly VectorCase[] {
  const encoded = hexAt(json, "commitMessage");
  const expected = objectAt(json, "expected");
  const load = (): { commit: Commit; set: AuthoritySet } => {
    const decoded = decode(Commit, encoded);
    assert(decoded.ok, "the commit decodes");
    const commit = decoded.value;
    const authorities = commit.signatures.map(({ authority }) => ({ key: authority, weight: 1n }));
    return { commit, set: { setId: bigAt(json, "setId"), authorities } };
  };
  return [
    {
      name: "commit: decodes, encodes back, every signature counts",
      run: () => {
        const { commit, set } = load();
        assert.equal(toHex(encode(Commit, commit)), toHex(encoded));
        assert.equal(commit.round, bigAt(json, "round"));
        assert.equal(toHex(commit.target.hash), textAt(expected, "target"));
        assert.equal(commit.target.number, numberAt(expected, "targetNumber"));
        const result = verifyCommit({ commit, set, isDescendant: () => false });
        assert(result.ok, result.ok ? "" : result.error.code);
        assert.equal(result.value.weight, bigAt(expected, "validSignatures"));
        return undefined;
      },
    },
    {
      name: "commit: changed set, round, signatures, voters are refused",
      run: () => {
        const { commit, set } = load();
        refusesChangedCommits(commit, set);
        return undefined;
      },
    },
  ];
}

function justificationCases(
  encoded: Uint8Array,
  set: AuthoritySet,
  expected: Json,
): readonly VectorCase[] {
  const load = (): Justification => {
    const decoded = decode(Justification, encoded);
    assert(decoded.ok, "the justification decodes");
    return decoded.value;
  };
  return [
    {
      name: "justification: decodes, encodes back, verifies",
      run: () => {
        const justification = load();
        assert.equal(toHex(encode(Justification, justification)), toHex(encoded));
        const target = {
          hash: hexAt(expected, "target"),
          number: numberAt(expected, "targetNumber"),
        };
        const result = verifyJustification({ justification, target, set });
        assert(result.ok, result.ok ? "" : result.error.code);
        assert.equal(result.value.round, bigAt(expected, "round"));
        assert.equal(justification.precommits.length, numberAt(expected, "precommits"));
        assert.equal(result.value.weight, bigAt(expected, "validSignatures"));
        return undefined;
      },
    },
    {
      name: "justification: changed set, round, target, signatures, voters are refused",
      run: () => {
        refusesChangedJustifications(load(), set);
        return undefined;
      },
    },
    {
      name: "justification: cut short or with a byte more is refused",
      run: () => {
        for (const length of [0, 8, 44, encoded.length - 1])
          assert(!decode(Justification, encoded.subarray(0, length)).ok, `${length} bytes`);
        const long = new Uint8Array(encoded.length + 1);
        long.set(encoded);
        assert(!decode(Justification, long).ok, "a trailing byte");
        return undefined;
      },
    },
  ];
}

function lightClient(blocks: readonly Json[], set: AuthoritySet): undefined | { skip: string } {
  const last = blocks.findIndex(isJustified);
  const [first] = blocks;
  if (first === undefined || last < 1) return { skip: "no justified block above another block" };
  const headers = blocks.slice(1, last + 1).map((block) => hexAt(block, "header"));
  const justification = hexAt(blocks[last] ?? first, "justification");
  const start: LightClientState = {
    genesisHash: new Uint8Array(32),
    finalized: {
      hash: hexAt(first, "hash"),
      number: numberAt(first, "number"),
      stateRoot: new Uint8Array(32),
    },
    set,
  };
  const result = advance(start, { headers, justification });
  assert(result.ok, result.ok ? "" : result.error.code);
  assert.equal(result.value.state.finalized.number, numberAt(blocks[last] ?? first, "number"));
  const gap = advance(start, { headers: headers.slice(1), justification });
  assert(!gap.ok, "a gap is refused");
  const later = { ...start, set: { ...set, setId: set.setId + 1n } };
  assert(!advance(later, { headers, justification }).ok, "another set id is refused");
  return undefined;
}

function isJustified(block: Json): boolean {
  return typeof valueAt(block, "justification") === "string";
}

function signersOf(encoded: Uint8Array): readonly Authority[] {
  const decoded = decode(Justification, encoded);
  assert(decoded.ok, "the justification decodes");
  return decoded.value.precommits.map(({ authority }) => ({ key: authority, weight: 1n }));
}
