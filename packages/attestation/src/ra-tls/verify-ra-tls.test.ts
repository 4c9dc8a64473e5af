import { sha256 } from "@pha/crypto";
import { concatBytes, fail, ok } from "@pha/scale";
import { describe, expect, test } from "vitest";
import type { AttestationResult } from "../result.ts";
import { cbor } from "../testing/cbor-writer.ts";
import { DAY, ecSigner, makeCertificate, NOW } from "../testing/certificates.ts";
import { octets } from "../x509/der-writer.ts";
import { raTlsCertificate, raTlsCertificateBody } from "./make-certificate.ts";
import {
  claimsReportData,
  decodeTaggedEvidence,
  encodeKeyClaims,
  encodeTaggedEvidence,
  MAX_TAGGED_EVIDENCE_BYTES,
  TAGGED_EVIDENCE_OID,
} from "./tagged-evidence.ts";
import { verifyChannelEvidence, verifyRaTlsCertificate } from "./verify-ra-tls.ts";

const key = ecSigner("tls");
const stranger = ecSigner("stranger");
const boot = new Uint8Array(32).fill(9);
const EVIDENCE = Uint8Array.of(4, 1, 2, 3);
// What the vendor's part says is other tests'; here it counts over what the evidence must be.
const RESULT: AttestationResult = {
  vendor: "aws",
  teeClass: "nitro-enclave",
  confidence: 1,
  line: "aws-nitro",
  advisoryIds: [],
  attributes: [],
  signer: undefined,
  programSvn: 0,
  isNamed: true,
  validUntilMs: undefined,
  measurement: new Uint8Array(32),
  platformId: new Uint8Array(32),
  svn: 0,
  debug: false,
  reportData: new Uint8Array(64),
  issuedAtMs: NOW,
};
const verify = (evidence: Uint8Array, reportData: Uint8Array) =>
  evidence[0] === 4
    ? ok({ ...RESULT, reportData })
    : fail({ code: "evidence/malformed", offset: 0 } as const);

const claims = encodeKeyClaims({ publicKeyInfo: key.publicKeyInfo, boot });

function certificate(
  taggedEvidence = encodeTaggedEvidence(EVIDENCE, claims),
  signer = key,
): Uint8Array {
  const body = raTlsCertificateBody({
    publicKeyInfo: key.publicKeyInfo,
    commonName: "pRuntime",
    serial: Uint8Array.of(0x41, 2),
    notBefore: NOW - DAY,
    notAfter: NOW + DAY,
    taggedEvidence,
  });
  return raTlsCertificate(body, signer.sign(body));
}

function verdict(der: Uint8Array, now = NOW) {
  const verified = verifyRaTlsCertificate({ certificate: der, now, verify });
  return verified.ok ? verified.value : verified.error.code;
}

describe("a certificate of RA-TLS", () => {
  test("tells what the platform says, the key, and the boot", () => {
    expect(verdict(certificate())).toEqual({
      attestation: { ...RESULT, reportData: concatBytes(sha256(claims), new Uint8Array(32)) },
      publicKeyInfo: key.publicKeyInfo,
      boot,
    });
  });

  test("counts from its first second to its last", () => {
    for (const now of [NOW - DAY, NOW + DAY])
      expect(verdict(certificate(), now)).toBeTypeOf("object");
    for (const now of [NOW - DAY - 1n, NOW + DAY + 1n])
      expect(verdict(certificate(), now)).toBe("ra-tls/not-valid-now");
  });

  test("signed by another key is refused, and so is evidence about another key", () => {
    expect(verdict(certificate(undefined, stranger))).toBe("ra-tls/not-self-signed");
    const issued = makeCertificate({
      subject: "pRuntime",
      subjectKey: key,
      issuer: "somebody",
      issuerKey: key,
      extensions: [{ oid: TAGGED_EVIDENCE_OID, value: encodeTaggedEvidence(EVIDENCE, claims) }],
    });
    expect(verdict(issued)).toBe("ra-tls/not-self-signed");
    const other = encodeKeyClaims({ publicKeyInfo: stranger.publicKeyInfo });
    expect(verdict(certificate(encodeTaggedEvidence(EVIDENCE, other)))).toBe("ra-tls/other-key");
  });

  test("without evidence, and with evidence that is none, is refused", () => {
    const bare = makeCertificate({ subject: "a", subjectKey: key, issuer: "a", issuerKey: key });
    expect(verdict(bare)).toBe("ra-tls/no-evidence");
    expect(verdict(certificate(octets(EVIDENCE)))).toBe("ra-tls/malformed-evidence");
    expect(verdict(certificate(encodeTaggedEvidence(Uint8Array.of(1), claims)))).toBe(
      "evidence/malformed",
    );
    expect(verdict(Uint8Array.of(0x30, 0))).toBe("attestation/certificate-unparsable");
  });

  test("with any byte changed says the same or is refused", () => {
    const der = certificate();
    const said = verdict(der);
    for (let at = 0; at < der.length; at++) {
      const changed = der.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(typeof verdict(changed), `byte ${at} of ${der.length}`).toBe("string");
    }
    expect(verdict(der)).toEqual(said);
  });
});

describe("evidence over a connection", () => {
  const exported = new Uint8Array(32).fill(5);
  const over = (nonce: Uint8Array | undefined, publicKeyInfo = key.publicKeyInfo) =>
    encodeTaggedEvidence(EVIDENCE, encodeKeyClaims({ publicKeyInfo, nonce }));
  const told = (evidence: Uint8Array, own = exported) => {
    const { publicKeyInfo } = key;
    const verified = verifyChannelEvidence({ evidence, publicKeyInfo, exported: own, verify });
    return verified.ok ? verified.value.line : verified.error.code;
  };

  test("passes where this end exports the same, for the key of the certificate", () => {
    expect(told(over(exported))).toBe("aws-nitro");
    expect(told(over(new Uint8Array(32)))).toBe("ra-tls/other-channel");
    expect(told(over(exported), new Uint8Array(32))).toBe("ra-tls/other-channel");
    expect(told(over(exported, stranger.publicKeyInfo))).toBe("ra-tls/other-key");
  });

  test("that names no connection never passes, whatever is exported", () => {
    expect(told(over(undefined))).toBe("ra-tls/other-channel");
    expect(told(over(new Uint8Array(0)), new Uint8Array(0))).toBe("ra-tls/other-channel");
    expect(told(Uint8Array.of(0xf6))).toBe("ra-tls/malformed-evidence");
  });
});

describe("tagged evidence", () => {
  const hash = (algorithm = 1n, bytes = new Uint8Array(32)) => cbor([algorithm, bytes]);
  const tagged = (
    map: Parameters<typeof cbor>[0],
    evidence: Parameters<typeof cbor>[0] = EVIDENCE,
  ) => cbor({ tag: 60_000n, content: [evidence, cbor(map)] });
  const partOf = (encoded: Uint8Array) => {
    const decoded = decodeTaggedEvidence(encoded);
    return decoded.ok ? "read" : decoded.error.part;
  };

  test("is read as the interoperable form has it", () => {
    expect(partOf(tagged(new Map([["pubkey-hash", hash()]])))).toBe("read");
    // SHA-256 over the claims, then zeros.
    expect(claimsReportData(claims).subarray(32)).toEqual(new Uint8Array(32));
    expect(
      Buffer.from(encodeTaggedEvidence(Uint8Array.of(7), Uint8Array.of(8))).toString("hex"),
    ).toBe("d9ea60824107" + "4108");
  });

  test.each([
    ["another tag", cbor({ tag: 60_001n, content: [EVIDENCE, claims] }), "tag"],
    ["no tag", cbor([EVIDENCE, claims]), "tag"],
    ["three parts", cbor({ tag: 60_000n, content: [EVIDENCE, claims, claims] }), "tag"],
    ["bytes behind it", concatBytes(encodeTaggedEvidence(EVIDENCE, claims), EVIDENCE), "tag"],
    ["no bytes of evidence", tagged(new Map([["pubkey-hash", hash()]]), "text"), "evidence"],
    [
      "evidence that is too long",
      tagged(new Map([["pubkey-hash", hash()]]), new Uint8Array(16_385)),
      "evidence",
    ],
    ["claims that are no map", tagged(["pubkey-hash", hash()]), "claims"],
    ["claims that are too long", tagged(new Map([["pubkey-hash", new Uint8Array(600)]])), "claims"],
    [
      "a claim that is unknown",
      tagged(
        new Map([
          ["pubkey-hash", hash()],
          ["more", hash()],
        ]),
      ),
      "claims",
    ],
    ["no key", tagged(new Map([["nonce", EVIDENCE]])), "pubkey-hash"],
    [
      "another hash",
      tagged(new Map([["pubkey-hash", hash(7n, new Uint8Array(48))]])),
      "pubkey-hash",
    ],
    [
      "a short hash",
      tagged(new Map([["pubkey-hash", hash(1n, new Uint8Array(31))]])),
      "pubkey-hash",
    ],
    [
      "a long nonce",
      tagged(
        new Map([
          ["pubkey-hash", hash()],
          ["nonce", new Uint8Array(65)],
        ]),
      ),
      "nonce",
    ],
    [
      "a short boot",
      tagged(
        new Map([
          ["pubkey-hash", hash()],
          ["boot", new Uint8Array(31)],
        ]),
      ),
      "boot",
    ],
    ["too many bytes", new Uint8Array(MAX_TAGGED_EVIDENCE_BYTES + 1), "length"],
  ])("with %s is refused", (_, encoded, part) => {
    expect(partOf(encoded)).toBe(part);
  });
});
