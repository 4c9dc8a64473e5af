import { blake2b256, vrfBytesBabe, vrfSignBabe } from "@pha/crypto";
import { concatBytes, fromHex } from "@pha/scale";
import { expect, test } from "vitest";
import { aPair } from "../../test/babe-author.ts";
import { bytesOf } from "../../test/chain-builder.ts";
import { deriveEpochRandomness, vrfRandomnessBabe } from "./randomness.ts";

test("a contribution depends on the output and is not the lottery's draw", () => {
  const pair = aPair(1);
  const input = { randomness: bytesOf(1), slot: 7n, epoch: 2n };
  const { preOutput } = vrfSignBabe(pair, input);
  const contribution = vrfRandomnessBabe(pair.publicKey, input, preOutput);
  expect(contribution.length).toBe(32);
  const draw = vrfBytesBabe(pair.publicKey, input, preOutput);
  expect(contribution.subarray(0, 16)).not.toEqual(draw);
  const other = vrfSignBabe(pair, { ...input, slot: 8n }).preOutput;
  expect(vrfRandomnessBabe(pair.publicKey, { ...input, slot: 8n }, other)).not.toEqual(
    contribution,
  );
});

test("randomness hashes the previous one, the index and the outputs in order", () => {
  const outputs = [bytesOf(7), bytesOf(8)];
  const preimage = concatBytes(bytesOf(2), fromHex("0x0600000000000000"), bytesOf(7), bytesOf(8));
  expect(deriveEpochRandomness(bytesOf(2), 6n, outputs)).toEqual(blake2b256(preimage));
  expect(deriveEpochRandomness(bytesOf(2), 6n, outputs.toReversed())).not.toEqual(
    blake2b256(preimage),
  );
});
