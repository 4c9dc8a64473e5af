import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519Verify, sr25519Verify } from "@pha/crypto";
import { ownershipStatement } from "@pha/runtime";
import { fromHex, toHex } from "@pha/scale";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type KeystoreFolder, openKeystoreFolder } from "../../authoring/keystore-folder.ts";
import { testPair } from "../../testing/signer.ts";
import { keyMethods, ownershipProof } from "./keys.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-key-methods-"));
afterAll(() => rmSync(folder, { recursive: true }));
let keystore: KeystoreFolder;
beforeAll(() => {
  keystore = openKeystoreFolder(folder);
});

const call = (method: string, ...params: unknown[]): any =>
  keyMethods({ sessionKeys: keystore } as never)[method]?.({ params, connection: {} as never });
const alice = testPair("//Alice").publicKey;

test("rotated keys are there, and other keys are not", () => {
  const keys = call("author_rotateKeys");
  expect(fromHex(keys).length).toBe(64);
  expect(call("author_hasSessionKeys", keys)).toBe(true);
  expect(call("author_hasKey", toHex(fromHex(keys).subarray(0, 32)), "babe")).toBe(true);
  expect(call("author_hasKey", toHex(fromHex(keys).subarray(0, 32)), "gran")).toBe(false);
  expect(call("author_hasSessionKeys", toHex(fromHex(keys).fill(0, 32)))).toBe(false);
  expect(call("author_rotateKeys")).not.toBe(keys);
});

test("rotated for an owner, both keys sign the owner's name", () => {
  const { keys, proof } = call("author_rotateKeysWithOwner", toHex(alice));
  const [both, signed] = [fromHex(keys), fromHex(proof)];
  const statement = ownershipStatement(alice);
  expect(sr25519Verify(both.subarray(0, 32), statement, signed.subarray(0, 64))).toBe(true);
  expect(ed25519Verify(both.subarray(32), statement, signed.subarray(64))).toBe(true);
  const nobody = { babe: alice, grandpa: alice };
  expect(() => ownershipProof(keystore, nobody, alice)).toThrow(
    expect.objectContaining({ code: "keystore/no-key" }),
  );
});

test("a key is inserted with its secret, and refused with that of another", () => {
  expect(call("author_insertKey", "babe", "//Alice", toHex(alice))).toBeNull();
  expect(call("author_hasKey", toHex(alice), "babe")).toBe(true);
  const count = keystore.keys().length;
  for (const params of [
    ["gran", "//Alice", toHex(alice)],
    ["babe", "//Bob", toHex(alice)],
  ])
    expect(() => call("author_insertKey", ...params)).toThrow(
      expect.objectContaining({ code: "keystore/wrong-key" }),
    );
  expect(() => call("author_insertKey", "babe", "no phrase at all", toHex(alice))).toThrow(
    expect.objectContaining({ code: "keystore/bad-secret" }),
  );
  expect(keystore.keys().length).toBe(count);
});

describe("is refused", () => {
  test.each([
    ["author_insertKey", ["aura", "//Alice", toHex(alice)]],
    ["author_insertKey", ["babe", "//Alice", "0x12"]],
    ["author_hasKey", [toHex(alice), 7]],
    ["author_hasSessionKeys", [toHex(alice)]],
    ["author_rotateKeysWithOwner", ["0x"]],
  ])("%s of %j", (method, params) => {
    expect(() => call(method, ...params)).toThrow(
      expect.objectContaining({ code: "rpc/invalid-params" }),
    );
  });

  test("every method, where the operator does not allow it", () => {
    const methods = keyMethods({} as never);
    expect(Object.keys(methods).length).toBe(5);
    for (const method of Object.values(methods))
      expect(() => method({ params: [], connection: {} as never })).toThrow(
        expect.objectContaining({ code: "rpc/unsafe-method" }),
      );
  });
});
