import { expect, test } from "vitest";
import { sr25519FromSeed, sr25519SignDeterministic, sr25519Verify } from "./index.ts";

test("the same entropy gives the same valid signature", () => {
  const pair = sr25519FromSeed(new Uint8Array(32).fill(7));
  const message = Uint8Array.of(1, 2, 3);
  const entropy = new Uint8Array(32).fill(9);
  const signature = sr25519SignDeterministic(pair, message, entropy);
  expect(sr25519SignDeterministic(pair, message, entropy)).toEqual(signature);
  expect(sr25519Verify(pair.publicKey, message, signature)).toBe(true);
  expect(sr25519SignDeterministic(pair, message, new Uint8Array(32))).not.toEqual(signature);
});
