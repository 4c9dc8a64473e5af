import { concatBytes, equalBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  type CertificateInput,
  DAY,
  ecSigner,
  makeCertificate,
  makeCrl,
  NOW,
  pem,
} from "../testing/certificates.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { anchorOf, MAX_CHAIN, type PathInput, verifyPath, withoutRoot } from "./chain.ts";
import { checkNotRevoked, parseCrl, verifyCrl } from "./crl.ts";
import { unsigned } from "./der-writer.ts";
import { parseBase64, parsePemChain } from "./pem.ts";

const rootKey = ecSigner("root");
const middleKey = ecSigner("middle", "P-384", "sha384");
const leafKey = ecSigner("leaf");
const rootInput: CertificateInput = {
  subject: "Root",
  subjectKey: rootKey,
  issuer: "Root",
  issuerKey: rootKey,
  authority: { maxPathLength: 1 },
};
const middleInput: CertificateInput = {
  subject: "Middle",
  subjectKey: middleKey,
  issuer: "Root",
  issuerKey: rootKey,
  serial: 7,
  authority: { maxPathLength: 0 },
};
const leafInput: CertificateInput = {
  subject: "Leaf",
  subjectKey: leafKey,
  issuer: "Middle",
  issuerKey: middleKey,
  serial: 300,
};

function parsed(input: CertificateInput): Certificate {
  const certificate = parseCertificate(makeCertificate(input));
  if (!certificate.ok) throw new Error(certificate.error.reason);
  return certificate.value;
}

const root = parsed(rootInput);
const middle = parsed(middleInput);
const leaf = parsed(leafInput);
const good: PathInput = { chain: [leaf, middle], anchor: anchorOf(root), at: NOW };

function outcome(change: Partial<PathInput>): string {
  const result = verifyPath({ ...good, ...change });
  if (result.ok) return "ok";
  const { code, depth } = result.error;
  return `${code} ${depth}${"reason" in result.error ? ` ${result.error.reason}` : ""}`;
}

describe("a path", () => {
  test("of leaf, intermediate and pinned root is valid, over both curves", () => {
    expect(outcome({})).toBe("ok");
    expect(leaf.commonName).toBe("Leaf");
    expect(leaf.serial).toEqual(Uint8Array.of(1, 44));
    expect(withoutRoot([leaf, middle, root], root)).toEqual([leaf, middle]);
    expect(withoutRoot([leaf, middle], root)).toEqual([leaf, middle]);
  });

  test("is empty or too long", () => {
    expect(outcome({ chain: [] })).toBe("attestation/certificate-chain 0 empty");
    const long = Array.from({ length: MAX_CHAIN + 1 }, () => leaf);
    expect(outcome({ chain: long })).toBe("attestation/certificate-chain 8 too-long");
  });

  test("needs every link: names, order, signatures", () => {
    expect(outcome({ chain: [leaf] })).toBe("attestation/certificate-chain 0 issuer-name");
    expect(outcome({ chain: [middle, leaf] })).toBe(
      "attestation/certificate-chain 1 not-an-authority",
    );
    const stranger = parsed({ ...leafInput, issuerKey: ecSigner("stranger", "P-384", "sha384") });
    expect(outcome({ chain: [stranger, middle] })).toBe("attestation/certificate-signature 0");
    const otherRoot = parsed({ ...rootInput, subjectKey: leafKey, issuerKey: leafKey });
    expect(outcome({ anchor: anchorOf(otherRoot) })).toBe("attestation/certificate-signature 1");
  });

  test("needs authorities that may sign", () => {
    const plain = parsed({ ...middleInput, authority: false, keyUsage: 0x06 });
    expect(outcome({ chain: [leaf, plain] })).toBe(
      "attestation/certificate-chain 1 not-an-authority",
    );
    const mute = parsed({ ...middleInput, keyUsage: 0x80 });
    expect(outcome({ chain: [leaf, mute] })).toBe("attestation/certificate-chain 1 may-not-sign");
    // Absent usage restricts nothing.
    expect(outcome({ chain: [leaf, parsed({ ...middleInput, keyUsage: false })] })).toBe("ok");
  });

  test("keeps path lengths, of intermediates and of the root", () => {
    const secondKey = ecSigner("second");
    const second = parsed({
      ...middleInput,
      subject: "Second",
      subjectKey: secondKey,
      issuer: "Middle",
      issuerKey: middleKey,
    });
    const below = parsed({ ...leafInput, issuer: "Second", issuerKey: secondKey });
    expect(outcome({ chain: [below, second, middle] })).toBe(
      "attestation/certificate-chain 2 path-too-long",
    );
    const wide = parsed({ ...middleInput, authority: {} });
    expect(outcome({ chain: [below, second, wide] })).toBe(
      "attestation/certificate-chain 3 path-too-long",
    );
    const open = anchorOf(parsed({ ...rootInput, authority: {} }));
    expect(outcome({ chain: [below, second, wide], anchor: open })).toBe("ok");
  });

  test("refuses critical extensions that nobody handles", () => {
    const extensions = [{ oid: "1.2.3.4", isCritical: true, value: unsigned(1) }];
    const chain = [parsed({ ...leafInput, extensions }), middle];
    expect(outcome({ chain })).toBe("attestation/certificate-chain 0 critical-extension");
    expect(outcome({ chain, handled: new Set(["1.2.3.4"]) })).toBe("ok");
  });

  test("is valid between the ends of every validity, both included", () => {
    const from = NOW - 100n * DAY;
    const until = NOW + 100n * DAY;
    const second = 1000n;
    const short = { notBefore: from, notAfter: until };
    const paths: readonly (readonly [Partial<PathInput>, number])[] = [
      [{ chain: [parsed({ ...leafInput, ...short }), middle] }, 0],
      [{ chain: [leaf, parsed({ ...middleInput, ...short })] }, 1],
      [{ anchor: anchorOf(parsed({ ...rootInput, ...short })) }, 2],
    ];
    for (const [path, depth] of paths) {
      const bad = `attestation/certificate-validity ${depth}`;
      expect(outcome({ ...path, at: from - second })).toBe(bad);
      expect(outcome({ ...path, at: from })).toBe("ok");
      expect(outcome({ ...path, at: until })).toBe("ok");
      expect(outcome({ ...path, at: until + second })).toBe(bad);
    }
  });

  test("with any byte of the leaf changed is no path of another leaf", () => {
    const bytes = makeCertificate(leafInput);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const certificate = parseCertificate(changed);
      if (certificate.ok) expect(outcome({ chain: [certificate.value, middle] })).not.toBe("ok");
      else expect(certificate.error.code).toBe("attestation/certificate-unparsable");
    }
  });
});

describe("a certificate", () => {
  test.each<[string, Partial<CertificateInput>, string]>([
    [
      "with an extension twice",
      { extensions: [{ oid: "2.5.29.15", value: unsigned(1) }] },
      "an extension occurs twice",
    ],
    ["without any extension", { authority: false, keyUsage: false }, "another type is expected"],
    [
      "with a path length and no authority",
      {
        authority: false,
        extensions: [{ oid: "2.5.29.19", value: Uint8Array.of(0x30, 3, 2, 1, 0) }],
      },
      "a path length without authority",
    ],
  ])("%s is refused", (_name, change, reason) => {
    const result = parseCertificate(makeCertificate({ ...leafInput, ...change }));
    expect(result.ok ? "ok" : result.error.reason).toBe(reason);
  });

  test("is bounded", () => {
    const result = parseCertificate(new Uint8Array(9000));
    expect(result.ok ? "ok" : result.error.reason).toBe("too long");
  });
});

describe("a revocation list", () => {
  const crlInput = { issuer: "Middle", issuerKey: middleKey, revoked: [5, 300] };
  const check = (bytes: Uint8Array, at = NOW): string => {
    const crl = parseCrl(bytes, "test");
    if (!crl.ok) return crl.error.code;
    const verified = verifyCrl(crl.value, middle, at, "test");
    if (!verified.ok) return verified.error.code;
    return checkNotRevoked(verified.value, leaf)?.code ?? "ok";
  };

  test("names serials", () => {
    expect(check(makeCrl(crlInput))).toBe("attestation/certificate-revoked");
    expect(check(makeCrl({ ...crlInput, revoked: [5, 301, 44, 1] }))).toBe("ok");
    expect(check(makeCrl({ ...crlInput, revoked: [] }))).toBe("ok");
  });

  test("must be of the issuer, and signed by it", () => {
    expect(check(makeCrl({ ...crlInput, issuer: "Root", issuerKey: rootKey }))).toBe(
      "attestation/crl-wrong-issuer",
    );
    expect(check(makeCrl({ ...crlInput, issuerKey: rootKey }))).toBe("attestation/crl-signature");
  });

  test("is current between its ends, both included", () => {
    const list = makeCrl({ ...crlInput, revoked: [] });
    expect(check(list, NOW - 10n * DAY)).toBe("ok");
    expect(check(list, NOW - 10n * DAY - 1000n)).toBe("attestation/collateral-not-yet-valid");
    expect(check(list, NOW + 10n * DAY)).toBe("ok");
    expect(check(list, NOW + 10n * DAY + 1000n)).toBe("attestation/collateral-expired");
  });

  test("is unparsable when empty, cut, longer or with unknown demands", () => {
    const list = makeCrl(crlInput);
    const unparsable = "attestation/crl-unparsable";
    for (let length = 0; length < list.length; length++)
      expect(check(list.subarray(0, length))).toBe(unparsable);
    expect(check(concatBytes(list, Uint8Array.of(0)))).toBe(unparsable);
    const extensions = [{ oid: "2.5.29.28", isCritical: true, value: unsigned(1) }];
    expect(check(makeCrl({ ...crlInput, extensions }))).toBe(unparsable);
    expect(check(new Uint8Array((1 << 20) + 1))).toBe(unparsable);
  });
});

describe("PEM", () => {
  const bytes = [makeCertificate(leafInput), makeCertificate(middleInput)];
  const text = pem(...bytes);
  const reasonOf = (input: Uint8Array): string => {
    const result = parsePemChain(input);
    return result.ok ? "ok" : result.error.reason;
  };

  test("holds certificates in their order, and may end with a zero", () => {
    for (const input of [text, concatBytes(text, Uint8Array.of(0))]) {
      const result = parsePemChain(input);
      expect(result.ok && result.value.map(({ commonName }) => commonName)).toEqual([
        "Leaf",
        "Middle",
      ]);
    }
  });

  test("holds nothing else", () => {
    expect(reasonOf(new Uint8Array(0))).toBe("no certificate");
    expect(reasonOf(concatBytes(utf8("x"), text))).toBe("no certificate block");
    expect(reasonOf(concatBytes(text, utf8("x")))).toBe("no certificate block");
    expect(reasonOf(concatBytes(text, Uint8Array.of(0, 0)))).toBe("no certificate block");
    expect(reasonOf(Uint8Array.of(0xff))).toBe("no text");
    expect(reasonOf(new Uint8Array(40_000))).toBe("too long");
    expect(reasonOf(pem(...Array.from({ length: 10 }, () => bytes[0] ?? text)))).toBe(
      "too many certificates",
    );
  });

  test("base64 has one form", () => {
    expect(parseBase64("AAEC/w==")).toEqual(Uint8Array.of(0, 1, 2, 255));
    expect(parseBase64("AAE=")).toEqual(Uint8Array.of(0, 1));
    expect(parseBase64("")).toEqual(new Uint8Array(0));
    for (const text of ["AA", "AAF=", "AAEC/x==", "A===", "AA=A", "AA A", "AAE-", "===="])
      expect(parseBase64(text), text).toBeUndefined();
    for (let length = 0; length < 40; length++) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 73) & 255);
      const back = parseBase64(Buffer.from(data).toString("base64"));
      expect(back !== undefined && equalBytes(back, data)).toBe(true);
    }
  });
});
