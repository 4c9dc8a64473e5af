import { verifyCollateralItem } from "@pha/attestation";
import {
  collateralItems,
  FMSPC,
  makeCertificate,
  NOW,
  snpKeys,
  TEST_ROOTS,
} from "@pha/attestation/testing";
import { toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { derTimes } from "./der-times.ts";
import type { SourceAnswer } from "./fetch-bounded.ts";
import {
  readAmdIssuer,
  readPckCrl,
  readQeIdentity,
  readRootCrl,
  readStatusList,
  readTcbInfo,
} from "./read-answers.ts";
import { sourcesFor, wantedOf } from "./sources.ts";
import { pem, vendorAnswer } from "./testing/fake-services.ts";

const FAMILY = Uint8Array.from(Buffer.from(FMSPC, "hex"));
const SERVICES = {
  intelUrl: "",
  intelRootCrlUrl: "/IntelSGXRootCA.der",
  amdUrl: "",
  googleUrl: "/g",
};
const LINES = ["IntelSgx", "IntelTdx", "AmdMilanVcek", "AndroidTrustzone"];

function answerOf(
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): SourceAnswer {
  const named = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { body: typeof body === "string" ? utf8(body) : body, header: (name) => named.get(name) };
}

describe("answers of vendors' services", () => {
  test("become items that verify, with the slots and times that a verifier finds", () => {
    const items = collateralItems();
    const found = sourcesFor(wantedOf(LINES), [FAMILY], SERVICES).flatMap((source) => {
      const { status, body = "", headers } = vendorAnswer(items, source.url);
      if (status === 404) return [];
      const read = source.read(answerOf(body, headers));
      if (!read.ok) throw new Error(`${source.name}: ${read.error.code}`);
      return read.value.type === "items" ? read.value.items : [];
    });
    expect(found.length).toBe(items.length);
    const [list] = found;
    for (const { item, ...facts } of found) {
      const verified = verifyCollateralItem(item, {
        roots: TEST_ROOTS,
        at: NOW,
        view: () => list?.item,
      });
      if (!verified.ok) throw new Error(`${item.type}: ${verified.error.code}`);
      const { slot, issuedAtMs, number } = verified.value;
      expect(facts).toMatchObject({ slot, issuedAtMs, number });
      // The verifier's also ends with whoever signed it.
      expect(facts.validUntilMs).toBeGreaterThanOrEqual(verified.value.validUntilMs);
    }
  });

  test("may be the hex of caching services", () => {
    const [root] = collateralItems();
    if (root?.type !== "IntelRootCrl") throw new Error("the list comes first");
    const hex = toHex(root.value).slice(2);
    for (const body of [hex, `"${hex.toUpperCase()}"\n`])
      expect(readRootCrl(answerOf(body))).toMatchObject({ value: { item: root } });
  });

  test("tell the authority of AMD's keys by the place that they are from", () => {
    const subjectKey = snpKeys.root;
    const [first, second] = ["SEV-Milan", "ARK-Milan"].map((subject) =>
      makeCertificate({ subject, subjectKey, issuer: "ARK-Milan", issuerKey: subjectKey }),
    );
    if (first === undefined || second === undefined) throw new Error("two were made");
    const read = readAmdIssuer("Milan", "VLEK", answerOf(pem(first, second)));
    expect(read).toMatchObject({
      value: {
        slot: { type: "AmdIssuer", value: { line: "Milan", key: "VLEK" } },
        item: { value: { certificate: first } },
      },
    });
  });

  test("of Google's list are serials as certificates hold them", () => {
    const entries = {
      "0abc": { status: "REVOKED", reason: "KEY_COMPROMISE" },
      f: { status: "SUSPENDED" },
    };
    expect(readStatusList(answerOf(JSON.stringify({ entries })))).toMatchObject({
      value: [
        { serial: Uint8Array.of(0x0a, 0xbc), status: "REVOKED" },
        { serial: Uint8Array.of(0x0f), status: "SUSPENDED" },
      ],
    });
  });

  const chain = { "TCB-Info-Issuer-Chain": encodeURIComponent(pem(Uint8Array.of(1, 2, 3))) };
  const signature = "0".repeat(128);
  const tcb = (text: string) => readTcbInfo("sgx", FAMILY, answerOf(text, chain));
  test.each([
    ["no list", readRootCrl(answerOf("no"))],
    ["a list without its issuer", readPckCrl("Platform", answerOf(Uint8Array.of(0x30, 0)))],
    [
      "an issuer that is no PEM",
      readPckCrl("Platform", answerOf("", { "SGX-PCK-CRL-Issuer-Chain": "x" })),
    ],
    [
      "a header that is not encoded",
      readQeIdentity("sgx", answerOf("", { "SGX-Enclave-Identity-Issuer-Chain": "%" })),
    ],
    ["a text that is not signed", tcb('{"tcbInfo":{}}')],
    ["a text without times", tcb(`{"tcbInfo":{},"signature":"${signature}"}`)],
    ["a text that is no JSON", tcb(`{"tcbInfo":{,"signature":"${signature}"}`)],
    [
      "a text longer than chains keep",
      tcb(
        `{"tcbInfo":${JSON.stringify({
          issueDate: "2025-01-01T00:00:00Z",
          nextUpdate: "2025-02-01T00:00:00Z",
          tcbEvaluationDataNumber: 1,
          padding: "x".repeat(33_000),
        })},"signature":"${signature}"}`,
      ),
    ],
    ["a chain without a certificate", readAmdIssuer("Milan", "VCEK", answerOf("-"))],
    [
      "a chain of what is no certificate",
      readAmdIssuer("Milan", "VCEK", answerOf(pem(Uint8Array.of(1)))),
    ],
    ["a status list that is none", readStatusList(answerOf("[]"))],
    ["a status that is unknown", readStatusList(answerOf('{"entries":{"1":{"status":"FINE"}}}'))],
    [
      "a serial that is no number",
      readStatusList(answerOf('{"entries":{"x":{"status":"REVOKED"}}}')),
    ],
  ])("%s is malformed", (_, read) => {
    expect(read).toMatchObject({ ok: false, error: { code: "keeper/malformed-answer" } });
  });

  test("cut off anywhere have no times, and nothing breaks", () => {
    const [root] = collateralItems();
    if (root?.type !== "IntelRootCrl") throw new Error("the list comes first");
    expect(derTimes(root.value)).toMatchObject({ from: expect.any(BigInt) });
    for (let length = 0; length < root.value.length; length++)
      expect(derTimes(root.value.subarray(0, length))).toBeUndefined();
  });
});

test("lines of a policy say what is wanted", () => {
  expect(wantedOf(["Simulated", "AwsNitro"])).toEqual({ tees: [], snp: [], phones: false });
  expect(wantedOf(["AzureGenoa", "AmdTurinVlek", "AndroidStrongbox"])).toEqual({
    tees: [],
    snp: [
      { line: "Genoa", key: "VCEK" },
      { line: "Turin", key: "VLEK" },
    ],
    phones: true,
  });
  for (const lines of [["AzureTdx"], ["IntelTdx"], ["AzureTdx", "IntelTdx"]])
    expect(wantedOf(lines)).toEqual({ tees: ["tdx"], snp: [], phones: false });
  expect(sourcesFor(wantedOf([]), [FAMILY], SERVICES)).toEqual([]);
});
