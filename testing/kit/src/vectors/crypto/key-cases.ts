/** Phrases, secret URIs and addresses. */
import {
  blake2b256,
  entropyOf,
  ethereumAddress,
  type KeyScheme,
  keccak256,
  miniSecretFromEntropy,
  pairFromUri,
  sr25519FromSeed,
  ss58Decode,
  ss58Encode,
} from "@pha/crypto";
import { compareBytes, concatBytes, encode, fixedBytes, toHex, u16, utf8, vec } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { assert } from "./assert.ts";
import { forCase } from "./cases.ts";
import { field, hex, integer, type Json, type JsonObject, objects, text } from "./json.ts";

const SCHEMES: Readonly<Record<string, KeyScheme>> = {
  sr25519: "sr25519",
  ed25519: "ed25519",
  ecdsa: "ecdsa",
  ethereum: "ethereum",
};

function publicKeyOf(uri: string, type: string): Uint8Array {
  const scheme = SCHEMES[type];
  assert(scheme !== undefined, `unknown key type ${type}`);
  const pair = pairFromUri(uri, scheme);
  assert(pair.ok, `${uri}: ${pair.ok ? "" : pair.error.reason}`);
  return pair.value.publicKey;
}

export function phraseKeyCases(file: readonly Json[]): readonly VectorCase[] {
  return objects(file).map((entry, i) =>
    forCase(`phrase ${i}`, () => {
      const mnemonic = text(field(entry, "mnemonic"));
      for (const type of Object.keys(SCHEMES)) {
        if (entry[type] !== undefined)
          assert.equal(toHex(publicKeyOf(mnemonic, type)), entry[type], type);
      }
      assert(!pairFromUri(`${mnemonic} abandon`, "sr25519").ok, "a word too many");
    }),
  );
}

export function bip39Cases(file: JsonObject): readonly VectorCase[] {
  return objects(field(file, "cases")).map((entry, i) =>
    forCase(`phrase ${i}`, () => {
      const mnemonic = text(field(entry, "mnemonic"));
      const password = text(field(entry, "password") ?? field(file, "password"));
      const entropy = entropyOf(mnemonic);
      assert(entropy !== undefined);
      assert.equal(toHex(entropy), field(entry, "entropy"));
      const seed = miniSecretFromEntropy(entropy, password);
      assert.equal(toHex(seed), field(entry, "seed64"));
      const pair = sr25519FromSeed(seed.slice(0, 32));
      assert.equal(toHex(pair.secretKey), field(entry, "secretExpanded"));
      const fromUri = pairFromUri(`${mnemonic}///${password}`, "sr25519");
      assert(fromUri.ok);
      assert.deepEqual(fromUri.value, pair);
    }),
  );
}

export function uriCases(file: JsonObject): readonly VectorCase[] {
  return objects(field(file, "cases")).map((entry, i) =>
    forCase(`uri ${i}`, () => {
      const type = text(field(entry, "type"));
      const publicKey = publicKeyOf(text(field(entry, "uri")), type);
      assert.equal(toHex(publicKey), field(entry, "publicKey"));
      if (field(entry, "address") !== undefined)
        assert.equal(
          addressOf(type, publicKey, text(field(entry, "address"))),
          field(entry, "address"),
        );
    }),
  );
}

function addressOf(type: string, publicKey: Uint8Array, like: string): string {
  if (type === "ethereum") {
    const address = ethereumAddress(publicKey);
    assert(address !== undefined);
    return checksummed(address);
  }
  const decoded = ss58Decode(like);
  assert(decoded.ok);
  return ss58Encode(decoded.value.prefix, type === "ecdsa" ? blake2b256(publicKey) : publicKey);
}

/** EIP-55: a letter is upper case where the hash of the text has a digit above 7. */
function checksummed(address: Uint8Array): string {
  const digits = toHex(address).slice(2);
  const hash = toHex(keccak256(utf8(digits))).slice(2);
  const shown = Array.from(digits, (digit, i) =>
    Number.parseInt(hash.charAt(i), 16) > 7 ? digit.toUpperCase() : digit,
  );
  return `0x${shown.join("")}`;
}

export function ss58Cases(file: JsonObject): readonly VectorCase[] {
  return [
    ...objects(field(file, "encode")).map((entry, i) =>
      forCase(`address ${i}`, () => {
        const [prefix, publicKey] = [
          integer(field(entry, "prefix")),
          hex(field(entry, "publicKey")),
        ];
        const address = text(field(entry, "address"));
        assert.equal(ss58Encode(prefix, publicKey), address);
        assert.deepEqual(ss58Decode(address), { ok: true, value: { prefix, publicKey } });
        refusesTypos(address);
      }),
    ),
    ...objects(field(file, "evmToSubstrate")).map((entry, i) =>
      forCase(`evm account ${i}`, () => {
        const account = blake2b256(concatBytes(utf8("evm:"), hex(field(entry, "evm"))));
        assert.equal(ss58Encode(integer(field(entry, "prefix")), account), field(entry, "address"));
      }),
    ),
    ...objects(field(file, "multisigAndDerived")).map((entry, i) =>
      forCase(`derived account ${i}`, () => {
        const expected = ss58Decode(text(field(entry, "address")));
        assert(expected.ok);
        assert.equal(toHex(derivedAccount(entry)), toHex(expected.value.publicKey));
        refusesTypos(text(field(entry, "address")));
      }),
    ),
  ];
}

/** Both kinds hash under the same prefix, which is historical. */
const UTILITY = utf8("modlpy/utilisuba");

function derivedAccount(entry: JsonObject): Uint8Array {
  const { signatories } = entry;
  if (Array.isArray(signatories)) {
    const accounts = signatories.map(accountOf).sort(compareBytes);
    const members = encode(vec(fixedBytes(32), accounts.length), accounts);
    return blake2b256(
      concatBytes(UTILITY, members, encode(u16, integer(field(entry, "threshold")))),
    );
  }
  const base = accountOf(field(entry, "derivedFrom"));
  return blake2b256(concatBytes(UTILITY, base, encode(u16, integer(field(entry, "index")))));
}

function accountOf(address: Json | undefined): Uint8Array {
  const decoded = ss58Decode(text(address));
  assert(decoded.ok);
  return decoded.value.publicKey;
}

function refusesTypos(address: string): void {
  for (let i = 0; i < address.length; i++) {
    const other = address.charAt(i) === "2" ? "3" : "2";
    assert(!ss58Decode(address.slice(0, i) + other + address.slice(i + 1)).ok, `character ${i}`);
  }
  assert(!ss58Decode(`${address}1`).ok);
  assert(!ss58Decode(address.slice(1)).ok);
}
