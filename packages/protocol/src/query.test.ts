import {
  aes256GcmSeal,
  ecdsaFromSecret,
  ecdsaSign,
  ed25519PublicKey,
  ed25519Sign,
  ethereumAddress,
  sr25519FromSeed,
  sr25519Sign,
  x25519PublicKey,
} from "@pha/crypto";
import { concatBytes, decode, encode, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  type Certificate,
  CertificateSignature,
  certificatePayloads,
  certificateText,
  isInScope,
} from "./certificate.ts";
import { certificateTypedData } from "./certificate-typed-data.ts";
import { DOMAIN } from "./domain.ts";
import { evmAccount, evmAddressOf } from "./evm-account.ts";
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
import { typedDataHash } from "./typed-data.ts";
import { verifyCertificate } from "./verify-certificate.ts";

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

describe("a certificate of an Ethereum address", () => {
  const pair = ecdsaFromSecret(fill(22));
  const address = pair && ethereumAddress(pair.publicKey);
  if (pair === undefined || address === undefined) throw new Error("no key");
  const body = { ...unsigned, account: evmAccount(address) };
  const typedBy = (change: Partial<Omit<Certificate, "signature">> = {}): Certificate => {
    const value = ecdsaSign(pair, typedDataHash(certificateTypedData(body, address)));
    value[64] = (value[64] ?? 0) + 27;
    return { ...body, ...change, signature: { type: "Eip712", value } };
  };
  const codeOf = (certificate: Certificate, genesis = genesisHash, block = 1): string => {
    const result = verifyCertificate(certificate, genesis, block);
    return result.ok ? "accepted" : result.error.code;
  };

  test("is taken, and names the address in its account", () => {
    expect(codeOf(typedBy())).toBe("accepted");
    expect(evmAddressOf(body.account)).toEqual(address);
    expect(evmAddressOf(account.publicKey)).toBeUndefined();
    expect(evmAddressOf(concatBytes(body.account, fill(1)))).toBeUndefined();
    expect(evmAddressOf(body.account.subarray(0, 31))).toBeUndefined();
  });

  test("binds every field, as the text does", () => {
    expect(codeOf(typedBy(), genesisHash, 101)).toBe("certificate/expired");
    expect(codeOf(typedBy(), fill(9))).toBe("certificate/other-network");
    expect(codeOf(typedBy({ genesisHash: fill(9) }), fill(9))).toBe("certificate/bad-signature");
    for (const change of [
      { account: fill(9) },
      { account: account.publicKey },
      { account: evmAccount(fill(9).subarray(0, 20)) },
      { sessionKey: fill(9) },
      { expiry: 1000 },
      { scopes: [] },
      { scopes: [{ contract: fill(6), methods: undefined }] },
      { scopes: [{ contract: fill(7), methods: [Uint8Array.of(1, 2, 3, 4)] }] },
      { scopes: [{ contract: fill(6), methods: [] }] },
      { purpose: "another" },
    ])
      expect(codeOf(typedBy(change))).toBe("certificate/bad-signature");
  });

  test("is signed in its own form alone: not another kind, not another key, not the text", () => {
    const { signature } = typedBy();
    const value = signature.value.subarray(0, 64);
    for (const type of ["Ed25519", "Sr25519"] as const)
      expect(codeOf({ ...body, signature: { type, value } })).toBe("certificate/bad-signature");
    const other = ecdsaFromSecret(fill(23));
    const foreign = ecdsaSign(other ?? pair, typedDataHash(certificateTypedData(body, address)));
    foreign[64] = (foreign[64] ?? 0) + 27;
    expect(codeOf({ ...body, signature: { type: "Eip712", value: foreign } })).toBe(
      "certificate/bad-signature",
    );
    const ofSubstrate = { ...unsigned, signature: { type: "Eip712" as const, value: foreign } };
    expect(codeOf(ofSubstrate)).toBe("certificate/bad-signature");
  });

  test("says in typed data what the text says", () => {
    const { message } = certificateTypedData(body, address);
    const text = certificateText(body);
    for (const value of [message["statement"], message["purpose"], message["network"]])
      expect(text).toContain(String(value));
    expect(text).toContain(String(message["sessionKey"]));
    expect(text).toContain(`expires after block: ${message["expiresAfterBlock"]}`);
    expect(message["contracts"]).toEqual([
      { contract: toHex(fill(6)), queries: toHex(Uint8Array.of(1, 2, 3, 4)) },
    ]);
    expect(message["account"]).toBe(toHex(address));
  });

  test("has a signature of 65 bytes, after its kind", () => {
    const { signature } = typedBy();
    const encoded = encode(CertificateSignature, signature);
    expect(encoded.length).toBe(66);
    expect(encoded[0]).toBe(2);
    expect(decode(CertificateSignature, encoded)).toEqual({ ok: true, value: signature });
    expect(decode(CertificateSignature, encoded.subarray(0, 65)).ok).toBe(false);
    expect(decode(CertificateSignature, concatBytes(encoded, Uint8Array.of(0))).ok).toBe(false);
    expect(decode(CertificateSignature, Uint8Array.of(3, ...encoded.subarray(1))).ok).toBe(false);
  });
});
