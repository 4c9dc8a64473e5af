/** Hashes and AEAD. */
import {
  aes256GcmOpen,
  aes256GcmSeal,
  blake2b128,
  blake2b256,
  blake2b512,
  keccak256,
  sha256,
  sha512,
  twox64,
  twox128,
  twox256,
} from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { assert } from "./assert.ts";
import { flipBit, forCase } from "./cases.ts";
import { field, hex, type JsonObject, objects, text } from "./json.ts";

const HASHES: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = {
  keccak_256: keccak256,
  sha2_256: sha256,
  sha2_512: sha512,
  blake2_128: blake2b128,
  blake2_256: blake2b256,
  blake2_512: blake2b512,
  twox_64: twox64,
  twox_128: twox128,
  twox_256: twox256,
};

export function hashCases(file: JsonObject): readonly VectorCase[] {
  return Object.entries(file).flatMap(([name, cases]) => {
    const hash = HASHES[name];
    return objects(cases).map((entry, i) => ({
      name: `${name} ${i}`,
      run: () => {
        if (hash === undefined) return { skip: `nothing here uses ${name}` };
        const input = text(field(entry, "input"));
        assert.equal(toHex(hash(utf8(input))), field(entry, "hash"));
        assert.notEqual(toHex(hash(utf8(`${input} `))), field(entry, "hash"));
        return undefined;
      },
    }));
  });
}

export function isHashFile(file: JsonObject): boolean {
  return Object.keys(file).some((name) => name in HASHES);
}

export function aesGcmCases(file: JsonObject): readonly VectorCase[] {
  return objects(field(file, "cases")).map((entry, i) =>
    forCase(`case ${i}`, () => {
      const [key, iv, plaintext] = [
        hex(field(entry, "key")),
        hex(field(entry, "iv")),
        hex(field(entry, "plaintext")),
      ];
      const aad = field(entry, "aad") === undefined ? new Uint8Array(0) : hex(field(entry, "aad"));
      const sealed = hex(field(entry, "ciphertextAndTag"));
      assert.equal(toHex(aes256GcmSeal(key, iv, plaintext, aad)), toHex(sealed));
      assert.deepEqual(aes256GcmOpen(key, iv, sealed, aad), plaintext);
      for (const at of [0, sealed.length - 1])
        assert.equal(aes256GcmOpen(key, iv, flipBit(sealed, at), aad), undefined);
      assert.equal(aes256GcmOpen(key, iv, sealed.subarray(1), aad), undefined);
      assert.equal(aes256GcmOpen(key, iv, sealed, Uint8Array.of(1)), undefined);
      assert.equal(aes256GcmOpen(flipBit(key, 0), iv, sealed, aad), undefined);
    }),
  );
}
