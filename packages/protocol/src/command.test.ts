import { blake2b256, hpkeSeal, x25519PublicKey } from "@pha/crypto";
import {
  bytes,
  concatBytes,
  decode,
  encode,
  option,
  struct,
  toHex,
  utf8,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { describe, expect, test } from "vitest";
import { BlobRef, blobRefOf } from "./cid.ts";
import {
  type Command,
  CommandAad,
  chargedFuel,
  commandInfo,
  MAX_ON_CHAIN_REPLY_BYTES,
  MAX_SEALED_REPLY_BYTES,
  openCommand,
  openReply,
  placedReply,
  Replies,
  repliesRoot,
  replyBlobs,
  replyHash,
  type SealedReply,
  SUITE_X25519,
  sealCommand,
  sealedBytes,
  sealReply,
} from "./command.ts";
import { Hash } from "./ids.ts";
import { COMMAND_BUCKETS, pad, unpad } from "./padding.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const genesisHash = fill(1);
const sealingSecret = fill(2);
const clear: Omit<Command, "sealed"> = {
  origin: fill(3),
  contract: fill(4),
  commandId: fill(5),
  generation: 1n,
  epoch: 2n,
  codeHash: fill(6),
  fuelLimit: 1000n,
  value: 7n,
  expiry: 100,
};
const body = { selector: Uint8Array.of(1, 2, 3, 4), args: utf8("arguments"), replyKey: fill(8) };

function sealedWith(change: { readonly length?: number } = {}): Uint8Array {
  const sealed = sealCommand({
    genesisHash,
    clear,
    body: change.length === undefined ? body : { ...body, args: new Uint8Array(change.length) },
    sealingKey: x25519PublicKey(sealingSecret),
    ephemeralSecret: fill(9),
  });
  if (!sealed.ok) throw new Error(sealed.error.code);
  return sealed.value;
}

const command: Command = { ...clear, sealed: sealedWith() };
const open = (input: Partial<Parameters<typeof openCommand>[0]>) =>
  openCommand({ genesisHash, command, sealingSecret, ...input });

test("opens what was sealed for this contract, epoch and sender", () => {
  expect(open({})).toEqual({ ok: true, value: body });
});

describe("a command that was changed in one thing does not open:", () => {
  const changes: readonly (readonly [string, Partial<Parameters<typeof openCommand>[0]>])[] = [
    ["chain", { genesisHash: fill(11) }],
    ["key", { sealingSecret: fill(11) }],
    ...Object.entries({
      origin: fill(11),
      contract: fill(11),
      commandId: fill(11),
      generation: 9n,
      epoch: 9n,
      codeHash: undefined,
      fuelLimit: 9n,
      value: 9n,
      expiry: 9,
    }).map(([name, value]) => [name, { command: { ...command, [name]: value } }] as const),
  ];
  test.each(changes)("%s", (_name, change) => {
    expect(open(change)).toEqual({ ok: false, error: { code: "command/not-opened" } });
  });
  test("any byte of the sealed part", () => {
    for (let at = 1; at < command.sealed.length; at += 7) {
      const sealed = command.sealed.slice();
      sealed[at] = (sealed[at] ?? 0) ^ 1;
      expect(open({ command: { ...command, sealed } }).ok).toBe(false);
    }
  });
});

test("a reply does not open as a command, and the other way round", () => {
  const reply = aReply();
  const sealed = Uint8Array.of(1, ...reply);
  expect(open({ command: { ...command, sealed }, sealingSecret: fill(20) }).ok).toBe(false);
  expect(opened({ sealed: command.sealed.subarray(1), replySecretKey: sealingSecret }).ok).toBe(
    false,
  );
});

test("refuses what is cut, of another suite, or padded wrongly", () => {
  const refused = (sealed: Uint8Array) => {
    const result = open({ command: { ...command, sealed } });
    return result.ok ? "opened" : result.error.code;
  };
  expect(refused(command.sealed.subarray(0, 40))).toBe("command/truncated");
  expect(refused(new Uint8Array(0))).toBe("command/truncated");
  expect(refused(Uint8Array.of(2, ...command.sealed.subarray(1)))).toBe("command/unknown-suite");
  expect(refused(command.sealed.subarray(0, -1))).toBe("command/not-opened");
});

test.each([
  ["not padded to a bucket", () => new Uint8Array(10)],
  ["padded with a length beyond the bucket", () => new Uint8Array(256).fill(255)],
  ["padded, and no command", () => padded(Uint8Array.of(1, 2))],
  ["padded, with more behind the command", () => padded(new Uint8Array(4 + 1 + 32 + 1))],
])("refuses what opens and is %s", (_, plaintext) => {
  const { enc, ciphertext } = hpkeSeal({
    recipient: x25519PublicKey(sealingSecret),
    ephemeralSecret: fill(9),
    info: commandInfo(genesisHash, clear),
    aad: encode(CommandAad, clear),
    plaintext: plaintext(),
  });
  const sealed = concatBytes(Uint8Array.of(SUITE_X25519), enc, ciphertext);
  expect(open({ command: { ...clear, sealed } })).toEqual({
    ok: false,
    error: { code: "command/malformed" },
  });
});

function padded(content: Uint8Array): Uint8Array {
  const result = pad(content, COMMAND_BUCKETS);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

test("commands of different lengths have the same size, up to the bucket", () => {
  expect(sealedWith({ length: 0 }).length).toBe(sealedWith({ length: 200 }).length);
  expect(sealedWith({ length: 201 + 32 }).length).toBeGreaterThan(command.sealed.length);
  const tooLong = sealCommand({
    genesisHash,
    clear,
    body: { ...body, args: new Uint8Array(262_144) },
    sealingKey: x25519PublicKey(sealingSecret),
    ephemeralSecret: fill(9),
  });
  expect(tooLong).toMatchObject({ ok: false, error: { code: "padding/too-long" } });
});

test("padding is read strictly", () => {
  const padded = pad(utf8("text"), COMMAND_BUCKETS);
  if (!padded.ok) throw new Error(padded.error.code);
  const refused = { ok: false, error: { code: "padding/malformed" } };
  expect(unpad(padded.value, COMMAND_BUCKETS)).toEqual({ ok: true, value: utf8("text") });
  expect(unpad(padded.value.subarray(1), COMMAND_BUCKETS)).toEqual(refused);
  for (const at of [0, 1, 3, 9, 255]) {
    const changed = padded.value.slice();
    changed[at] = 255;
    if (at !== 0 || changed[0] !== 4) expect(unpad(changed, COMMAND_BUCKETS)).toEqual(refused);
  }
  expect(unpad(new Uint8Array(1024), COMMAND_BUCKETS)).toEqual(refused);
});

const replyContext = {
  genesisHash,
  commandId: clear.commandId,
  sealedHash: blake2b256(command.sealed),
  block: { number: 7, hash: fill(12) },
};
const replySecretKey = fill(20);

function aReply(result = "result"): Uint8Array {
  const sealed = sealReply({
    ...replyContext,
    body: { outcome: { type: "Ok", value: utf8(result) }, fuelUsed: 5n },
    replyKey: x25519PublicKey(replySecretKey),
    replySecret: fill(21),
  });
  if (!sealed.ok) throw new Error(sealed.error.code);
  return sealed.value;
}

const opened = (change: Partial<Parameters<typeof openReply>[0]>) =>
  openReply({ ...replyContext, sealed: aReply(), replySecretKey, ...change });

test("a reply is the same on every replica, and shares no key with another", () => {
  expect(toHex(aReply())).toBe(toHex(aReply()));
  expect(toHex(aReply().subarray(0, 32))).not.toBe(toHex(aReply("another").subarray(0, 32)));
  expect(opened({})).toMatchObject({ ok: true, value: { fuelUsed: 5n } });
});

test.each([
  ["chain", { genesisHash: fill(30) }],
  ["command id", { commandId: fill(30) }],
  ["sealed command", { sealedHash: fill(30) }],
  ["block number", { block: { number: 8, hash: fill(12) } }],
  ["block hash", { block: { number: 7, hash: fill(30) } }],
  ["key", { replySecretKey: fill(30) }],
])("a reply does not open for another %s", (_name, change) => {
  expect(opened(change)).toEqual({ ok: false, error: { code: "reply/not-opened" } });
});

test("the order and content of replies are in their root", () => {
  const a = { contract: fill(1), commandId: fill(2), sealed: undefined };
  const b = { contract: fill(1), commandId: fill(3), sealed: undefined };
  expect(toHex(repliesRoot([a, b]))).not.toBe(toHex(repliesRoot([b, a])));
  expect(toHex(repliesRoot([]))).not.toBe(toHex(repliesRoot([a])));
});

describe("where a sealed reply is", () => {
  const name = { contract: fill(1), commandId: fill(2) };
  /** Without the bounds of the codec that reads them. */
  const lax = variants({ OnChain: variant(0, bytes), Blob: variant(1, BlobRef) });
  const laxReplies = vec(struct({ contract: Hash, commandId: Hash, sealed: option(lax) }), 1);
  const decodes = (sealed: SealedReply) =>
    decode(Replies, encode(laxReplies, [{ ...name, sealed }])).ok;

  test("follows from its length: in the commit up to a content of 1 KiB, a blob above", () => {
    const most = new Uint8Array(MAX_ON_CHAIN_REPLY_BYTES).fill(7);
    const more = new Uint8Array(MAX_ON_CHAIN_REPLY_BYTES + 1).fill(7);
    expect(placedReply(most)).toEqual({ type: "OnChain", value: most });
    expect(placedReply(more)).toEqual({ type: "Blob", value: blobRefOf(more) });
    expect([placedReply(most), placedReply(more)].map(decodes)).toEqual([true, true]);
    const replies = [most, more].map((sealed) => ({ ...name, sealed: placedReply(sealed) }));
    expect(replyBlobs([...replies, { ...name, sealed: undefined }])).toEqual([blobRefOf(more)]);
    expect([most, more].map((one) => replyHash(placedReply(one)))).toEqual(
      [most, more].map((one) => blake2b256(one)),
    );
  });

  test("in another place it does not decode", () => {
    const digest = fill(3);
    const places: readonly SealedReply[] = [
      { type: "OnChain", value: new Uint8Array(MAX_ON_CHAIN_REPLY_BYTES + 1) },
      { type: "Blob", value: { digest, bytes: MAX_ON_CHAIN_REPLY_BYTES } },
      { type: "Blob", value: { digest, bytes: MAX_SEALED_REPLY_BYTES + 1 } },
    ];
    expect(places.map(decodes)).toEqual([false, false, false]);
    expect(decodes({ type: "Blob", value: { digest, bytes: MAX_SEALED_REPLY_BYTES } })).toBe(true);
  });

  test("a blob is taken when it is what was named, in hash and length", () => {
    const content = new Uint8Array(5_000).fill(4);
    const sealed = placedReply(content);
    expect(sealedBytes(sealed, content)).toEqual({ ok: true, value: content });
    const small = placedReply(fill(1));
    expect(sealedBytes(small, undefined)).toEqual({ ok: true, value: fill(1) });
    const missing = { ok: false, error: { code: "reply/blob-missing" } };
    expect(sealedBytes(sealed, undefined)).toEqual(missing);
    const other = { ok: false, error: { code: "reply/other-blob" } };
    expect(sealedBytes(sealed, content.slice(0, -1))).toEqual(other);
    expect(
      sealedBytes(
        sealed,
        content.map((byte) => byte ^ 1),
      ),
    ).toEqual(other);
    const ref = { digest: blake2b256(content), bytes: 4_999 };
    expect(sealedBytes({ type: "Blob", value: ref }, content)).toEqual(other);
  });
});

test("fuel is charged in powers of two", () => {
  expect([0n, 1n, 2n, 3n, 1024n, 1025n].map(chargedFuel)).toEqual([1n, 1n, 2n, 4n, 1024n, 2048n]);
});
