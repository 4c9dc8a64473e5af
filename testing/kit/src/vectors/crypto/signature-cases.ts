/** ed25519 and sr25519 keys, signatures, derivation and agreement; multi-signatures. */
import {
  blake2b256,
  ecdsaRecover,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  ethereumAddress,
  keccak256,
  type Sr25519Pair,
  sr25519Agree,
  sr25519DeriveHard,
  sr25519DerivePublicSoft,
  sr25519DeriveSoft,
  sr25519FromSeed,
  sr25519Sign,
  sr25519Verify,
  sr25519VerifyDeprecated,
  ss58Decode,
} from "@pha/crypto";
import { equalBytes, toHex, utf8 } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { assert } from "./assert.ts";
import { flipBit, forCase } from "./cases.ts";
import { field, hex, type Json, type JsonObject, objects, text } from "./json.ts";

type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

function refusesChanges(
  verify: Verify,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  for (const at of [0, 31, 32, 62])
    assert(!verify(publicKey, message, flipBit(signature, at)), `byte ${at} of the signature`);
  assert(!verify(flipBit(publicKey, 0), message, signature), "another key");
  assert(!verify(publicKey, Uint8Array.of(...message, 0), signature), "a longer message");
  assert(!verify(publicKey, message, signature.subarray(0, 63)), "a shorter signature");
}

export function ed25519Cases(file: JsonObject): readonly VectorCase[] {
  const keys = objects(field(file, "fromSeed"));
  const publicKeyOf = (entry: JsonObject): Uint8Array =>
    hex(field(entry, "publicKey") ?? field(keys[0] ?? {}, "publicKey"));
  const verify = objects(field(file, "verify"));
  return [
    ...keys.map((entry, i) =>
      forCase(`key of seed ${i}`, () => {
        const seed = hex(field(entry, "seed"));
        assert.equal(toHex(ed25519PublicKey(seed)), field(entry, "publicKey"));
        const message = utf8("any");
        const signature = ed25519Sign(seed, message);
        assert(ed25519Verify(publicKeyOf(entry), message, signature));
        refusesChanges(ed25519Verify, publicKeyOf(entry), message, signature);
      }),
    ),
    ...verify.map((entry, i) =>
      forCase(`signature ${i}`, () => {
        const [key, message] = [publicKeyOf(entry), hex(field(entry, "message"))];
        const signature = hex(field(entry, "signature"));
        assert.equal(ed25519Verify(key, message, signature), field(entry, "valid"));
        if (field(entry, "valid") === true) refusesChanges(ed25519Verify, key, message, signature);
      }),
    ),
    ...objects(field(file, "mustFail")).map((entry, i) =>
      forCase(`refused signature ${i}`, () => {
        const first = verify[0] ?? {};
        const merged = { ...first, ...entry };
        const signature = hex(field(merged, "signature"));
        assert(!ed25519Verify(publicKeyOf(merged), hex(field(merged, "message")), signature));
      }),
    ),
  ];
}

export function sr25519Cases(file: JsonObject): readonly VectorCase[] {
  return [
    ...objects(field(file, "fromSeed")).map((entry, i) =>
      forCase(`pair of seed ${i}`, () => seed(entry)),
    ),
    ...objects(field(file, "verify")).map((entry, i) =>
      forCase(`signature ${i}`, () => signed(entry)),
    ),
    ...objects(field(file, "deriveHard")).map((entry, i) =>
      forCase(`hard child ${i}`, () => {
        const child = sr25519DeriveHard(
          pairOf(field(entry, "keypair")),
          hex(field(entry, "chainCode")),
        );
        assert.equal(toHex(child.publicKey), field(entry, "publicKey"));
        usable(child);
      }),
    ),
    ...objects(field(file, "deriveSoft")).map((entry, i) =>
      forCase(`soft child ${i}`, () => {
        const child = sr25519DeriveSoft(
          pairOf(field(entry, "keypair")),
          hex(field(entry, "chainCode")),
        );
        assert.equal(toHex(child.publicKey), field(entry, "publicKey"));
        usable(child);
      }),
    ),
    ...objects(field(file, "derivePublicSoft")).map((entry, i) =>
      forCase(`soft public child ${i}`, () => {
        const child = sr25519DerivePublicSoft(
          hex(field(entry, "publicKey")),
          hex(field(entry, "chainCode")),
        );
        assert(child !== undefined);
        assert.equal(toHex(child), field(entry, "derived"));
      }),
    ),
    ...objects(field(file, "agreement")).map((entry, i) =>
      forCase(`agreement ${i}`, () => {
        const a = sr25519FromSeed(hex(field(entry, "seedA")));
        const b = sr25519FromSeed(hex(field(entry, "seedB")));
        for (const shared of [sr25519Agree(a, b.publicKey), sr25519Agree(b, a.publicKey)]) {
          assert(shared !== undefined);
          assert.equal(toHex(shared), field(entry, "shared"));
        }
        assert.equal(sr25519Agree(a, new Uint8Array(32).fill(255)), undefined);
      }),
    ),
  ];
}

function pairOf(keypair: Json | undefined): Sr25519Pair {
  const bytes = hex(keypair);
  assert.equal(bytes.length, 96);
  return { secretKey: bytes.slice(0, 64), publicKey: bytes.slice(64) };
}

function seed(entry: JsonObject): void {
  const pair = sr25519FromSeed(hex(field(entry, "seed")));
  const expected =
    field(entry, "keypair") === undefined
      ? { secretKey: hex(field(entry, "secretKey")), publicKey: hex(field(entry, "publicKey")) }
      : pairOf(field(entry, "keypair"));
  assert.equal(toHex(pair.publicKey), toHex(expected.publicKey));
  assert.equal(toHex(pair.secretKey), toHex(expected.secretKey));
  usable(pair);
}

function usable(pair: Sr25519Pair): void {
  const message = utf8("any");
  const signature = sr25519Sign(pair, message);
  assert(sr25519Verify(pair.publicKey, message, signature));
  refusesChanges(sr25519Verify, pair.publicKey, message, signature);
}

function signed(entry: JsonObject): void {
  const message =
    field(entry, "message") === undefined
      ? utf8(text(field(entry, "messageUtf8")))
      : hex(field(entry, "message"));
  const [key, signature] = [hex(field(entry, "publicKey")), hex(field(entry, "signature"))];
  const isMarked = ((signature[63] ?? 0) & 0x80) !== 0;
  const verify = isMarked ? sr25519Verify : sr25519VerifyDeprecated;
  assert.equal(verify(key, message, signature), field(entry, "valid"));
  if (!isMarked) assert(!sr25519Verify(key, message, signature), "unmarked, so refused today");
  if (field(entry, "valid") === true) refusesChanges(verify, key, message, signature);
}

export function multiSignatureCases(file: JsonObject): readonly VectorCase[] {
  const message = utf8(text(field(file, "messageUtf8")));
  return objects(field(file, "cases")).map((entry, i) => {
    const type = text(field(entry, "type"));
    return forCase(`${type} ${i}`, () => {
      const scheme = MULTI_SIGNATURES[type];
      assert(scheme !== undefined, `unknown signature type ${type}`);
      const account = accountOf(text(field(entry, "address")));
      const signature = withoutTag(hex(field(entry, "sig")), scheme);
      assert(scheme.verify(account, message, signature));
      refusesChanges(scheme.verify, account, message, signature);
    });
  });
}

interface MultiSignature {
  /** Index in the enum `MultiSignature`, which may stand before the signature. */
  readonly tag: number;
  readonly bytes: number;
  /** By account id, which for ECDSA is a hash of the key. */
  readonly verify: Verify;
}

const MULTI_SIGNATURES: Readonly<Record<string, MultiSignature>> = {
  ed25519: { tag: 0, bytes: 64, verify: ed25519Verify },
  sr25519: { tag: 1, bytes: 64, verify: sr25519Verify },
  ecdsa: {
    tag: 2,
    bytes: 65,
    verify: (accountId, message, signature) => {
      const key = ecdsaRecover(blake2b256(message), signature);
      return key !== undefined && equalBytes(blake2b256(key), accountId);
    },
  },
  ethereum: {
    tag: 2,
    bytes: 65,
    verify: (address, message, signature) => {
      const key = ecdsaRecover(keccak256(message), signature);
      const signer = key === undefined ? undefined : ethereumAddress(key);
      return signer !== undefined && equalBytes(signer, address);
    },
  },
};

function withoutTag(signature: Uint8Array, scheme: MultiSignature): Uint8Array {
  const isTagged = signature.length === scheme.bytes + 1 && signature[0] === scheme.tag;
  return isTagged ? signature.subarray(1) : signature;
}

function accountOf(address: string): Uint8Array {
  if (address.startsWith("0x")) return hex(address);
  const decoded = ss58Decode(address);
  assert(decoded.ok);
  return decoded.value.publicKey;
}
