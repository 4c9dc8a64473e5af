import { fromHex, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { ed25519FromSeed, ed25519PublicKey, ed25519Sign, ed25519Verify } from "./ed25519.ts";

test("the first test of RFC 8032 §7.1", () => {
  const seed = fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const publicKey = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const empty = new Uint8Array(0);
  expect(ed25519PublicKey(seed)).toEqual(publicKey);
  const signature = ed25519Sign(seed, empty);
  expect(toHex(signature)).toBe(
    "0xe5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  expect(ed25519Verify(publicKey, empty, signature)).toBe(true);
});

test("wrong lengths from outside are refused, from ourselves are programming errors", () => {
  const { seed, publicKey } = ed25519FromSeed(new Uint8Array(32).fill(1));
  const message = Uint8Array.of(1);
  const signature = ed25519Sign(seed, message);
  expect(ed25519Verify(publicKey, message, signature)).toBe(true);
  for (const wrong of [signature.subarray(1), new Uint8Array(65), new Uint8Array(0)])
    expect(ed25519Verify(publicKey, message, wrong)).toBe(false);
  for (const wrong of [publicKey.subarray(1), new Uint8Array(33), new Uint8Array(0)])
    expect(ed25519Verify(wrong, message, signature)).toBe(false);
  expect(() => ed25519Sign(seed.subarray(1), message)).toThrow(/32 bytes/);
  expect(() => ed25519PublicKey(new Uint8Array(33))).toThrow(/32 bytes/);
});
