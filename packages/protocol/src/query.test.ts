import {
  aes256GcmSeal,
  ed25519PublicKey,
  ed25519Sign,
  sr25519FromSeed,
  sr25519Sign,
  x25519PublicKey,
} from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import {
  type Certificate,
  certificatePayloads,
  isInScope,
  verifyCertificate,
} from "./certificate.ts";
import { DOMAIN } from "./domain.ts";
import {
  answerPayload,
  openAnswer,
  openQuery,
  requestHash,
  requestPayload,
  sealAnswer,
  sealQuery,
  verifyAnswer,
} from "./query.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const NOTHING = new Uint8Array(0);
const genesisHash = fill(1);
const boot = ed25519PublicKey(fill(2));
const bootEncryptionSecret = fill(3);
const request = {
  nonce: fill(4),
  at: { number: 9, hash: fill(5) },
  contract: fill(6),
  selector: Uint8Array.of(1, 2, 3, 4),
  args: utf8("arguments"),
  fuelLimit: 100n,
  certificate: undefined,
};

const { sealed, context } = sealQuery({
  genesisHash,
  boot,
  bootEncryption: x25519PublicKey(bootEncryptionSecret),
  ephemeralSecret: fill(7),
  request: { request, signature: undefined },
});
const opened = openQuery({ genesisHash, bootEncryptionSecret, sealed });

test("a query opens at its boot, and its answer opens at its asker alone", () => {
  if (!opened.ok) throw new Error(opened.error.code);
  expect(opened.value.request).toEqual({ request, signature: undefined });
  const answer = {
    requestHash: requestHash(request),
    outcome: { type: "Ok" as const, value: utf8("result") },
    fuelUsed: 5n,
    block: request.at,
    root: fill(8),
    stateBlock: request.at,
    opened: undefined,
  };
  const signed = { answer, signature: ed25519Sign(fill(2), answerPayload(genesisHash, answer)) };
  const back = sealAnswer(opened.value.context, new Uint8Array(12), signed);
  expect(openAnswer(context, back)).toEqual({ ok: true, value: signed });
  expect(verifyAnswer(genesisHash, boot, signed)).toBe(true);
  expect(verifyAnswer(fill(9), boot, signed)).toBe(false);
  expect(verifyAnswer(genesisHash, ed25519PublicKey(fill(9)), signed)).toBe(false);
  const forged = { ...signed, answer: { ...answer, root: fill(9) } };
  expect(verifyAnswer(genesisHash, boot, forged)).toBe(false);
  const refused = { ok: false, error: { code: "answer/not-opened" } };
  const changed = { ...back, ciphertext: back.ciphertext.map((byte) => byte ^ 1) };
  expect(openAnswer(context, changed)).toEqual(refused);
});

test("what opens and is no answer is malformed", () => {
  const key = context.export(DOMAIN.answer, 32);
  const nonce = new Uint8Array(12);
  for (const plaintext of [new Uint8Array(0), new Uint8Array(500)])
    expect(
      openAnswer(context, { nonce, ciphertext: aes256GcmSeal(key, nonce, plaintext, NOTHING) }),
    ).toEqual({ ok: false, error: { code: "answer/malformed" } });
});

test.each([
  ["chain", { genesisHash: fill(9) }],
  ["boot", { sealed: { ...sealed, boot: fill(9) } }],
  ["key", { bootEncryptionSecret: fill(9) }],
  ["ciphertext", { sealed: { ...sealed, ciphertext: sealed.ciphertext.map((byte) => byte ^ 1) } }],
])("a query does not open with another %s", (_name, change) => {
  const result = openQuery({ genesisHash, bootEncryptionSecret, sealed, ...change });
  expect(result).toEqual({ ok: false, error: { code: "query/not-opened" } });
});

test("what the session key signs is for one network, one boot and one request", () => {
  const payloads = [
    requestPayload(genesisHash, boot, request),
    requestPayload(fill(9), boot, request),
    requestPayload(genesisHash, fill(9), request),
    requestPayload(genesisHash, boot, { ...request, nonce: fill(9) }),
    requestPayload(genesisHash, boot, { ...request, at: { number: 10, hash: fill(5) } }),
    requestPayload(genesisHash, boot, { ...request, args: utf8("other") }),
  ].map(toHex);
  expect(new Set(payloads).size).toBe(payloads.length);
});

const account = sr25519FromSeed(fill(20));
const unsigned = {
  version: 1,
  genesisHash,
  account: account.publicKey,
  sessionKey: ed25519PublicKey(fill(21)),
  expiry: 100,
  scopes: [{ contract: fill(6), methods: [Uint8Array.of(1, 2, 3, 4)] }],
  purpose: "reading aggregates",
};
const signedBy = (
  payload: "raw" | "wrapped",
  change: Partial<Omit<Certificate, "signature">> = {},
): Certificate => {
  const value = sr25519Sign(account, certificatePayloads(unsigned)[payload]);
  return { ...unsigned, ...change, signature: { type: "Sr25519", value } };
};

test.each(["raw", "wrapped"] as const)("takes a certificate signed over %s text", (payload) => {
  expect(verifyCertificate(signedBy(payload), genesisHash, 100)).toEqual({
    ok: true,
    value: undefined,
  });
});

test("refuses a certificate that is late, foreign, of another version, or changed in anything", () => {
  const codeOf = (certificate: Certificate, genesis = genesisHash, block = 1) => {
    const result = verifyCertificate(certificate, genesis, block);
    return result.ok ? "accepted" : result.error.code;
  };
  expect(codeOf(signedBy("raw"), genesisHash, 101)).toBe("certificate/expired");
  expect(codeOf(signedBy("raw"), fill(9))).toBe("certificate/other-network");
  expect(codeOf(signedBy("raw", { version: 2 }))).toBe("certificate/unknown-version");
  expect(codeOf(signedBy("raw", { purpose: "two\nlines" }))).toBe("certificate/bad-purpose");
  for (const change of [
    { account: fill(9) },
    { sessionKey: fill(9) },
    { expiry: 1000 },
    { scopes: [] },
    { scopes: [{ contract: fill(6), methods: undefined }] },
    { purpose: "another" },
  ])
    expect(codeOf(signedBy("raw", change))).toBe("certificate/bad-signature");
});

test("a scope covers its contract and the methods it lists", () => {
  const certificate = signedBy("raw");
  expect(isInScope(certificate, fill(6), Uint8Array.of(1, 2, 3, 4))).toBe(true);
  expect(isInScope(certificate, fill(6), Uint8Array.of(9, 2, 3, 4))).toBe(false);
  expect(isInScope(certificate, fill(7), Uint8Array.of(1, 2, 3, 4))).toBe(false);
});
