import { toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DEV_SEED, developmentPair } from "./development-pair.ts";
import { ethereumAddress } from "./ecdsa.ts";
import { ed25519Sign, ed25519Verify } from "./ed25519.ts";
import {
  DEV_PHRASE,
  entropyOf,
  type KeyScheme,
  miniSecretFromEntropy,
  pairFromUri,
} from "./secret-uri.ts";
import { sr25519DerivePublicSoft } from "./sr25519.ts";

function publicKey(uri: string, scheme: KeyScheme): string {
  const pair = pairFromUri(uri, scheme);
  if (!pair.ok) throw new Error(pair.error.reason);
  return toHex(pair.value.publicKey);
}

function reason(uri: string, scheme: KeyScheme): string | undefined {
  const pair = pairFromUri(uri, scheme);
  return pair.ok ? undefined : pair.error.reason;
}

describe("development accounts", () => {
  test("Alice and Bob have the keys every Substrate tool gives them", () => {
    expect(publicKey("//Alice", "sr25519")).toBe(
      "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
    );
    expect(publicKey("//Bob", "sr25519")).toBe(
      "0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48",
    );
    expect(publicKey("//Alice", "ed25519")).toBe(
      "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee",
    );
  });

  test("no phrase means the development phrase", () => {
    expect(publicKey("", "sr25519")).toBe(publicKey(DEV_PHRASE, "sr25519"));
    const entropy = entropyOf(DEV_PHRASE) ?? new Uint8Array(16);
    expect(DEV_SEED).toEqual(miniSecretFromEntropy(entropy, "").slice(0, 32));
    for (const name of ["Alice", "Operator", "7"])
      expect(toHex(developmentPair(name).publicKey)).toBe(publicKey(`//${name}`, "sr25519"));
    expect(publicKey(`${DEV_PHRASE}//Alice`, "sr25519")).toBe(publicKey("//Alice", "sr25519"));
  });

  test("an ed25519 pair signs", () => {
    const pair = pairFromUri("//Alice", "ed25519");
    expect(pair.ok).toBe(true);
    if (!pair.ok) return;
    const message = Uint8Array.of(1);
    const signature = ed25519Sign(pair.value.seed, message);
    expect(ed25519Verify(pair.value.publicKey, message, signature)).toBe(true);
  });

  test("Ethereum's first account of the widely used test phrase is the known one", () => {
    const phrase = "test test test test test test test test test test test junk";
    const pair = pairFromUri(`${phrase}/m/44'/60'/0'/0/0`, "ethereum");
    expect(pair.ok && toHex(ethereumAddress(pair.value.publicKey)!)).toBe(
      "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
    );
  });
});

test("a soft child's public key comes from the parent's public key", () => {
  const parent = pairFromUri("//Alice", "sr25519");
  const code = new Uint8Array(32);
  code[0] = 7;
  expect(parent.ok && toHex(sr25519DerivePublicSoft(parent.value.publicKey, code)!)).toBe(
    publicKey("//Alice/7", "sr25519"),
  );
});

test("every part of the uri matters", () => {
  const uris = [
    "//a",
    "/a",
    "//a//b",
    "//b//a",
    "//a/b",
    "//1",
    "//01a",
    "//a///pw",
    "//a///pw2",
    "//18446744073709551615",
    "//18446744073709551616",
    "//this-junction-is-longer-than-thirty-two-bytes",
    "//this-junction-is-longer-than-thirty-two-byteS",
  ];
  expect(new Set(uris.map((uri) => publicKey(uri, "sr25519"))).size).toBe(uris.length);
});

test("numbers are numbers however they are written", () => {
  expect(publicKey("//007", "sr25519")).toBe(publicKey("//7", "sr25519"));
});

test("a password may hold slashes", () => {
  expect(publicKey("//a///x/y//z", "sr25519")).not.toBe(publicKey("//a///x", "sr25519"));
});

test("a hex seed is taken as it is", () => {
  const seed = `0x${"11".repeat(32)}`;
  for (const scheme of ["sr25519", "ed25519", "ecdsa", "ethereum"] as const)
    expect(publicKey(seed, scheme)).toMatch(/^0x/);
  expect(publicKey(seed, "ecdsa")).toBe(publicKey(seed, "ethereum"));
  expect(publicKey(`${seed}//a`, "ecdsa")).not.toBe(publicKey(seed, "ecdsa"));
});

describe("refuses", () => {
  test.each([
    ["bad-phrase", "not a phrase at all", "sr25519"],
    ["bad-phrase", `${DEV_PHRASE} walk`, "ed25519"],
    ["bad-phrase", DEV_PHRASE.replace("walk", "run"), "sr25519"],
    ["bad-phrase", `${DEV_PHRASE.replace("bottom ", "")} bottom`, "sr25519"],
    ["bad-phrase", "not a phrase/m/44'/60'/0'/0/0", "ethereum"],
    ["bad-seed", "0x1234", "sr25519"],
    ["bad-seed", `0x${"zz".repeat(32)}`, "sr25519"],
    ["bad-seed", `0x${"11".repeat(33)}`, "sr25519"],
    ["bad-secret", `0x${"00".repeat(32)}`, "ecdsa"],
    ["bad-secret", `0x${"ff".repeat(32)}`, "ethereum"],
    ["bad-path", "//", "sr25519"],
    ["bad-path", "/a/", "sr25519"],
    ["soft-derivation", "/soft", "ed25519"],
    ["soft-derivation", "//hard/soft", "ecdsa"],
    ["bad-path", "//Alice", "ethereum"],
    ["bad-path", `0x${"11".repeat(32)}/m/0`, "ethereum"],
    ["bad-path", "/m/2147483648", "ethereum"],
    ["bad-path", "/m/x", "ethereum"],
  ] as const)("%s: %s as %s", (expected, uri, scheme) => {
    expect(reason(uri, scheme)).toBe(expected);
  });

  test("without repeating the secret", () => {
    const pair = pairFromUri("my secret words", "sr25519");
    expect(JSON.stringify(pair)).not.toContain("secret words");
  });
});
