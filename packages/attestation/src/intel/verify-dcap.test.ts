import { concatBytes, utf8, utf8ToText } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { readJson } from "../json/json.ts";
import { DAY, ecSigner, makeCertificate, makeCrl, NOW, pem } from "../testing/certificates.ts";
import {
  collateralJson,
  isvLevel,
  keys,
  makeCa,
  makeCollateral,
  makePck,
  makeQuote,
  makeTcbSigner,
  PLATFORM_CA,
  platformLevel,
  type QuoteInput,
  qeIdentity,
  ROOT,
  root,
  rootDer,
  type SgxReportInput,
  sgxExtension,
  sgxReport,
  signedText,
  tcbInfo,
  tdReport,
} from "../testing/dcap.ts";
import { flipped, fuzz, hostileBytes, LONG_TIMEOUT_MS, positionsIn } from "../testing/mutate.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { parseCrl } from "../x509/crl.ts";
import { parsePemChain } from "../x509/pem.ts";
import { type DcapCollateral, parseDcapCollateral, verifyCollateral } from "./collateral.ts";
import { parseQuote } from "./quote.ts";
import { readQeIdentity, readTcbInfo } from "./tcb-info.ts";
import { type DcapFacts, verifyDcap, verifyDcapQuote } from "./verify-dcap.ts";

const sgxCollateral = makeCollateral("sgx");
const tdxCollateral = makeCollateral("tdx");

function verified(collateral: DcapCollateral) {
  const result = verifyCollateral(collateral, NOW, root);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const sgxVerified = verified(sgxCollateral);
const tdxVerified = verified(tdxCollateral);

/** Code, and the fact that tells one refusal of a code from another. */
function told(result: { ok: true } | { ok: false; error: { readonly code: string } }): string {
  if (result.ok) return "ok";
  const facts: Readonly<Record<string, unknown>> = { ...result.error };
  const detail = ["part", "field", "component", "reason"].flatMap((name) => facts[name] ?? []);
  return [result.error.code, ...detail].join(" ");
}

const ofSgx = (quote: Uint8Array): string => told(verifyDcapQuote(quote, sgxVerified, NOW, root));
const ofTdx = (quote: Uint8Array): string => told(verifyDcapQuote(quote, tdxVerified, NOW, root));
const withCollateral = (change: Partial<DcapCollateral>, at = NOW): string =>
  told(verifyDcap(makeQuote(), { ...sgxCollateral, ...change }, at, root));

function factsOf(quote: Uint8Array, collateral = sgxVerified): DcapFacts {
  const result = verifyDcapQuote(quote, collateral, NOW, root);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

describe("a genuine quote", () => {
  test("of SGX says what enclave and platform are", () => {
    const facts = factsOf(makeQuote());
    expect(facts).toMatchObject({
      quoteVersion: 3,
      tcbStatus: "SWHardeningNeeded",
      platformTcbStatus: "SWHardeningNeeded",
      tdxModuleTcbStatus: undefined,
      qeTcbStatus: "UpToDate",
      advisoryIds: ["INTEL-SA-00615"],
      evaluationDataNumber: 16,
      validFrom: NOW - 5n * DAY,
      validUntil: NOW + 5n * DAY,
      pck: { pceSvn: 13, fmspc: Uint8Array.of(0, 0xa0, 0x67, 0x11, 0, 0), smtEnabled: false },
    });
    expect(facts.body.report).toMatchObject({ debug: false, isvProdId: 0 });
  });

  test.each([3, 4, 5] as const)("of SGX in version %i", (version) => {
    expect(ofSgx(makeQuote({ version }))).toBe("ok");
  });

  test.each([
    [4, false],
    [5, false],
    [5, true],
  ] as const)("of TDX in version %i", (version, isLater) => {
    const body = tdReport({}, isLater);
    const facts = factsOf(makeQuote({ version, body }), tdxVerified);
    expect(facts.tdxModuleTcbStatus).toBe("UpToDate");
    expect(facts.body.type).toBe(isLater ? "td15" : "td10");
    expect(facts.body.report).toMatchObject({
      septVeDisable: true,
      debug: false,
      mrServiceTd: isLater ? new Uint8Array(48) : undefined,
    });
  });

  test("of a debug enclave or trust domain verifies, and says so", () => {
    expect(factsOf(makeQuote({ body: sgxReport({ attributes: 7 }) })).body.report.debug).toBe(true);
    const body = tdReport({ tdAttributes: [1, 0, 0, 0x10] });
    expect(factsOf(makeQuote({ version: 4, body }), tdxVerified).body.report.debug).toBe(true);
  });

  test("may have padding behind it, which changes nothing", () => {
    const quote = makeQuote();
    expect(factsOf(concatBytes(quote, new Uint8Array(3000)))).toEqual(factsOf(quote));
    const parsed = parseQuote(concatBytes(quote, Uint8Array.of(1)));
    expect(parsed.ok && parsed.value.bytes).toBe(quote.length);
  });

  test("that only names its certificate is verified with the one that collateral holds", () => {
    const quote = makeQuote({ certificationType: 1, chain: new Uint8Array(36) });
    expect(ofSgx(quote)).toBe("attestation/quote-unsupported certification-type");
    const pckCertificateChain = pem(makePck(), makeCa(), rootDer);
    const holding = verified({ ...sgxCollateral, pckCertificateChain });
    expect(told(verifyDcapQuote(quote, holding, NOW, root))).toBe("ok");
    const stranger = makePck({ subjectKey: ecSigner("stranger") });
    const other = verified({ ...sgxCollateral, pckCertificateChain: pem(stranger, makeCa()) });
    expect(told(verifyDcapQuote(quote, other, NOW, root))).toBe("attestation/qe-report-signature");
  });

  test("under the real root is none", () => {
    expect(told(verifyDcap(makeQuote(), sgxCollateral, NOW))).toMatch(
      /^attestation\/certificate-(chain|signature) pck-crl-issuer/,
    );
  });
});

describe("the layout", () => {
  const quote = makeQuote();

  test("is bounded, and every length in it is used up", () => {
    expect(ofSgx(new Uint8Array(20_000))).toBe("attestation/quote-malformed too-long");
    for (const length of positionsIn(quote.length, 700))
      expect(ofSgx(quote.subarray(0, length))).toBe("attestation/quote-malformed ends-early");
    const longer = concatBytes(quote, new Uint8Array(8));
    longer[432] = (longer[432] ?? 0) + 1;
    expect(ofSgx(longer)).toBe("attestation/quote-malformed lengths-differ");
  });

  test.each<[string, QuoteInput, string]>([
    ["version 2", { header: (h) => h.set([2], 0) }, "version"],
    ["version 6", { header: (h) => h.set([6], 0) }, "version"],
    ["P-384 keys", { header: (h) => h.set([3], 2) }, "attestation-key-type"],
    ["another TEE", { header: (h) => h.set([1], 4) }, "tee-type"],
    ["TDX in version 3", { body: tdReport() }, "tee-type"],
    ["another vendor of quoting enclaves", { header: (h) => h.set([0], 12) }, "qe-vendor"],
    ["a body of the other TEE", { version: 5, header: (h) => h.set([0x81], 4) }, "body-type"],
    ["an unknown way to certify", { certificationType: 7 }, "certification-type"],
  ])("%s is not supported", (_name, input, field) => {
    expect(ofSgx(makeQuote(input))).toBe(`attestation/quote-unsupported ${field}`);
  });

  test("of version 4 wraps its certification", () => {
    const wrapped = makeQuote({ version: 4 });
    wrapped[432 + 4 + 128] = 5;
    expect(ofSgx(wrapped)).toBe("attestation/quote-unsupported certification-type");
  });
});

describe("the platform's certificate", () => {
  const ofChain = (...certificates: readonly Uint8Array[]): string =>
    ofSgx(makeQuote({ chain: pem(...certificates) }));

  test("comes with its authority, and may come without the root", () => {
    expect(ofChain(makePck(), makeCa())).toBe("ok");
    expect(ofChain(makePck())).toBe("attestation/certificate-chain pck-chain empty");
    expect(ofChain(makePck(), makeCa(), rootDer, rootDer)).toBe(
      "attestation/certificate-chain pck-chain too-long",
    );
    expect(ofSgx(makeQuote({ chain: new Uint8Array(4) }))).toMatch(
      /^attestation\/certificate-unparsable pck-chain/,
    );
  });

  test("of an authority that is newer than the collateral's needs the same key and the root", () => {
    expect(ofChain(makePck(), makeCa({ serial: 9 }))).toBe("ok");
    expect(ofChain(makePck(), makeCa({ serial: 9, issuerKey: ecSigner("no root") }))).toBe(
      "attestation/certificate-signature pck-chain",
    );
    const otherKey = ecSigner("other authority");
    const other = makeCa({ serial: 9, subjectKey: otherKey });
    expect(ofChain(makePck({ issuerKey: otherKey }), other)).toBe(
      "attestation/crl-signature pck-crl",
    );
    const processor = makeCa({ subject: "Intel SGX PCK Processor CA", subjectKey: otherKey });
    const of = { issuer: "Intel SGX PCK Processor CA", issuerKey: otherKey };
    expect(ofChain(makePck(of), processor)).toBe("attestation/crl-wrong-issuer pck-crl");
  });

  test("has its role, and neither revoked nor expired", () => {
    expect(ofChain(makePck({ subject: "Somebody" }), makeCa())).toBe(
      "attestation/certificate-wrong-role pck-chain",
    );
    expect(ofChain(makePck({ serial: 77 }), makeCa())).toBe(
      "attestation/certificate-revoked pck-chain",
    );
    expect(ofChain(makePck({ notAfter: NOW - 1000n }), makeCa())).toBe(
      "attestation/certificate-validity pck-chain",
    );
    // A signer of TCB info is under the same root, and no authority.
    const impostor = makePck({ issuer: "Intel SGX TCB Signing", issuerKey: keys.tcbSigner });
    expect(ofChain(impostor, makeTcbSigner())).toBe("attestation/certificate-wrong-role pck-chain");
  });

  test("names the platform", () => {
    const of = (extension: Uint8Array): string => ofChain(makePck({}, extension), makeCa());
    expect(of(sgxExtension({ fmspc: "00a067110001" }))).toBe("attestation/fmspc-mismatch");
    expect(of(sgxExtension({ pceId: "0001" }))).toBe("attestation/pce-id-mismatch");
    expect(of(sgxExtension({ svn: 4 }))).toBe("attestation/tcb-level-unsupported platform");
    expect(of(Uint8Array.of(0x30, 0))).toMatch(/^attestation\/pck-malformed/);
    expect(of(sgxExtension({ pceId: "000000" }))).toMatch(/^attestation\/pck-malformed/);
    expect(ofChain(makePck({ extensions: [] }), makeCa())).toMatch(/^attestation\/pck-malformed/);
  });
});

describe("the quoting enclave", () => {
  test("is vouched for by the platform, and names the attestation key", () => {
    expect(ofSgx(makeQuote({ qeSigner: ecSigner("stranger") }))).toBe(
      "attestation/qe-report-signature",
    );
    expect(ofSgx(makeQuote({ qe: { reportData: new Uint8Array(64) } }))).toBe(
      "attestation/qe-report-data",
    );
  });

  test.each<[SgxReportInput, string]>([
    [{ miscSelect: 1 }, "miscselect"],
    [{ attributes: 0x17 }, "attributes"],
    [{ mrSigner: 0xac }, "mrsigner"],
    [{ isvProdId: 2 }, "isvprodid"],
  ])("is the one of Intel: %o", (qe, field) => {
    expect(ofSgx(makeQuote({ qe }))).toBe(`attestation/qe-identity-mismatch ${field}`);
  });

  test("counts for the status", () => {
    const old = factsOf(makeQuote({ qe: { isvSvn: 7 } }));
    expect(old).toMatchObject({
      tcbStatus: "OutOfDate",
      platformTcbStatus: "SWHardeningNeeded",
      qeTcbStatus: "OutOfDate",
      advisoryIds: ["INTEL-SA-00477", "INTEL-SA-00615"],
    });
    expect(ofSgx(makeQuote({ qe: { isvSvn: 5 } }))).toBe("attestation/tcb-level-unsupported qe");
  });
});

test("the attestation key signs header and body", () => {
  expect(ofSgx(makeQuote({ quoteSigner: ecSigner("stranger") }))).toBe(
    "attestation/quote-signature",
  );
});

describe("the TDX module", () => {
  const of = (input: Parameters<typeof tdReport>[0]): string =>
    ofTdx(makeQuote({ version: 4, body: tdReport(input) }));

  test("of a version has an identity and levels of its own", () => {
    expect(of({ teeTcbSvn: [10, 2] })).toBe("attestation/tdx-module-mismatch identity");
    expect(of({ mrSignerSeam: 1 })).toBe("attestation/tdx-module-mismatch mrsigner");
    expect(of({ seamAttributes: 1 })).toBe("attestation/tdx-module-mismatch attributes");
    expect(of({ teeTcbSvn: [2, 1] })).toBe("attestation/tcb-level-unsupported tdx-module");
    const facts = factsOf(
      makeQuote({ version: 4, body: tdReport({ teeTcbSvn: [3, 1] }) }),
      tdxVerified,
    );
    expect([facts.tdxModuleTcbStatus, facts.tcbStatus]).toEqual(["OutOfDate", "OutOfDate"]);
  });

  test("of version 0 is judged with the platform", () => {
    const levels = [platformLevel(10, "UpToDate")];
    const info = tcbInfo("tdx", { tcbLevels: levels });
    const collateral = verified(makeCollateral("tdx", { tcbInfo: info }));
    const quote = makeQuote({ version: 4, body: tdReport({ teeTcbSvn: [10, 0] }) });
    // The second component is below the level, and counts.
    expect(told(verifyDcapQuote(quote, collateral, NOW, root))).toBe(
      "attestation/tcb-level-unsupported platform",
    );
    const low = platformLevel(10, "UpToDate");
    const components = low.tcb.tdxtcbcomponents.map((one, i) => (i === 1 ? { svn: 0 } : one));
    const fitting = { ...low, tcb: { ...low.tcb, tdxtcbcomponents: components } };
    const fits = verified(
      makeCollateral("tdx", { tcbInfo: tcbInfo("tdx", { tcbLevels: [fitting] }) }),
    );
    const facts = factsOf(quote, fits);
    expect(facts.tdxModuleTcbStatus).toBeUndefined();
    expect(facts.tcbStatus).toBe("UpToDate");
    const strange = makeQuote({
      version: 4,
      body: tdReport({ teeTcbSvn: [10, 0], mrSignerSeam: 9 }),
    });
    expect(told(verifyDcapQuote(strange, fits, NOW, root))).toBe(
      "attestation/tdx-module-mismatch mrsigner",
    );
  });

  test("its first two versions do not count on the platform's levels, the others do", () => {
    expect(of({ teeTcbSvn: [5, 1, 10] })).toBe("ok");
    expect(of({ teeTcbSvn: [5, 1, 4] })).toBe("attestation/tcb-level-unsupported platform");
    expect(of({ teeTcbSvn: [5, 1, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 4] })).toBe(
      "attestation/tcb-level-unsupported platform",
    );
  });
});

describe("collateral", () => {
  test("is of the quote's TEE, in all parts", () => {
    expect(ofTdx(makeQuote())).toBe("attestation/collateral-wrong-tee");
    expect(ofSgx(makeQuote({ version: 4, body: tdReport() }))).toBe(
      "attestation/collateral-wrong-tee",
    );
    const { qeIdentity: text, qeIdentitySignature } = tdxCollateral;
    expect(withCollateral({ qeIdentity: text, qeIdentitySignature })).toBe(
      "attestation/collateral-mixed",
    );
  });

  test("is signed over its exact text", () => {
    const spaced = signedText(JSON.stringify(tcbInfo("sgx"), null, 1));
    const { text, signature } = spaced;
    expect(withCollateral({ tcbInfo: text, tcbInfoSignature: signature })).toBe("ok");
    expect(withCollateral({ tcbInfo: text })).toBe("attestation/tcb-info-signature");
    expect(withCollateral({ tcbInfoSignature: new Uint8Array(0) })).toBe(
      "attestation/tcb-info-signature",
    );
    const identity = signedText(qeIdentity("sgx"), keys.platformCa);
    expect(withCollateral({ qeIdentitySignature: identity.signature })).toBe(
      "attestation/qe-identity-signature",
    );
  });

  test("is read strictly, though it is signed", () => {
    const of = (value: object | string): string => {
      const { text, signature } = signedText(value);
      return withCollateral({ tcbInfo: text, tcbInfoSignature: signature });
    };
    const good = JSON.stringify(tcbInfo("sgx"));
    for (const bad of [
      "",
      "[]",
      good.slice(1),
      `${good} x`,
      good.replace("{", '{"id":"SGX",'),
      good.replace('"tcbType":0', '"tcbType":1'),
      good.replace('"version":3', '"version":2'),
      good.replace('"SGX"', '"sgx"'),
      good.replace("SWHardeningNeeded", "Fine"),
      good.replace('"svn":12', '"svn":12.0'),
      good.replace('"svn":12', '"svn":256'),
      good.replace('{"svn":12},', ""),
      good.replace('"fmspc":"00', '"fmspc":"'),
      good.replace("T00:00:00Z", "T00:00:00"),
    ])
      expect(of(bad), bad.slice(0, 60)).toMatch(/^attestation\/collateral-unparsable tcb-info/);
    const identity = signedText(qeIdentity("sgx", { version: 1 }));
    expect(
      withCollateral({ qeIdentity: identity.text, qeIdentitySignature: identity.signature }),
    ).toMatch(/^attestation\/collateral-unparsable qe-identity/);
    const twice = tcbInfo("tdx", {
      tdxModuleIdentities: [1, 2].map(() => ({
        id: "TDX_01",
        mrsigner: "00".repeat(48),
        attributes: "00".repeat(8),
        attributesMask: "FF".repeat(8),
        tcbLevels: [isvLevel(5, "UpToDate")],
      })),
    });
    expect(told(verifyCollateral(makeCollateral("tdx", { tcbInfo: twice }), NOW, root))).toMatch(
      /^attestation\/collateral-unparsable tcb-info/,
    );
  });

  test("needs both revocation lists, of their issuers", () => {
    const none = new Uint8Array(0);
    expect(withCollateral({ pckCrl: none })).toMatch(/^attestation\/crl-unparsable pck-crl/);
    expect(withCollateral({ rootCaCrl: none })).toMatch(/^attestation\/crl-unparsable root-ca-crl/);
    const { pckCrl, rootCaCrl } = sgxCollateral;
    expect(withCollateral({ pckCrl: rootCaCrl })).toBe("attestation/crl-wrong-issuer pck-crl");
    expect(withCollateral({ rootCaCrl: pckCrl })).toBe("attestation/crl-wrong-issuer root-ca-crl");
    const forged = makeCrl({ issuer: PLATFORM_CA, issuerKey: ecSigner("stranger") });
    expect(withCollateral({ pckCrl: forged })).toBe("attestation/crl-signature pck-crl");
    const ofRoot = (revoked: readonly number[]): string =>
      withCollateral({ rootCaCrl: makeCrl({ issuer: ROOT, issuerKey: keys.root, revoked }) });
    expect(ofRoot([2])).toBe("attestation/certificate-revoked pck-crl-issuer");
    expect(ofRoot([3])).toBe("attestation/certificate-revoked tcb-info-issuer");
    expect(ofRoot([1, 4])).toBe("ok");
  });

  test("has signers of the right role", () => {
    const signer = pem(makeTcbSigner(), rootDer);
    const authority = pem(makeCa(), rootDer);
    expect(withCollateral({ pckCrlIssuerChain: signer })).toBe(
      "attestation/certificate-wrong-role pck-crl-issuer",
    );
    expect(withCollateral({ tcbInfoIssuerChain: authority })).toBe(
      "attestation/certificate-wrong-role tcb-info-issuer",
    );
    expect(withCollateral({ qeIdentityIssuerChain: authority })).toBe(
      "attestation/certificate-wrong-role qe-identity-issuer",
    );
    expect(withCollateral({ tcbInfoIssuerChain: new Uint8Array(0) })).toMatch(
      /^attestation\/certificate-unparsable tcb-info-issuer/,
    );
    const other = { subject: ROOT, subjectKey: keys.tcbSigner, issuer: ROOT };
    const otherRoot = makeCertificate({ ...other, issuerKey: keys.tcbSigner, authority: {} });
    expect(withCollateral({ tcbInfoIssuerChain: pem(makeTcbSigner(), otherRoot) })).toMatch(
      /^attestation\/certificate-/,
    );
  });

  test("comes in nine fields", () => {
    const parsed = parseDcapCollateral(collateralJson(sgxCollateral));
    expect(parsed.ok && told(verifyDcap(makeQuote(), parsed.value, NOW, root))).toBe("ok");
    for (const name of ["pck_crl", "tcb_info", "qe_identity_signature"]) {
      const fields = new Map<string, unknown>(
        Object.entries(JSON.parse(collateralJson(sgxCollateral))),
      );
      fields.delete(name);
      expect(told(parseDcapCollateral(JSON.stringify(Object.fromEntries(fields))))).toMatch(
        /^attestation\/collateral-unparsable collateral/,
      );
    }
  });
});

describe("time", () => {
  const second = 1000n;
  const from = NOW - 2n * DAY;
  const until = NOW + 2n * DAY;
  const expired = "attestation/collateral-expired";
  const early = "attestation/collateral-not-yet-valid";
  const validity = "attestation/certificate-validity";

  const shortCrl = (issuer: string, issuerKey = keys.root): Uint8Array =>
    makeCrl({ issuer, issuerKey, thisUpdate: from, nextUpdate: until });
  const dates = {
    issueDate: new Date(Number(from)).toISOString().replace(".000", ""),
    nextUpdate: new Date(Number(until)).toISOString().replace(".000", ""),
  };
  const info = signedText(tcbInfo("sgx", dates));
  const identity = signedText(qeIdentity("sgx", dates));
  const short = { notBefore: from, notAfter: until };

  test.each<[string, Partial<DcapCollateral>, string, string]>([
    ["root-ca-crl", { rootCaCrl: shortCrl(ROOT) }, early, expired],
    ["pck-crl", { pckCrl: shortCrl(PLATFORM_CA, keys.platformCa) }, early, expired],
    ["tcb-info", { tcbInfo: info.text, tcbInfoSignature: info.signature }, early, expired],
    [
      "qe-identity",
      { qeIdentity: identity.text, qeIdentitySignature: identity.signature },
      early,
      expired,
    ],
    ["pck-crl-issuer", { pckCrlIssuerChain: pem(makeCa(short), rootDer) }, validity, validity],
    ["tcb-info-issuer", { tcbInfoIssuerChain: pem(makeTcbSigner(short)) }, validity, validity],
    [
      "qe-identity-issuer",
      { qeIdentityIssuerChain: pem(makeTcbSigner(short)) },
      validity,
      validity,
    ],
  ])("of %s is kept to the second, cold and with verified collateral", (part, change, before, after) => {
    const of = (at: bigint): string => withCollateral(change, at);
    expect([of(from - second), of(from), of(until), of(until + second)]).toEqual([
      `${before} ${part}`,
      "ok",
      "ok",
      `${after} ${part}`,
    ]);
    const warm = verified({ ...sgxCollateral, ...change });
    const warmOf = (at: bigint): string => told(verifyDcapQuote(makeQuote(), warm, at, root));
    expect([warmOf(from - second), warmOf(from), warmOf(until), warmOf(until + second)]).toEqual([
      `${early} collateral`,
      "ok",
      "ok",
      `${expired} collateral`,
    ]);
  });

  test("of the platform's certificate is kept, and bounds the verdict", () => {
    const quote = makeQuote({ chain: pem(makePck(short), makeCa()) });
    const of = (at: bigint): string => told(verifyDcapQuote(quote, sgxVerified, at, root));
    expect([of(from - second), of(from), of(until), of(until + second)]).toEqual([
      `${validity} pck-chain`,
      "ok",
      "ok",
      `${validity} pck-chain`,
    ]);
    const { validFrom, validUntil } = factsOf(quote);
    expect([validFrom, validUntil]).toEqual([from, until]);
  });
});

describe("mutation", () => {
  const quote = makeQuote({ version: 4, body: tdReport() });
  const facts = factsOf(quote, tdxVerified);
  /** Up to the certification data there is no slack: header, body, signatures, keys and their lengths. */
  const tight = quote.length - pem(makePck(), makeCa(), rootDer).length;

  test(
    "of any byte of a quote gives a refusal, or the same facts",
    () => {
      for (const at of positionsIn(quote.length, 400)) {
        const result = verifyDcapQuote(flipped(quote, at), tdxVerified, NOW, root);
        if (result.ok) expect(result.value, `byte ${at}`).toEqual(facts);
        if (at < tight) expect(result.ok, `byte ${at}`).toBe(false);
      }
    },
    LONG_TIMEOUT_MS,
  );

  test(
    "of any byte of collateral gives a refusal, or the same facts",
    () => {
      for (const [name, bytes] of Object.entries<Uint8Array>({ ...tdxCollateral }))
        for (const at of positionsIn(bytes.length, 25)) {
          const changed = { ...tdxCollateral, [name]: flipped(bytes, at) };
          const result = verifyDcap(quote, changed, NOW, root);
          if (result.ok) expect(result.value, `${name} ${at}`).toEqual(facts);
        }
    },
    LONG_TIMEOUT_MS,
  );
});

test(
  "hostile bytes of a quote are neither read for ever nor accepted",
  async () => {
    const quote = makeQuote();
    const good = factsOf(quote);
    await fuzz((seed) => {
      const bytes = hostileBytes(quote, seed);
      const parsed = parseQuote(bytes);
      // A whole quote with changes: the signatures decide. They take their time.
      if (!parsed.ok || seed % 5 !== 0) return;
      const result = verifyDcapQuote(bytes, sgxVerified, NOW, root);
      if (result.ok) expect(result.value).toEqual(good);
    });
  },
  LONG_TIMEOUT_MS,
);

const textOf = (bytes: Uint8Array): string => utf8ToText(bytes) ?? "";

test.each([
  ["TCB info", sgxCollateral.tcbInfo, (bytes) => readJson(textOf(bytes), readTcbInfo)],
  ["QE identity", sgxCollateral.qeIdentity, (bytes) => readJson(textOf(bytes), readQeIdentity)],
  ["a revocation list", sgxCollateral.pckCrl, (bytes) => parseCrl(bytes, "fuzz")],
  ["a certificate", makePck(), parseCertificate],
  ["a chain in PEM", sgxCollateral.tcbInfoIssuerChain, parsePemChain],
  [
    "collateral in JSON",
    utf8(collateralJson(sgxCollateral)),
    (bytes) => parseDcapCollateral(textOf(bytes)),
  ],
] as readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => { readonly ok: boolean }])[])(
  "hostile bytes of %s are not read for ever",
  async (_what, good, parse) => {
    expect(parse(good).ok).toBe(true);
    let refused = 0;
    await fuzz((seed) => {
      if (!parse(hostileBytes(good, seed)).ok) refused++;
    });
    expect(refused).toBeGreaterThan(0);
  },
  LONG_TIMEOUT_MS,
);
