/** Every field of a context is bound: with one of them changed, opening fails. */
import {
  ed25519PublicKey,
  ed25519Sign,
  sr25519FromSeed,
  sr25519Sign,
  x25519PublicKey,
} from "@pha/crypto";
import { toHex, utf8ToText } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  type Certificate,
  type Command,
  type Commit,
  certificatePayloads,
  commitDigest,
  commitPayload,
  DOMAIN,
  deriveStateKeys,
  type KeyName,
  type KeyPurpose,
  keyIdentity,
  openAnswer,
  openCommand,
  openDelta,
  openQuery,
  openReply,
  requestPayload,
  type SignedMessage,
  type SignedReply,
  sealAnswer,
  sealCommand,
  sealDelta,
  sealQuery,
  sealReply,
  signedMessageBytes,
  verifyCertificate,
  verifyCommit,
  verifySignedMessage,
  verifySignedReply,
} from "./index.ts";
import { answerPayload, replyPayload } from "./query.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const OTHER = fill(0xfe);

/** Each single change of a record. */
function changes<T extends object>(
  record: T,
  to: { readonly [K in keyof T]?: T[K] },
): [string, T][] {
  return Object.entries(to).map(([key, value]) => [key, { ...record, [key]: value }]);
}

test("no domain string is the beginning of another, and all are this protocol's", () => {
  const all = Object.values(DOMAIN).map((bytes) => utf8ToText(bytes) ?? "");
  expect(new Set(all).size).toBe(all.length);
  for (const one of all) {
    expect(one).toMatch(/^pha\/(v1\/[a-z-]+|attest\/v1)$/);
    expect([one, all.filter((other) => other !== one && other.startsWith(one))]).toEqual([one, []]);
  }
});

describe("a command", () => {
  const secret = fill(1);
  const clear: Omit<Command, "sealed"> = {
    origin: fill(2),
    contract: fill(3),
    commandId: fill(4),
    generation: 1n,
    epoch: 1n,
    codeHash: undefined,
    fuelLimit: 100n,
    value: 0n,
    expiry: 50,
  };
  const body = { selector: fill(5, 4), args: fill(6, 10), replyKey: fill(7) };
  const sealed = sealCommand({
    genesisHash: fill(8),
    clear,
    body,
    sealingKey: x25519PublicKey(secret),
    ephemeralSecret: fill(9),
  });
  if (!sealed.ok) throw new Error(sealed.error.code);
  const command: Command = { ...clear, sealed: sealed.value };
  const open = (one: Command, genesisHash = fill(8), sealingSecret = secret) =>
    openCommand({ genesisHash, command: one, sealingSecret });

  test("opens in its own context", () => {
    expect(open(command)).toEqual({ ok: true, value: body });
  });

  test.each(
    changes(command, {
      origin: OTHER,
      contract: OTHER,
      commandId: OTHER,
      generation: 2n,
      epoch: 2n,
      codeHash: fill(0),
      fuelLimit: 101n,
      value: 1n,
      expiry: 51,
    }),
  )("does not open with another %s", (_, changed) => {
    expect(open(changed)).toEqual({ ok: false, error: { code: "command/not-opened" } });
  });

  test("does not open on another chain or with another key", () => {
    expect(open(command, OTHER).ok).toBe(false);
    expect(open(command, undefined, fill(11)).ok).toBe(false);
  });

  test("does not open with any byte changed, cut or added", () => {
    for (let i = 0; i < command.sealed.length; i += 7) {
      const bytes = command.sealed.slice();
      bytes[i]! ^= 1;
      expect([i, open({ ...command, sealed: bytes }).ok]).toEqual([i, false]);
    }
    expect(open({ ...command, sealed: command.sealed.slice(0, -1) }).ok).toBe(false);
    expect(open({ ...command, sealed: fill(1, command.sealed.length + 1) }).ok).toBe(false);
    expect(open({ ...command, sealed: new Uint8Array() })).toEqual({
      ok: false,
      error: { code: "command/truncated" },
    });
    expect(open({ ...command, sealed: fill(2, 305) })).toEqual({
      ok: false,
      error: { code: "command/unknown-suite", suite: 2 },
    });
  });
});

describe("a reply", () => {
  const secret = fill(1);
  const context = {
    genesisHash: fill(2),
    commandId: fill(3),
    sealedHash: fill(4),
    block: { number: 5, hash: fill(6) },
  };
  const body = { outcome: { type: "Ok" as const, value: fill(7, 9) }, fuelUsed: 12n };
  const made = { ...context, body, replyKey: x25519PublicKey(secret), replySecret: fill(8) };
  const sealed = sealReply(made);
  if (!sealed.ok) throw new Error(sealed.error.code);
  const given = { ...context, sealed: sealed.value, replySecretKey: secret };

  test("opens in its own context, and is the same on every replica", () => {
    expect(openReply(given)).toEqual({ ok: true, value: body });
    expect(sealReply(made)).toEqual(sealed);
  });

  test.each(
    changes(given, {
      genesisHash: OTHER,
      commandId: OTHER,
      sealedHash: OTHER,
      block: { number: 5, hash: OTHER },
      replySecretKey: OTHER,
    }),
  )("does not open with another %s", (_, changed) => {
    expect(openReply(changed).ok).toBe(false);
  });

  test("does not open at another height, cut, or empty", () => {
    expect(openReply({ ...given, block: { ...given.block, number: 6 } }).ok).toBe(false);
    expect(openReply({ ...given, sealed: given.sealed.slice(0, -1) }).ok).toBe(false);
    expect(openReply({ ...given, sealed: new Uint8Array() }).ok).toBe(false);
  });

  test("shares its ephemeral key with no other body, command or recipient", () => {
    const keys = [
      made,
      { ...made, body: { ...body, fuelUsed: 13n } },
      { ...made, commandId: OTHER },
      { ...made, replyKey: x25519PublicKey(OTHER) },
      { ...made, replySecret: OTHER },
    ].map((one) => {
      const reply = sealReply(one);
      return reply.ok ? toHex(reply.value.subarray(0, 32)) : "";
    });
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("a delta", () => {
  const keyContext = { genesisHash: fill(1), cluster: fill(2), version: 0 };
  const keys = deriveStateKeys(fill(3), keyContext);
  const context = {
    genesisHash: fill(1),
    cluster: fill(2),
    keyVersion: 0,
    blockHash: fill(4),
    previousRoot: fill(5),
    newRoot: fill(6),
  };
  const writes = [{ contract: fill(7), key: fill(8, 3), value: fill(9, 20) }];
  const sealed = sealDelta(keys, context, writes);
  if (!sealed.ok) throw new Error(sealed.error.code);

  test("opens in its own context, and is the same on every replica", () => {
    expect(openDelta(keys, context, sealed.value)).toEqual({ ok: true, value: writes });
    expect(sealDelta(keys, context, writes)).toEqual(sealed);
  });

  test.each(
    changes(context, {
      genesisHash: OTHER,
      cluster: OTHER,
      keyVersion: 1,
      blockHash: OTHER,
      previousRoot: OTHER,
      newRoot: OTHER,
    }),
  )("does not open with another %s", (_, changed) => {
    expect(openDelta(keys, changed, sealed.value)).toEqual({
      ok: false,
      error: { code: "delta/not-opened" },
    });
  });

  test.each(
    changes(keyContext, { genesisHash: OTHER, cluster: OTHER, version: 1 }),
  )("does not open under keys of another %s", (_, changed) => {
    expect(openDelta(deriveStateKeys(fill(3), changed), context, sealed.value).ok).toBe(false);
  });

  test("does not open with any byte changed or cut", () => {
    for (let i = 0; i < sealed.value.length; i += 31) {
      const bytes = sealed.value.slice();
      bytes[i]! ^= 0x80;
      expect(openDelta(keys, context, bytes).ok).toBe(false);
    }
    expect(openDelta(keys, context, sealed.value.slice(1)).ok).toBe(false);
    expect(openDelta(keys, context, new Uint8Array(0)).ok).toBe(false);
  });

  test("has another keystream for another plaintext in the same context", () => {
    const other = sealDelta(keys, context, [{ ...writes[0]!, value: fill(10, 20) }]);
    if (!other.ok) throw new Error(other.error.code);
    expect(toHex(other.value.subarray(0, 16))).not.toBe(toHex(sealed.value.subarray(0, 16)));
    let same = 0;
    for (let i = 16; i < 1040; i++) if (other.value[i] === sealed.value[i]) same += 1;
    expect(same).toBeLessThan(40);
  });
});

describe("a query and its answer", () => {
  const secret = fill(1);
  const boot = fill(2);
  const request = {
    nonce: fill(3),
    at: { number: 4, hash: fill(5) },
    contract: fill(6),
    selector: fill(7, 4),
    args: fill(8, 5),
    fuelLimit: 9n,
    certificate: undefined,
  };
  const { sealed, context } = sealQuery({
    genesisHash: fill(10),
    boot,
    bootEncryption: x25519PublicKey(secret),
    ephemeralSecret: fill(11),
    request: { request, signature: undefined },
  });
  const open = (genesisHash: Uint8Array, one: typeof sealed, bootEncryptionSecret = secret) =>
    openQuery({ genesisHash, bootEncryptionSecret, sealed: one });

  test("open in their own context only", () => {
    const opened = open(fill(10), sealed);
    expect(opened.ok && opened.value.request.request).toEqual(request);
    expect(open(OTHER, sealed).ok).toBe(false);
    expect(open(fill(10), { ...sealed, boot: OTHER }).ok).toBe(false);
    expect(open(fill(10), { ...sealed, enc: OTHER }).ok).toBe(false);
    expect(open(fill(10), sealed, OTHER).ok).toBe(false);
    expect(open(fill(10), { ...sealed, ciphertext: sealed.ciphertext.slice(1) }).ok).toBe(false);
    if (!opened.ok) return;
    const answer = {
      requestHash: fill(1),
      outcome: { type: "Ok" as const, value: fill(2, 3) },
      fuelUsed: 1n,
      block: request.at,
      root: fill(3),
      stateBlock: request.at,
      opened: undefined,
    };
    const signed = { answer, signature: fill(4, 64) };
    const given = sealAnswer(opened.value.context, fill(5, 12), signed);
    expect(openAnswer(context, given)).toEqual({ ok: true, value: signed });
    expect(openAnswer(context, { ...given, nonce: fill(6, 12) }).ok).toBe(false);
    const foreign = sealQuery({
      genesisHash: fill(10),
      boot,
      bootEncryption: x25519PublicKey(secret),
      ephemeralSecret: fill(12),
      request: { request, signature: undefined },
    });
    expect(openAnswer(foreign.context, given).ok).toBe(false);
  });

  test("are signed for one network, one boot and one request", () => {
    const payloads = [
      requestPayload(fill(10), boot, request),
      requestPayload(OTHER, boot, request),
      requestPayload(fill(10), OTHER, request),
      ...changes(request, {
        nonce: OTHER,
        at: { number: 5, hash: fill(5) },
        contract: OTHER,
        selector: fill(1, 4),
        args: fill(8, 6),
        fuelLimit: 10n,
      }).map(([, changed]) => requestPayload(fill(10), boot, changed)),
    ];
    expect(new Set(payloads.map(toHex)).size).toBe(payloads.length);
  });
});

describe("signatures", () => {
  const seed = fill(1);
  const boot = ed25519PublicKey(seed);

  test("of a message bind sender, topic, payload, boot and sequence", () => {
    const message: SignedMessage["message"] = {
      sender: { type: "Worker", value: fill(2) },
      destination: fill(97, 4),
      payload: fill(3, 8),
    };
    const signature = ed25519Sign(seed, signedMessageBytes(message, boot, 4n));
    const signed: SignedMessage = { message, boot, sequence: 4n, signature };
    expect(verifySignedMessage(signed)).toBe(true);
    for (const [, changed] of changes(message, {
      sender: { type: "Worker", value: OTHER },
      destination: fill(98, 4),
      payload: fill(3, 9),
    }))
      expect(verifySignedMessage({ ...signed, message: changed })).toBe(false);
    expect(verifySignedMessage({ ...signed, sequence: 5n })).toBe(false);
    expect(verifySignedMessage({ ...signed, boot: ed25519PublicKey(OTHER) })).toBe(false);
  });

  test("of a commit bind every field, and the digest all but voter and tag", () => {
    const cluster = sr25519FromSeed(fill(5));
    const commit: Commit = {
      genesisHash: fill(1),
      cluster: fill(2),
      generation: 1n,
      epoch: 1n,
      block: { number: 3, hash: fill(4) },
      previousRoot: fill(5),
      newRoot: fill(6),
      deltaHash: fill(7),
      repliesRoot: fill(8),
      executionTag: fill(9),
      revealed: undefined,
      boot,
    };
    const payload = commitPayload(commit);
    const signed = {
      commit,
      bootSignature: ed25519Sign(seed, payload),
      clusterSignature: sr25519Sign(cluster, payload),
      content: undefined,
    };
    expect(verifyCommit(signed, cluster.publicKey)).toBe(true);
    expect(verifyCommit(signed, OTHER)).toBe(false);
    const facts: Partial<Commit> = {
      genesisHash: OTHER,
      cluster: OTHER,
      generation: 2n,
      epoch: 2n,
      block: { number: 3, hash: OTHER },
      previousRoot: OTHER,
      newRoot: OTHER,
      deltaHash: OTHER,
      repliesRoot: OTHER,
    };
    const revealed = { block: 4, trace: OTHER };
    const who: Partial<Commit> = { executionTag: OTHER, revealed, boot: OTHER };
    for (const [, changed] of changes(commit, { ...facts, ...who }))
      expect(verifyCommit({ ...signed, commit: changed }, cluster.publicKey)).toBe(false);
    const digest = toHex(commitDigest(commit));
    for (const [, changed] of changes(commit, facts))
      expect(toHex(commitDigest(changed))).not.toBe(digest);
    for (const [, changed] of changes(commit, who))
      expect(toHex(commitDigest(changed))).toBe(digest);
  });

  test("of a worker's reply bind network, contract, command, block and content", () => {
    const statement = {
      contract: fill(2),
      commandId: fill(3),
      block: { number: 4, hash: fill(5) },
      sealed: fill(6, 40),
    };
    const reply: SignedReply = {
      ...statement,
      boot,
      signature: ed25519Sign(seed, replyPayload(fill(1), statement)),
    };
    expect(verifySignedReply(fill(1), reply)).toBe(true);
    expect(verifySignedReply(OTHER, reply)).toBe(false);
    const to = {
      contract: OTHER,
      commandId: OTHER,
      block: { number: 5, hash: fill(5) },
      boot: OTHER,
    };
    for (const [, changed] of changes(reply, { ...to, sealed: fill(6, 41) }))
      expect(verifySignedReply(fill(1), changed)).toBe(false);
    expect(verifySignedReply(fill(1), { ...reply, sealed: undefined })).toBe(false);
    const answer = {
      requestHash: fill(1),
      outcome: { type: "Ok" as const, value: fill(2, 3) },
      fuelUsed: 1n,
      block: statement.block,
      root: fill(3),
      stateBlock: statement.block,
      opened: undefined,
    };
    expect(toHex(answerPayload(fill(1), answer))).not.toBe(toHex(answerPayload(OTHER, answer)));
  });

  test("of a certificate bind every field, raw and wrapped, by either scheme", () => {
    const account = sr25519FromSeed(fill(7));
    const body = {
      version: 1,
      genesisHash: fill(1),
      account: account.publicKey,
      sessionKey: fill(2),
      expiry: 10,
      scopes: [{ contract: fill(3), methods: [fill(4, 4)] }],
      purpose: "reading",
    };
    const { raw, wrapped } = certificatePayloads(body);
    const verify = (certificate: Certificate, genesisHash = fill(1), block = 5) =>
      verifyCertificate(certificate, genesisHash, block).ok;
    for (const payload of [raw, wrapped]) {
      const value = sr25519Sign(account, payload);
      const certificate: Certificate = { ...body, signature: { type: "Sr25519", value } };
      expect(verify(certificate)).toBe(true);
      expect(verify(certificate, OTHER)).toBe(false);
      expect(verify(certificate, undefined, 11)).toBe(false);
      for (const [name, changed] of changes(certificate, {
        genesisHash: OTHER,
        account: OTHER,
        sessionKey: OTHER,
        expiry: 11,
        scopes: [{ contract: fill(3), methods: undefined }],
        purpose: "writing",
      }))
        expect([name, verify(changed, changed.genesisHash)]).toEqual([name, false]);
      expect(verify({ ...certificate, signature: { type: "Ed25519", value } })).toBe(false);
    }
    const value = ed25519Sign(seed, certificatePayloads({ ...body, account: boot }).raw);
    expect(verify({ ...body, account: boot, signature: { type: "Ed25519", value } })).toBe(true);
  });
});

test("key names differ in every field", () => {
  const purpose: KeyPurpose = { type: "Cluster", value: undefined };
  const name: KeyName = {
    genesisHash: fill(1),
    purpose,
    generation: 1n,
    cluster: fill(2),
    epoch: 1n,
  };
  const wrap: KeyPurpose = { type: "Wrap", value: undefined };
  const names = [
    name,
    ...changes(name, {
      genesisHash: OTHER,
      purpose: wrap,
      generation: 2n,
      cluster: OTHER,
      epoch: 2n,
    }).map(([, changed]) => changed),
  ].map((one) => toHex(keyIdentity(one)));
  expect(new Set(names).size).toBe(names.length);
});
