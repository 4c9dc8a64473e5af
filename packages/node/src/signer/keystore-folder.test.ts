import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519Verify, pairFromUri, sr25519Verify } from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import { afterAll, expect, test } from "vitest";
import { openKeystoreFolder } from "./keystore-folder.ts";

const root = mkdtempSync(join(tmpdir(), "pha-keystore-"));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const folder = () => join(root, String(count++));
const text = utf8("a block");

test("new keys sign, are their owner's alone on disk, and are there after a restart", () => {
  const path = folder();
  const pair = openKeystoreFolder(path).generate();
  expect(statSync(path).mode & 0o777).toBe(0o700);
  const names = readdirSync(path);
  expect(names).toEqual([`babe-${toHex(pair.babe)}`, `gran-${toHex(pair.grandpa)}`]);
  for (const name of names) expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
  const again = openKeystoreFolder(path);
  expect(again.keys()).toEqual([
    { type: "babe", key: pair.babe },
    { type: "gran", key: pair.grandpa },
  ]);
  const seal = again.babe(pair.babe)?.signSeal(text);
  expect(seal && sr25519Verify(pair.babe, text, seal)).toBe(true);
  const vote = again.grandpa(pair.grandpa)?.signVote(text);
  expect(vote && ed25519Verify(pair.grandpa, text, vote)).toBe(true);
  expect(again.babe(pair.grandpa)).toBeUndefined();
  expect(again.grandpa(pair.babe)).toBeUndefined();
});

test("a key that is inserted is that of its secret; another process finds it without a restart", () => {
  const path = folder();
  const running = openKeystoreFolder(path);
  const alice = pairFromUri("//Alice", "sr25519");
  const key = alice.ok ? alice.value.publicKey : new Uint8Array();
  expect(running.has("babe", key)).toBe(false);
  expect(openKeystoreFolder(path).insert("babe", "//Alice")).toEqual(key);
  expect(running.has("babe", key)).toBe(true);
  expect(running.has("gran", key)).toBe(false);
});

test("a secret that is none is refused, and nothing is written", () => {
  const path = folder();
  const keystore = openKeystoreFolder(path);
  for (const type of ["babe", "gran"] as const)
    expect(() => keystore.insert(type, "no phrase at all")).toThrow(
      expect.objectContaining({ code: "keystore/bad-secret" }),
    );
  expect(readdirSync(path)).toEqual([]);
});

test("a write that was cut leaves nothing that counts, and does not stand in the way", () => {
  const path = folder();
  const { babe } = openKeystoreFolder(path).generate();
  writeFileSync(join(path, `babe-${toHex(babe)}.new`), "0x12", { mode: 0o600 });
  const again = openKeystoreFolder(path);
  expect(again.keys().length).toBe(2);
  again.generate();
  expect(again.keys().length).toBe(4);
});

test("files that others may read, that are cut, or hold another key are refused", () => {
  for (const type of ["babe", "gran"] as const) {
    const path = folder();
    const pair = openKeystoreFolder(path).generate();
    const file = join(path, `${type}-${toHex(type === "babe" ? pair.babe : pair.grandpa)}`);
    chmodSync(file, 0o640);
    expect(() => openKeystoreFolder(path)).toThrow(
      expect.objectContaining({ code: "keystore/exposed", facts: { path: file } }),
    );
    chmodSync(file, 0o600);
    const length = type === "babe" ? 64 : 32;
    for (const content of ["", "0x12", "no hex", toHex(new Uint8Array(length).fill(7))]) {
      writeFileSync(file, content);
      expect(() => openKeystoreFolder(path)).toThrow(
        expect.objectContaining({ code: "keystore/malformed", facts: { path: file } }),
      );
    }
  }
});

test("a folder that cannot be made is named", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  expect(() => openKeystoreFolder(join(file, "keys"))).toThrow(
    expect.objectContaining({ code: "keystore/unreadable" }),
  );
});
