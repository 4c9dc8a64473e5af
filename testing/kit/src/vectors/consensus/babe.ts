/** Vectors of BABE: thresholds, slot claims, seals and epochs of live chains. */
import assert from "node:assert/strict";
import {
  BabeConsensusLog,
  type BabeEpoch,
  type BabePreDigest,
  babePreDigestOf,
  babeSealOf,
  type Header,
  headerHash,
  primaryThreshold,
  sealPayload,
  secondaryAuthor,
  verifyBabeHeader,
  vrfRandomnessBabe,
} from "@pha/consensus";
import { type BabeVrfInput, sr25519Verify, vrfBytesBabe } from "@pha/crypto";
import { decode, encode, toHex, u128 } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { authoritiesAt, epochAt } from "./authorities.ts";
import { bodyAt, checkBody, headerAt } from "./headers.ts";
import {
  bigAt,
  hexAt,
  type Json,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  toBig,
  valueAt,
} from "./json.ts";
import {
  flipped,
  refusesChangedClaims,
  refusesChangedHeaders,
  refusesOtherVrfInputs,
} from "./refusals.ts";

const KINDS: Readonly<Record<string, BabePreDigest["type"]>> = {
  primary: "Primary",
  secondaryPlain: "SecondaryPlain",
  secondaryVrf: "SecondaryVrf",
};

export function thresholds(json: Json): readonly VectorCase[] {
  const cases = objectsAt(json, "cases").map((item): VectorCase => {
    const [numerator = 0n, denominator = 0n] = listAt(item, "c").map((part) => toBig(part, "c"));
    const c = [numerator, denominator] as const;
    const weight = bigAt(item, "weight");
    const sum = bigAt(item, "sum");
    return {
      name: `threshold: c ${numerator}/${denominator}, weight ${weight} of ${sum}`,
      run: () => {
        assert.equal(primaryThreshold(c, weight, sum), bigAt(item, "threshold"));
        assert(primaryThreshold(c, weight, sum + 1n) <= bigAt(item, "threshold"), "less share");
        return undefined;
      },
    };
  });
  const rules = "errors" in json ? listAt(json, "errors") : [];
  const errors = rules.map(
    (rule: unknown): VectorCase => ({ name: `threshold: ${rule}`, run: () => checkRule(rule) }),
  );
  return [...cases, ...errors];
}

function checkRule(rule: unknown): undefined | { readonly skip: string } {
  switch (rule) {
    case "c denominator 0 must fail":
      assert.throws(() => primaryThreshold([1n, 0n], 1n, 3n));
      return undefined;
    case "c > 1 must fail":
      assert.throws(() => primaryThreshold([5n, 4n], 1n, 3n));
      return undefined;
    case "c = 1 gives the maximum":
      assert.equal(primaryThreshold([7n, 7n], 1n, 3n), (1n << 128n) - 1n);
      return undefined;
    default:
      return { skip: `a rule in words that no check is written for: ${String(rule)}` };
  }
}

/** A sealed header and the authorities of its epoch, whose index is not in the file. */
export function sealedHeader(json: Json): readonly VectorCase[] {
  const descriptor = objectAt(json, "nextEpochDescriptorOfBlock1");
  const authorities = authoritiesAt(descriptor, "authorities");
  const randomness = hexAt(descriptor, "randomness");
  return [
    {
      name: "babe: announced epoch decodes and encodes back",
      run: () => {
        const raw = hexAt(descriptor, "raw");
        const log = decode(BabeConsensusLog, raw);
        assert(log.ok, "the announcement decodes");
        assert.deepEqual(log.value, {
          type: "NextEpochData",
          value: { authorities, randomness },
        });
        assert.equal(toHex(encode(BabeConsensusLog, log.value)), toHex(raw));
        assert(!decode(BabeConsensusLog, raw.subarray(0, -1)).ok, "cut short is refused");
        return undefined;
      },
    },
    {
      name: "babe: hash, claim and seal payload",
      run: () => {
        checkHeader(headerAt(json, "header"), json);
        refusesChangedHeaders(hexAt(json, "header"));
        return undefined;
      },
    },
    {
      name: "babe: seal of the author; changed it is refused",
      run: () => {
        const header = headerAt(json, "header");
        const seal = babeSealOf(header);
        assert(seal, "the header is sealed");
        const payload = sealPayload(header);
        const sealers = authorities.flatMap(({ key }, i) =>
          sr25519Verify(key, payload, seal) ? [i] : [],
        );
        const author = numberAt(objectAt(json, "expected"), "sealedByIndex");
        assert.deepEqual(sealers, [author], "one authority sealed it");
        assert.equal(claimOf(header).value.authorityIndex, author);
        const key = authorities[author]?.key ?? new Uint8Array(32);
        const moved = sealPayload({ ...header, stateRoot: flipped(header.stateRoot, 0) });
        assert(!sr25519Verify(key, moved, seal), "another state root");
        assert(!sr25519Verify(key, payload, flipped(seal, 7)), "a flipped bit");
        return undefined;
      },
    },
    {
      name: "babe: author of the slot",
      run: () => ({ skip: "the randomness of the header's epoch is not in the file" }),
    },
  ];
}

/** Header of a checkpoint with the epoch it belongs to. */
export function checkpointHeader(json: Json): readonly VectorCase[] {
  const epoch = epochAt(objectAt(json, "epoch"), 2);
  const expected = objectAt(json, "expected");
  const encoded = hexAt(objectAt(json, "raw"), "finalizedBlockHeader");
  const header = () => headerAt(objectAt(json, "raw"), "finalizedBlockHeader");
  return [
    {
      name: "checkpoint: header hash, claim and seal payload",
      run: () => {
        checkHeader(header(), { ...json, hash: textAt(json, "headerHash") });
        refusesChangedHeaders(encoded);
        return undefined;
      },
    },
    {
      name: "checkpoint: seal, VRF and right to the slot",
      run: () => {
        const result = verifyBabeHeader({ header: header(), epoch });
        assert(result.ok, result.ok ? "" : result.error.code);
        const { authorityIndex, slot, primary } = result.value;
        const author = epoch.authorities[authorityIndex];
        assert.equal(toHex(author?.key ?? new Uint8Array()), textAt(expected, "authorityId"));
        if ("secondaryExpectedIndex" in expected) {
          const index = numberAt(expected, "secondaryExpectedIndex");
          assert.equal(secondaryAuthor(epoch.randomness, slot, epoch.authorities.length), index);
        }
        if ("belowThreshold" in expected)
          assert.equal(primary, valueAt(expected, "belowThreshold"));
        if (result.value.vrf && author) {
          const input = { randomness: epoch.randomness, slot, epoch: epoch.index };
          checkOutput(expected, { key: author.key, input, preOutput: result.value.vrf.preOutput });
        }
        return undefined;
      },
    },
    {
      name: "checkpoint: changed header, seal, epoch or randomness is refused",
      run: () => {
        refusesChangedClaims(header(), epoch);
        if (claimOf(header()).type !== "SecondaryPlain") refusesOtherVrfInputs(header(), epoch);
        return undefined;
      },
    },
  ];
}

interface OutputOfVrf {
  readonly key: Uint8Array;
  readonly input: BabeVrfInput;
  readonly preOutput: Uint8Array;
}

/** Draws from a VRF output: the block's share of the randomness, and the lottery's number. */
function checkOutput(expected: Json, { key, input, preOutput }: OutputOfVrf): void {
  if ("vrfRandomnessInOut" in expected) {
    const drawn = vrfRandomnessBabe(key, input, preOutput);
    assert.equal(toHex(drawn), textAt(expected, "vrfRandomnessInOut"));
  }
  if ("primaryVrfU128" in expected) {
    const drawn = decode(u128, vrfBytesBabe(key, input, preOutput));
    assert(drawn.ok && drawn.value === bigAt(expected, "primaryVrfU128"), "the lottery's number");
  }
}

/** Consecutive blocks of one epoch. */
export function blocksOfEpoch(json: Json): readonly VectorCase[] {
  const epoch = epochAt(objectAt(json, "epoch"), 1);
  const blocks = objectsAt(json, "blocks");
  return blocks.map((block, i) => ({
    name: `block ${numberAt(block, "number")}: hash, parent, body, seal, claim`,
    run: () => checkBlock(block, blocks[i - 1], { json, epoch }),
  }));
}

function checkBlock(
  block: Json,
  parent: Json | undefined,
  { json, epoch }: { readonly json: Json; readonly epoch: BabeEpoch },
): undefined {
  const header = headerAt(block, "header");
  const number = numberAt(block, "number");
  assert.equal(header.number, number);
  assert.equal(toHex(headerHash(header)), textAt(block, "hash"));
  if (parent) assert.equal(toHex(header.parentHash), textAt(parent, "hash"));
  else if (number === 1) assert.equal(toHex(header.parentHash), textAt(json, "genesisHash"));
  checkBody(header, bodyAt(block, "body"));
  const result = verifyBabeHeader({
    header,
    epoch,
    ...(parent && { parentSlot: bigAt(parent, "slot") }),
  });
  assert(result.ok, result.ok ? "" : result.error.code);
  assert.equal(result.value.slot, bigAt(block, "slot"));
  assert.equal(result.value.authorityIndex, numberAt(block, "authorityIndex"));
  assert.equal(claimOf(header).type, KINDS[textAt(block, "claim")]);
  const stuck = verifyBabeHeader({ header, epoch, parentSlot: result.value.slot });
  assert(!stuck.ok && stuck.error.code === "babe/slot-not-increasing", "the slot must increase");
  refusesChangedClaims(header, epoch);
  if (result.value.primary) refusesOtherVrfInputs(header, epoch);
  return undefined;
}

function checkHeader(header: Header, json: Json): void {
  assert.equal(toHex(headerHash(header)), textAt(json, "hash"));
  assert.equal(toHex(sealPayload(header)), textAt(json, "sealPayload"));
  const claim = claimOf(header);
  const expected = objectAt(json, "preDigest");
  assert.equal(claim.type, KINDS[textAt(expected, "kind")]);
  assert.equal(claim.value.authorityIndex, numberAt(expected, "authorityIndex"));
  assert.equal(claim.value.slot, bigAt(expected, "slot"));
  if (claim.type === "SecondaryPlain" || !("vrfOutput" in expected)) return;
  assert.equal(toHex(claim.value.vrf.preOutput), textAt(expected, "vrfOutput"));
  assert.equal(toHex(claim.value.vrf.proof), textAt(expected, "vrfProof"));
}

function claimOf(header: Header): BabePreDigest {
  const claim = babePreDigestOf(header);
  assert(claim.ok, "the claim decodes");
  return claim.value;
}
