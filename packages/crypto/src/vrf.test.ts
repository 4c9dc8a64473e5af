import { ristretto255 } from "@noble/curves/ed25519.js";
import { concatBytes, utf8 } from "@pha/scale";
import * as schnorrkel from "@polkadot/wasm-crypto";
import { vrf as scure } from "@scure/sr25519";
import { beforeAll, describe, expect, test } from "vitest";
import { vrfBytesBabe, vrfSignBabe, vrfVerifyBabe } from "./babe-vrf.ts";
import { sr25519FromSeed } from "./sr25519.ts";
import { signingContext, vrfSign, vrfVerify } from "./vrf.ts";

const pair = sr25519FromSeed(new Uint8Array(32).fill(1));
const context = utf8("a context");
const message = utf8("a message");
const transcript = signingContext(context, message);
const NO_EXTRA = new Uint8Array(0);

beforeAll(async () => {
  await schnorrkel.waitReady();
});

test("both reference implementations accept our proof, with the same pre-output", () => {
  const { preOutput, proof } = vrfSign(pair, transcript);
  const joined = concatBytes(preOutput, proof);
  expect(scure.verify(message, joined, pair.publicKey, context)).toBe(true);
  const theirs = scure.sign(message, pair.secretKey, context, NO_EXTRA);
  expect(theirs.slice(0, 32)).toEqual(preOutput);
});

test("we accept the reference implementations' proofs", () => {
  const theirs = scure.sign(message, pair.secretKey, context, NO_EXTRA);
  const output = { preOutput: theirs.slice(0, 32), proof: theirs.slice(32) };
  expect(vrfVerify(pair.publicKey, transcript, output)).toBe(true);
  expect(vrfVerify(pair.publicKey, transcript, output, "schnorrkel")).toBe(false);
});

describe("a proof", () => {
  const output = vrfSign(pair, transcript);

  test("is the same whenever it is made, and leaves the transcript as it was", () => {
    expect(vrfSign(pair, transcript)).toEqual(output);
    expect(vrfVerify(pair.publicKey, transcript, output)).toBe(true);
  });

  test("holds in the mode it was made for only", () => {
    const other = vrfSign(pair, transcript, "schnorrkel");
    expect(other.preOutput).toEqual(output.preOutput);
    expect(vrfVerify(pair.publicKey, transcript, other, "schnorrkel")).toBe(true);
    expect(vrfVerify(pair.publicKey, transcript, other)).toBe(false);
  });

  test("does not survive any change", () => {
    for (let at = 0; at < 64; at += 3) {
      const proof = flip(output.proof, at);
      expect(vrfVerify(pair.publicKey, transcript, { ...output, proof })).toBe(false);
    }
    const otherPair = sr25519FromSeed(new Uint8Array(32).fill(2));
    const { preOutput } = vrfSign(otherPair, transcript);
    expect(vrfVerify(pair.publicKey, transcript, { ...output, preOutput })).toBe(false);
    expect(vrfVerify(otherPair.publicKey, transcript, output)).toBe(false);
    const other = signingContext(context, utf8("another message"));
    expect(vrfVerify(pair.publicKey, other, output)).toBe(false);
    expect(vrfVerify(pair.publicKey, signingContext(message, message), output)).toBe(false);
  });

  test("with malformed parts is refused, not thrown at", () => {
    const bad = [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(31)];
    for (const part of bad) {
      expect(vrfVerify(part, transcript, output)).toBe(false);
      expect(vrfVerify(pair.publicKey, transcript, { ...output, preOutput: part })).toBe(false);
    }
    const { ORDER } = ristretto255.Point.Fn;
    const order = ristretto255.Point.Fn.toBytes(ORDER - 1n);
    order[0] = (order[0] ?? 0) + 1;
    const proofs = [
      concatBytes(order, output.proof.subarray(32)),
      concatBytes(output.proof.subarray(0, 32), order),
      new Uint8Array(64),
      new Uint8Array(64).fill(255),
      output.proof.subarray(1),
    ];
    for (const proof of proofs)
      expect(vrfVerify(pair.publicKey, transcript, { ...output, proof })).toBe(false);
  });
});

describe("the lottery of BABE", () => {
  const input = { randomness: new Uint8Array(32).fill(9), slot: 1234n, epoch: 5n };
  const output = vrfSignBabe(pair, input);

  test("accepts the author's claim", () => {
    expect(vrfVerifyBabe(pair.publicKey, input, output)).toBe(true);
    expect(vrfBytesBabe(pair.publicKey, input, output.preOutput)).toHaveLength(16);
  });

  test.each([
    { ...input, slot: 1235n },
    { ...input, epoch: 6n },
    { ...input, randomness: new Uint8Array(32) },
  ])("binds slot, epoch and randomness (case %#)", (other) => {
    expect(vrfVerifyBabe(pair.publicKey, other, output)).toBe(false);
    const bytes = vrfBytesBabe(pair.publicKey, input, output.preOutput);
    const { preOutput } = vrfSignBabe(pair, other);
    expect(vrfBytesBabe(pair.publicKey, other, preOutput)).not.toEqual(bytes);
  });

  test("gives every author its own number", () => {
    const other = sr25519FromSeed(new Uint8Array(32).fill(2));
    expect(vrfSignBabe(other, input).preOutput).not.toEqual(output.preOutput);
  });
});

test("the wasm's VRF output point is ours too", () => {
  const theirs = schnorrkel.vrfSign(pair.secretKey, context, message, NO_EXTRA);
  expect(theirs.slice(0, 32)).toEqual(vrfSign(pair, transcript).preOutput);
});

function flip(input: Uint8Array, at: number): Uint8Array {
  const out = input.slice();
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}
