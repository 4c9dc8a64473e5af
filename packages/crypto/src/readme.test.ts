import { readFileSync } from "node:fs";
import { utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import {
  hpkeOpen,
  hpkeSeal,
  pairFromUri,
  randomBytes,
  ss58Encode,
  x25519PublicKey,
} from "./index.ts";

// example
const alice = pairFromUri("//Alice", "sr25519");
if (!alice.ok) throw new Error(alice.error.reason);
const address = ss58Encode(42, alice.value.publicKey);

const secret = randomBytes(32);
const info = utf8("pha/example");
const aad = utf8(address);
const { enc, ciphertext } = hpkeSeal({
  recipient: x25519PublicKey(secret),
  ephemeralSecret: randomBytes(32),
  info,
  aad,
  plaintext: utf8("for your eyes only"),
});
const opened = hpkeOpen({ secret, enc, info, aad, ciphertext });
// end of example

test("the example of the README opens what it sealed", () => {
  expect(address).toBe("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
  expect(opened).toEqual(utf8("for your eyes only"));
});

test("the example is the one in the README", () => {
  const own = readFileSync(new URL("readme.test.ts", import.meta.url), "utf8");
  const example = own.split("// example\n")[1]?.split("// end of example\n")[0];
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(example).toBeDefined();
  expect(readme).toContain(example);
});
