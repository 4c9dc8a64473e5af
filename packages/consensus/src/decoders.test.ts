import { type Codec, decode, encode, toHex } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as consensus from "./index.ts";

function isCodec(value: unknown): value is Codec<unknown> {
  return typeof value === "object" && value !== null && "read" in value && "minBytes" in value;
}

const exported: readonly [string, unknown][] = Object.entries(consensus);
const codecs = exported.flatMap(([name, value]) =>
  isCodec(value) ? [{ name, codec: value }] : [],
);

test("there are as many codecs as the package means to export", () => {
  expect(codecs.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "Authorities",
      "Authority",
      "BabeConsensusLog",
      "BabeEpochDescriptor",
      "BabePreDigest",
      "AllowedSlots",
      "BabeConfiguration",
      "BabeEpoch",
      "EpochContext",
      "BinaryMerkleProof",
      "BeefyCommitment",
      "BeefyFinalityProof",
      "SignedBeefyCommitment",
      "MmrProof",
      "BlockRef",
      "AuthoritySet",
      "GrandpaDigest",
      "ScheduledChange",
      "EquivocationProof",
      "CatchUp",
      "CatchUpRequest",
      "GossipMessage",
      "NeighbourPacket",
      "Commit",
      "FinalityProof",
      "Justification",
      "SignedTarget",
      "VoteMessage",
      "CompletedRound",
      "OwnVotes",
      "VoterRecord",
      "DigestItem",
      "Header",
      "LightClientCheckpoint",
      "WarpFragment",
      "WarpProof",
    ]
  `);
});

/** Small counts and tags make deep decodes likely; plain random bytes rarely pass the first field. */
const input = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.uint8Array({ maxLength: 400, max: 12 }),
  fc.nat(1000).map((length) => new Uint8Array(length)),
);

test.each(codecs)("$name never throws, and what it accepts encodes back to the same bytes", ({
  codec,
}) => {
  fc.assert(
    fc.property(input, (bytes) => {
      const decoded = decode(codec, bytes);
      if (decoded.ok) expect(toHex(encode(codec, decoded.value))).toBe(toHex(bytes));
      else expect(decoded.error.code).toBe("scale/malformed");
    }),
    { numRuns: 200 },
  );
});
