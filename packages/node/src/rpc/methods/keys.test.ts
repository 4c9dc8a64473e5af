import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownershipStatement } from "@pha/consensus";
import { ed25519Verify, sr25519Verify } from "@pha/crypto";
import { fromHex, toHex } from "@pha/scale";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SessionKeys } from "../../signer/keystore.ts";
import { openKeystoreFolder } from "../../signer/keystore-folder.ts";
import { inProcessKeys } from "../../testing/in-process-signer.ts";
import { testPair } from "../../testing/signer.ts";
import { keyMethods } from "./keys.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-key-methods-"));
afterAll(() => rmSync(folder, { recursive: true }));
let sessionKeys: SessionKeys;
beforeAll(() => {
  sessionKeys = inProcessKeys(folder).sessionKeys;
});

const call = async (method: string, ...params: unknown[]): Promise<any> =>
  keyMethods({ sessionKeys } as never)[method]?.({ params, connection: {} as never });
const keyCount = () => openKeystoreFolder(folder).keys().length;
const alice = testPair("//Alice").publicKey;

test("rotated keys are there, and other keys are not", async () => {
  const keys = await call("author_rotateKeys");
  expect(fromHex(keys).length).toBe(64);
  expect(await call("author_hasSessionKeys", keys)).toBe(true);
  expect(await call("author_hasKey", toHex(fromHex(keys).subarray(0, 32)), "babe")).toBe(true);
  expect(await call("author_hasKey", toHex(fromHex(keys).subarray(0, 32)), "gran")).toBe(false);
  expect(await call("author_hasSessionKeys", toHex(fromHex(keys).fill(0, 32)))).toBe(false);
  expect(await call("author_rotateKeys")).not.toBe(keys);
});

test("rotated for an owner, both keys sign the owner's name", async () => {
  const { keys, proof } = await call("author_rotateKeysWithOwner", toHex(alice));
  const [both, signed] = [fromHex(keys), fromHex(proof)];
  const statement = ownershipStatement(alice);
  expect(sr25519Verify(both.subarray(0, 32), statement, signed.subarray(0, 64))).toBe(true);
  expect(ed25519Verify(both.subarray(32), statement, signed.subarray(64))).toBe(true);
  const nobody = { babe: alice, grandpa: alice };
  await expect(sessionKeys.proveOwnership(nobody, alice)).rejects.toMatchObject({
    code: "keystore/no-key",
  });
});

test("a key is inserted with its secret, and refused with that of another", async () => {
  expect(await call("author_insertKey", "babe", "//Alice", toHex(alice))).toBeNull();
  expect(await call("author_hasKey", toHex(alice), "babe")).toBe(true);
  const count = keyCount();
  for (const params of [
    ["gran", "//Alice", toHex(alice)],
    ["babe", "//Bob", toHex(alice)],
  ])
    await expect(call("author_insertKey", ...params)).rejects.toMatchObject({
      code: "keystore/wrong-key",
    });
  await expect(
    call("author_insertKey", "babe", "no phrase at all", toHex(alice)),
  ).rejects.toMatchObject({ code: "keystore/bad-secret" });
  expect(keyCount()).toBe(count);
});

describe("is refused", () => {
  test.each([
    ["author_insertKey", ["aura", "//Alice", toHex(alice)]],
    ["author_insertKey", ["babe", "//Alice", "0x12"]],
    ["author_hasKey", [toHex(alice), 7]],
    ["author_hasSessionKeys", [toHex(alice)]],
    ["author_rotateKeysWithOwner", ["0x"]],
  ])("%s of %j", async (method, params) => {
    await expect(call(method, ...params)).rejects.toMatchObject({ code: "rpc/invalid-params" });
  });

  test("every method, where the operator does not allow it", async () => {
    const methods = keyMethods({} as never);
    expect(Object.keys(methods).length).toBe(5);
    for (const method of Object.values(methods))
      await expect(method({ params: [], connection: {} as never })).rejects.toMatchObject({
        code: "rpc/unsafe-method",
      });
  });
});
