import { sha256 } from "@pha/crypto";
import { concatBytes, fromHex, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DAY, makeCertificate, makeCrl, NOW } from "../testing/certificates.ts";
import { flipped, fuzz, hostileBytes, LONG_TIMEOUT_MS, positionsIn } from "../testing/mutate.ts";
import {
  chipIdOf,
  givenIssuers,
  makeSnp,
  SNP_AUTHORITIES,
  type SnpSample,
  signReport,
  snpKeys,
  withExtension,
  wrapHardwareId,
} from "../testing/snp.ts";
import { element, unsigned } from "../x509/der-writer.ts";
import { parseSnpReport } from "./parse.ts";
import { AMD_AUTHORITIES, AMD_PINNED } from "./roots.ts";
import { type SnpFacts, type VerifySnpInput, verifySnpReport } from "./verify.ts";

function errorOf(input: VerifySnpInput): unknown {
  const result = verifySnpReport(input);
  return result.ok ? "ok" : result.error;
}

const codeOf = (sample: SnpSample): unknown => errorOf(makeSnp(sample));

function factsOf(sample: SnpSample): SnpFacts | undefined {
  const result = verifySnpReport(makeSnp(sample));
  return result.ok ? result.value : undefined;
}

describe("SEV-SNP", () => {
  test.each([
    ["Milan", "VCEK", 2],
    ["Milan", "VLEK", 3],
    ["Genoa", "VCEK", 3],
    ["Genoa", "VLEK", 5],
    ["Turin", "VCEK", 5],
    ["Turin", "VLEK", 5],
  ] as const)("%s with a %s, report version %i: facts are told", (line, kind, version) => {
    expect(factsOf({ line, kind, version })).toMatchObject({
      version,
      guestSvn: 9,
      policy: {
        bits: 0x3_001fn,
        minAbiMinor: 31,
        minAbiMajor: 0,
        smtAllowed: true,
        migrationAgentAllowed: false,
        debugAllowed: false,
      },
      vmpl: 0,
      platformInfo: { smtEnabled: true, eccEnabled: true, aliasCheckComplete: true },
      signingKey: kind,
      reportData: new Uint8Array(64).fill(3),
      measurement: new Uint8Array(48).fill(7),
      chipId: kind === "VLEK" ? new Uint8Array(64) : chipIdOf(line),
      cpuid: version === 2 ? undefined : { stepping: 1 },
      productLine: line,
      productName: kind === "VLEK" ? line : `${line}-B0`,
      tcb: {
        reported: {
          fmc: line === "Turin" ? 1 : undefined,
          bootloader: 3,
          tee: 0,
          snp: 8,
          microcode: 115,
        },
      },
      currentFirmware: { major: 1, minor: 55, build: 29 },
      mitigations: version === 5 ? { launch: 3n, current: 0n } : undefined,
      cspId: kind === "VLEK" ? "CN=cloud.example" : undefined,
      isProvisional: false,
      isRevocationChecked: false,
    });
  });

  test("debugging, migration and the other policy bits are facts", () => {
    const edit = (view: DataView) => view.setBigUint64(8, 0x3ff_0000n, true);
    expect(factsOf({ edit })?.policy).toMatchObject({
      debugAllowed: true,
      migrationAgentAllowed: true,
      singleSocketRequired: true,
      cxlAllowed: true,
      aes256XtsRequired: true,
      raplDisabledRequired: true,
      ciphertextHidingRequired: true,
      pageSwapDisabled: true,
    });
  });

  test.each([
    ["length", makeSnp().report.subarray(1)],
    ["policy", flip(8 + 2, 2)],
    ["policy", flip(8 + 3, 4)],
    ["policy", flip(8 + 7, 128)],
    ["vmpl", flip(0x30, 4)],
    ["algorithm", flip(0x34, 2)],
    ["key", flip(0x48, 8)],
    ["key", flip(0x49, 1)],
    ["reserved", flip(0x4c, 1)],
    ["reserved", flip(0x18b, 1)],
    ["reserved", flip(0x1eb, 1)],
    ["reserved", flip(0x1f8, 1)],
    ["reserved", flip(0x330, 1)],
    ["signature", flip(0x2a0 + 48, 1)],
    ["signature", flip(0x2e8 + 71, 1)],
  ] as const)("a report whose %s is malformed is refused", (field, report) =>
    expect(errorOf({ ...makeSnp(), report })).toEqual({ code: "snp/malformed", field }));

  function flip(at: number, bits: number): Uint8Array {
    const report = makeSnp().report.slice();
    report[at] = (report[at] ?? 0) ^ bits;
    return report;
  }

  test.each([0, 1, 4, 6, 0x10002])("report version %i is unknown", (version) =>
    expect(codeOf({ version })).toEqual({ code: "snp/unknown-version", version }));

  test("a report that says it is not signed is refused", () => {
    const edit = (view: DataView) => view.setUint32(0x48, 7 << 2, true);
    expect(codeOf({ edit })).toEqual({ code: "snp/no-signature" });
  });

  test.each([
    ["another subject", { subject: "SEV-OTHER" }, "subject"],
    ["no product", { extensions: withExtension("2", undefined) }, "product"],
    ["a product that only begins so", { extensions: withExtension("2", ia5("Milano")) }, "product"],
    ["no boot loader", { extensions: withExtension("3.1", undefined) }, "tcb"],
    ["a level above a byte", { extensions: withExtension("3.8", unsigned(256)) }, "tcb"],
    ["a level of the future", { extensions: withExtension("3.5", unsigned(1)) }, "tcb"],
    ["an FMC before Turin", { extensions: withExtension("3.9", unsigned(1)) }, "tcb"],
    ["Turin without FMC", { line: "Turin", extensions: withExtension("3.9", undefined) }, "tcb"],
    ["no chip", { extensions: withExtension("4", undefined) }, "hardware-id"],
    ["a short chip", { extensions: withExtension("4", new Uint8Array(8)) }, "hardware-id"],
    [
      "Turin's chip of 64",
      { line: "Turin", extensions: withExtension("4", new Uint8Array(64)) },
      "hardware-id",
    ],
    [
      "a provider's chip",
      { kind: "VLEK", extensions: withExtension("4", new Uint8Array(64)) },
      "hardware-id",
    ],
    [
      "a provider without name",
      { kind: "VLEK", extensions: withExtension("5", undefined) },
      "csp-id",
    ],
    ["a chip with a provider", { extensions: withExtension("5", ia5("CN=a")) }, "csp-id"],
  ] as const)("a key's certificate with %s is refused", (_, sample, field) =>
    expect(codeOf(sample)).toEqual({ code: "snp/bad-vek", field }));

  function ia5(text: string): Uint8Array {
    return element(0x16, utf8(text));
  }

  test("a chip's id may be wrapped, as newer certificates have it", () => {
    expect(factsOf({ extensions: wrapHardwareId })?.chipId).toEqual(chipIdOf("Milan"));
    expect(factsOf({ line: "Turin", extensions: wrapHardwareId })?.chipId).toEqual(
      chipIdOf("Turin"),
    );
  });

  test.each([
    ["another chip", { chipId: new Uint8Array(64).fill(1) }, { code: "snp/other-chip" }],
    ["a hidden chip", { chipId: new Uint8Array(64) }, { code: "snp/other-chip" }],
    [
      "more behind Turin's id",
      { line: "Turin", chipId: chipIdOf("Milan") },
      { code: "snp/other-chip" },
    ],
    ["another TCB", { vekTcb: [1, 3, 0, 8, 114] }, { code: "snp/other-tcb" }],
    ["another FMC", { line: "Turin", vekTcb: [0, 3, 0, 8, 115] }, { code: "snp/other-tcb" }],
    [
      "another processor",
      { edit: (view: DataView) => view.setUint8(0x189, 0x11) },
      { code: "snp/other-product", line: "Milan" },
    ],
    [
      "the other kind of key",
      { edit: (view: DataView) => view.setUint32(0x48, 4, true) },
      { code: "snp/other-key", named: "VLEK" },
    ],
    [
      "reported above current",
      { tcb: { reported: [1, 3, 0, 9, 115] } },
      { code: "snp/inconsistent-tcb", part: "reported" },
    ],
    [
      "committed above current",
      { tcb: { committed: [1, 3, 0, 8, 116] } },
      { code: "snp/inconsistent-tcb", part: "committed" },
    ],
    [
      "launched above current",
      { tcb: { launch: [1, 4, 0, 8, 115] } },
      { code: "snp/inconsistent-tcb", part: "launch" },
    ],
    [
      "a reserved part of the TCB",
      { edit: (view: DataView) => view.setUint8(0x38 + 3, 1) },
      { code: "snp/inconsistent-tcb", part: "current" },
    ],
  ] as const)("a signed report of %s is refused", (_, sample, error) =>
    expect(codeOf(sample as SnpSample)).toEqual(error));

  test("firmware that can be rolled back is provisional", () => {
    expect(factsOf({ tcb: { committed: [1, 3, 0, 7, 115] } })?.isProvisional).toBe(true);
    const edit = (view: DataView) => view.setUint8(0x1ec, 28);
    expect(factsOf({ edit })?.isProvisional).toBe(true);
  });

  test("a report signed by another key is refused", () => {
    const good = makeSnp();
    const report = signReport(good.report, snpKeys.issuer);
    expect(errorOf({ ...good, report })).toEqual({ code: "snp/bad-signature" });
  });

  test("issuers may be given: the pinned ones, or another authority of the same name", () => {
    const good = makeSnp();
    expect(errorOf({ ...good, issuers: givenIssuers("Milan", "VCEK") })).toBe("ok");
    const [, root] = givenIssuers("Milan", "VCEK");
    const renewed = (subject: string, authority: { maxPathLength?: number } | false) =>
      makeCertificate({
        subject,
        subjectKey: snpKeys.issuer,
        issuer: "ARK-Milan",
        issuerKey: snpKeys.root,
        serial: 9,
        authority,
      });
    expect(errorOf({ ...good, issuers: [renewed("SEV-Milan", {}), root] })).toBe("ok");
    expect(errorOf({ ...good, issuers: [renewed("SEV-Other", {}), root] })).toMatchObject({
      code: "attestation/certificate-chain",
      reason: "issuer-name",
    });
    expect(errorOf({ ...good, issuers: [renewed("SEV-Milan", false), root] })).toMatchObject({
      code: "attestation/certificate-chain",
      reason: "not-an-authority",
    });
    const foreign = givenIssuers("Genoa", "VCEK")[1];
    expect(errorOf({ ...good, issuers: [renewed("SEV-Milan", {}), foreign] })).toEqual({
      code: "snp/untrusted-root",
      line: "Milan",
    });
    expect(errorOf({ ...good, issuers: givenIssuers("Genoa", "VCEK") })).toMatchObject({
      code: "attestation/certificate-chain",
    });
    expect(errorOf({ ...good, authorities: {} })).toEqual({
      code: "snp/untrusted-line",
      line: "Milan",
    });
    expect(errorOf({ ...good, authorities: AMD_AUTHORITIES })).toMatchObject({
      code: "attestation/certificate-chain",
    });
  });

  test("a revocation list is of the root, current, and does not name the issuer", () => {
    const good = makeSnp();
    const listed = (revoked: readonly number[], more = {}) => ({
      crls: {
        Milan: makeCrl({ issuer: "ARK-Milan", issuerKey: snpKeys.root, revoked, ...more }),
      },
    });
    const verdict = verifySnpReport({ ...good, revocation: listed([7]) });
    expect(verdict.ok && verdict.value.isRevocationChecked).toBe(true);
    expect(errorOf({ ...good, revocation: listed([2]) })).toMatchObject({
      code: "attestation/certificate-revoked",
    });
    expect(errorOf({ ...good, revocation: listed([], { issuer: "ARK-Genoa" }) })).toMatchObject({
      code: "attestation/crl-wrong-issuer",
    });
    const byIssuer = listed([], { issuerKey: snpKeys.issuer });
    expect(errorOf({ ...good, revocation: byIssuer })).toMatchObject({
      code: "attestation/crl-signature",
    });
    expect(errorOf({ ...good, revocation: { crls: { Milan: new Uint8Array(0) } } })).toMatchObject({
      code: "attestation/crl-unparsable",
    });
    expect(errorOf({ ...good, revocation: { crls: {} } })).toEqual({
      code: "snp/no-crl",
      line: "Milan",
    });
    expect(errorOf({ ...good, now: NOW + 11n * DAY, revocation: listed([]) })).toMatchObject({
      code: "attestation/collateral-expired",
    });
  });

  test("is verifiable from the first to the last second of every certificate", () => {
    const good = makeSnp();
    const { notBefore, notAfter } = SNP_AUTHORITIES.Milan.root;
    for (const [now, isValid] of [
      [notBefore - 1000n, false],
      [notBefore, true],
      [notBefore + 1000n, true],
      [notAfter - 1000n, true],
      [notAfter, true],
      [notAfter + 1000n, false],
    ] as const)
      expect(verifySnpReport({ ...good, now }).ok, String(now)).toBe(isValid);
    expect(errorOf({ ...good, now: notAfter + 1000n })).toMatchObject({
      code: "attestation/certificate-validity",
    });
  });

  test(
    "no change of a byte is accepted",
    () => {
      const good = { ...makeSnp(), issuers: givenIssuers("Milan", "VCEK") };
      for (const at of positionsIn(good.report.length, 120))
        expect(
          verifySnpReport({ ...good, report: flipped(good.report, at) }).ok,
          `report ${at}`,
        ).toBe(false);
      for (const at of positionsIn(good.vek.length, 90))
        expect(verifySnpReport({ ...good, vek: flipped(good.vek, at) }).ok, `key ${at}`).toBe(
          false,
        );
      const [issuer, root] = good.issuers;
      for (const at of positionsIn(issuer.length, 60)) {
        const issuers = [flipped(issuer, at), root] as const;
        expect(verifySnpReport({ ...good, issuers }).ok, `issuer ${at}`).toBe(false);
      }
      for (const at of positionsIn(root.length, 60)) {
        const issuers = [issuer, flipped(root, at)] as const;
        expect(verifySnpReport({ ...good, issuers }).ok, `root ${at}`).toBe(false);
      }
    },
    LONG_TIMEOUT_MS,
  );

  const { report } = makeSnp();
  test(
    "hostile bytes end the parsing in a value",
    () =>
      fuzz((seed) => {
        const parsed = parseSnpReport(hostileBytes(report, seed));
        if (!parsed.ok) expect(parsed.error.code).toMatch(/^snp\//);
      }),
    LONG_TIMEOUT_MS,
  );

  test("a report has its length", () => {
    const noise = concatBytes(report, Uint8Array.of(0));
    expect(parseSnpReport(noise)).toEqual({
      ok: false,
      error: { code: "snp/malformed", field: "length" },
    });
  });
});

test("AMD's certificates are the ones that are named, self-signed roots first", () => {
  for (const line of ["Milan", "Genoa", "Turin"] as const) {
    for (const { der, fingerprint } of Object.values(AMD_PINNED[line]))
      expect(toHex(sha256(fromHex(der)))).toBe(`0x${fingerprint}`);
    const { root, issuers } = AMD_AUTHORITIES[line];
    expect(root.commonName).toBe(`ARK-${line}`);
    expect(issuers.VCEK.commonName).toBe(`SEV-${line}`);
    expect(issuers.VLEK.commonName).toBe(`SEV-VLEK-${line}`);
  }
});
