import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { fromHex, toHex, utf8 } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  hpkeOpen,
  hpkeReceiverContext,
  hpkeSeal,
  hpkeSenderContext,
  isHpkeRecipient,
} from "./hpke.ts";
import { x25519PublicKey } from "./x25519.ts";

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

const secret = new Uint8Array(32).fill(11);
const recipient = x25519PublicKey(secret);
const ephemeralSecret = new Uint8Array(32).fill(22);
const info = utf8("about");
const aad = utf8("bound");
const plaintext = utf8("hello");

/** The oracle wants buffers of its own. */
const own = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test("the oracle opens what we seal, message after message, and exports the same secrets", async () => {
  const recipientKey = await suite.kem.importKey("raw", own(secret), false);
  await fc.assert(
    fc.asyncProperty(bytes(32), fc.array(fc.uint8Array({ maxLength: 80 })), async (eph, texts) => {
      const ours = hpkeSenderContext({ recipient, ephemeralSecret: eph, info });
      const theirs = await suite.createRecipientContext({
        recipientKey,
        enc: own(ours.enc),
        info: own(info),
      });
      for (const text of texts) {
        const opened = await theirs.open(own(ours.context.seal(aad, text)), own(aad));
        expect(new Uint8Array(opened)).toEqual(text);
      }
      expect(new Uint8Array(await theirs.export(own(utf8("exported")), 57))).toEqual(
        ours.context.export(utf8("exported"), 57),
      );
    }),
    { numRuns: 8 },
  );
});

test("we open what the oracle seals, and its bytes equal ours for the same ephemeral key", async () => {
  const recipientPublicKey = await suite.kem.importKey("raw", own(recipient), true);
  const ekm = {
    privateKey: await suite.kem.importKey("raw", own(ephemeralSecret), false),
    publicKey: await suite.kem.importKey("raw", own(x25519PublicKey(ephemeralSecret)), true),
  };
  const theirs = await suite.createSenderContext({ recipientPublicKey, info: own(info), ekm });
  const enc = new Uint8Array(theirs.enc);
  const ciphertext = new Uint8Array(await theirs.seal(own(plaintext), own(aad)));
  expect(hpkeOpen({ secret, enc, info, aad, ciphertext })).toEqual(plaintext);
  expect(hpkeSeal({ recipient, ephemeralSecret, info, aad, plaintext })).toEqual({
    enc,
    ciphertext,
  });
});

test("the bytes of one message are pinned", () => {
  const sealed = hpkeSeal({ recipient, ephemeralSecret, info, aad, plaintext });
  expect(toHex(sealed.enc)).toMatchInlineSnapshot(
    `"0x7f442fb4ecc9dd6cde4635881fbe2bb433b67b004935c4330d21e36f681a0e12"`,
  );
  expect(toHex(sealed.ciphertext)).toMatchInlineSnapshot(
    `"0x77c6a91e70a34b876feea96613a540085ba5326d98"`,
  );
});

test("nothing opens after any change", () => {
  const { enc, ciphertext } = hpkeSeal({ recipient, ephemeralSecret, info, aad, plaintext });
  const good = { secret, enc, info, aad, ciphertext };
  expect(hpkeOpen(good)).toEqual(plaintext);
  for (let at = 0; at < ciphertext.length; at++)
    expect(hpkeOpen({ ...good, ciphertext: flip(ciphertext, at) })).toBeUndefined();
  // The top bit of a point is not part of it, but it is part of what the keys are derived from.
  for (let at = 0; at < 32; at++) {
    expect(hpkeOpen({ ...good, enc: flip(enc, at) })).toBeUndefined();
    expect(hpkeOpen({ ...good, enc: flip(enc, at, 0x80) })).toBeUndefined();
  }
  expect(hpkeOpen({ ...good, secret: flip(secret, 1) })).toBeUndefined();
  expect(hpkeOpen({ ...good, info: utf8("other") })).toBeUndefined();
  expect(hpkeOpen({ ...good, aad: utf8("other") })).toBeUndefined();
  expect(hpkeOpen({ ...good, ciphertext: ciphertext.subarray(0, 15) })).toBeUndefined();
  expect(hpkeOpen({ ...good, enc: enc.subarray(1) })).toBeUndefined();
});

test("the receiver may bring the public key along, its own only", () => {
  const { enc, ciphertext } = hpkeSeal({ recipient, ephemeralSecret, info, aad, plaintext });
  const good = { secret, enc, info, aad, ciphertext };
  expect(hpkeOpen({ ...good, publicKey: recipient })).toEqual(plaintext);
  expect(hpkeOpen({ ...good, publicKey: enc })).toBeUndefined();
});

test("a message that does not open leaves the context where it was", () => {
  const sender = hpkeSenderContext({ recipient, ephemeralSecret, info });
  const receiver = hpkeReceiverContext({ secret, enc: sender.enc, info });
  const [first, second] = [sender.context.seal(aad, plaintext), sender.context.seal(aad, aad)];
  expect(receiver?.open(aad, second)).toBeUndefined();
  expect(receiver?.open(aad, first)).toEqual(plaintext);
  expect(receiver?.open(aad, first)).toBeUndefined();
  expect(receiver?.open(aad, second)).toEqual(aad);
  expect(first).not.toEqual(second);
});

test.each([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
])("a point of small order is neither sealed to nor opened: %s", (hex) => {
  const point = fromHex(hex);
  expect(isHpkeRecipient(point)).toBe(false);
  expect(() => hpkeSeal({ recipient: point, ephemeralSecret, info, aad, plaintext })).toThrow(
    /large order/,
  );
  expect(hpkeReceiverContext({ secret, enc: point, info })).toBeUndefined();
  const ciphertext = new Uint8Array(32);
  expect(hpkeOpen({ secret, enc: point, info, aad, ciphertext })).toBeUndefined();
});

test("keys of other lengths are no recipients", () => {
  expect(isHpkeRecipient(recipient)).toBe(true);
  expect(isHpkeRecipient(recipient.subarray(1))).toBe(false);
});

test("each exporter context and length has its own secret, however often and in what order it is asked for", () => {
  const { context } = hpkeSenderContext({ recipient, ephemeralSecret, info });
  const label = utf8("one");
  const one = toHex(context.export(label, 32));
  context.export(label, 32).fill(0);
  expect(toHex(context.export(label, 32))).toBe(one);
  const longer = toHex(context.export(label, 40));
  label[0] = 1;
  const other = toHex(context.export(label, 32));
  expect(new Set([one, longer, other])).toHaveLength(3);
  expect(toHex(context.export(utf8("one"), 32))).toBe(one);
});

function flip(input: Uint8Array, at: number, mask = 1): Uint8Array {
  const out = input.slice();
  out[at] = (out[at] ?? 0) ^ mask;
  return out;
}
