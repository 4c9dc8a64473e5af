import { type CollateralItem, isNewerCollateral } from "@pha/protocol";
import { describe, expect, test } from "vitest";
import { DAY, ecSigner, makeCertificate, makeCrl, NOW } from "../testing/certificates.ts";
import { isoTime, keys, makeCa, qeIdentity, ROOT, signedText, tcbInfo } from "../testing/dcap.ts";
import {
  amdCrlItem,
  collateralItems,
  intelTextItems,
  pckCrlItem,
  rootCrlItem,
  TEST_ROOTS,
} from "../testing/roots.ts";
import { snpKeys } from "../testing/snp.ts";
import { PINNED_ROOTS } from "./roots.ts";
import { verifyCollateralItem } from "./verify-item.ts";

const EMPTY = () => undefined;
const withRoot =
  (item: CollateralItem = rootCrlItem()) =>
  (slot: { readonly type: string }) =>
    slot.type === item.type ? item : undefined;

function told(
  item: CollateralItem,
  more: Partial<Parameters<typeof verifyCollateralItem>[1]> = {},
) {
  const trust = { roots: TEST_ROOTS, at: NOW, view: withRoot(), ...more };
  const verified = verifyCollateralItem(item, trust);
  return verified.ok ? verified.value : verified.error.code;
}

const [tcb, qe] = intelTextItems("sgx");

function amdIssuer(subject: string, change: object = {}): CollateralItem {
  const certificate = makeCertificate({
    subject,
    subjectKey: ecSigner("next ask", "P-384", "sha384"),
    issuer: "ARK-Milan",
    issuerKey: snpKeys.root,
    serial: 5,
    authority: {},
    ...change,
  });
  return { type: "AmdIssuer", value: { line: "Milan", certificate } };
}

describe("an item of collateral", () => {
  test("names its slot, its times and its evaluation", () => {
    const slots = collateralItems().map((item) => {
      const verified = told(item);
      return typeof verified === "string" ? verified : verified.slot.type;
    });
    expect(slots).toEqual([
      "IntelRootCrl",
      "IntelPckCrl",
      "IntelTcbInfo",
      "IntelQeIdentity",
      "IntelTcbInfo",
      "IntelQeIdentity",
      "AmdCrl",
    ]);
    expect(told(tcb)).toMatchObject({
      slot: { value: { tee: "sgx" } },
      issuedAtMs: NOW - 5n * DAY,
      validUntilMs: NOW + 5n * DAY,
      number: 16,
    });
    expect(told(pckCrlItem())).toMatchObject({ slot: { value: "Platform" }, number: 0 });
    expect(told(amdIssuer("SEV-VLEK-Milan"))).toMatchObject({
      slot: { type: "AmdIssuer", value: { line: "Milan", key: "VLEK" } },
    });
  });

  test("of another root is refused, whatever it is", () => {
    for (const item of [...collateralItems(), amdIssuer("SEV-Milan")])
      expect(told(item, { roots: PINNED_ROOTS }), item.type).toMatch(
        /^(attestation\/(crl-|certificate-(chain|signature))|collateral\/other-issuer)/,
      );
  });

  test("whose every byte counts: one changed byte of the signed part, and it is refused", () => {
    const root = rootCrlItem();
    if (root.type !== "IntelRootCrl" || tcb.type !== "IntelTcbInfo") throw new Error("as made");
    for (let at = 0; at < root.value.length; at++) {
      const value = root.value.slice();
      value[at] = (value[at] ?? 0) ^ 1;
      expect(typeof told({ type: "IntelRootCrl", value }), `byte ${at}`).toBe("string");
    }
    for (let at = 0; at < tcb.value.text.length; at += 7) {
      const text = tcb.value.text.slice();
      text[at] = (text[at] ?? 0) ^ 1;
      const value = { ...tcb.value, text };
      expect(told({ type: "IntelTcbInfo", value })).toBe("attestation/tcb-info-signature");
    }
  });

  test("of Intel waits for the root's list, which may revoke its signer", () => {
    for (const item of [pckCrlItem(), tcb, qe])
      expect(told(item, { view: EMPTY })).toBe("collateral/no-root-crl");
    const view = withRoot(rootCrlItem({ revoked: [3] }));
    expect(told(tcb, { view })).toBe("attestation/certificate-revoked");
    expect(told(qe, { view })).toBe("attestation/certificate-revoked");
    expect(told(pckCrlItem(), { view })).toMatchObject({ number: 0 });
    expect(told(pckCrlItem(), { view: withRoot(rootCrlItem({ revoked: [2] })) })).toBe(
      "attestation/certificate-revoked",
    );
  });

  test.each([
    ["before it was issued", -1n, "attestation/collateral-not-yet-valid"],
    ["as it is issued", 0n, undefined],
    ["until its end", 10n * DAY, undefined],
    ["after its end", 10n * DAY + 1n, "attestation/collateral-expired"],
  ])("%s", (_, after, code) => {
    const at = NOW - 5n * DAY + after;
    const verdict = (item: CollateralItem) => {
      const verified = told(item, { at });
      return typeof verified === "string" ? verified : undefined;
    };
    expect(verdict(tcb)).toBe(code);
    expect(verdict(qe)).toBe(code);
  });

  test("of a list counts between its updates", () => {
    const around = { thisUpdate: NOW - 1_000n, nextUpdate: NOW + 1_000n };
    for (const item of [rootCrlItem(around), amdCrlItem(around)]) {
      expect(typeof told(item)).toBe("object");
      expect(told(item, { at: NOW - 1_001n })).toBe("attestation/collateral-not-yet-valid");
      expect(told(item, { at: NOW + 1_001n })).toBe("attestation/collateral-expired");
    }
  });

  test("in another's place is refused", () => {
    if (tcb.type !== "IntelTcbInfo" || qe.type !== "IntelQeIdentity") throw new Error("as made");
    expect(told({ type: "IntelTcbInfo", value: qe.value })).toBe(
      "attestation/collateral-unparsable",
    );
    expect(told({ type: "IntelQeIdentity", value: tcb.value })).toBe(
      "attestation/collateral-unparsable",
    );
    const byAuthority = { signer: makeCa(), ...signedText(tcbInfo("sgx"), keys.platformCa) };
    expect(told({ type: "IntelTcbInfo", value: byAuthority })).toBe(
      "attestation/certificate-wrong-role",
    );
    const byRoot = makeCrl({ issuer: ROOT, issuerKey: keys.root });
    expect(told({ type: "IntelPckCrl", value: { issuer: makeCa(), crl: byRoot } })).toBe(
      "attestation/crl-wrong-issuer",
    );
    expect(told({ type: "AmdCrl", value: { line: "Genoa", crl: byRoot } })).toBe(
      "attestation/crl-wrong-issuer",
    );
    expect(told({ type: "IntelTcbInfo", value: { ...tcb.value, signer: new Uint8Array(3) } })).toBe(
      "attestation/certificate-unparsable",
    );
  });

  test("of AMD's authorities has a pinned one's name, may sign, and is not revoked", () => {
    expect(told(amdIssuer("SEV-Nobody"))).toBe("collateral/other-issuer");
    expect(told(amdIssuer("SEV-Milan", { authority: false }))).toBe("collateral/other-issuer");
    expect(told(amdIssuer("SEV-Milan", { issuerKey: snpKeys.vek }))).toBe(
      "attestation/certificate-signature",
    );
    const view = withRoot(amdCrlItem({ revoked: [5] }));
    expect(told(amdIssuer("SEV-Milan"), { view })).toBe("attestation/certificate-revoked");
    expect(typeof told(amdIssuer("SEV-Milan"), { view: withRoot(amdCrlItem()) })).toBe("object");
  });

  test("that nobody signs is no vendor's", () => {
    const entry = { serial: Uint8Array.of(1), status: "REVOKED" } as const;
    expect(told({ type: "AndroidStatus", value: entry })).toBe("collateral/unsigned");
    expect(told({ type: "AndroidListedAt", value: NOW })).toBe("collateral/unsigned");
  });
});

describe("newer", () => {
  const at = (days: bigint, number: number) => {
    const issue = {
      issueDate: isoTime(NOW - days * DAY),
      nextUpdate: isoTime(NOW + 20n * DAY),
      tcbEvaluationDataNumber: number,
    };
    const [item] = intelTextItems("sgx", {
      tcbInfo: tcbInfo("sgx", issue),
      qeIdentity: qeIdentity("sgx", issue),
    });
    const verified = told(item);
    if (typeof verified === "string") throw new Error(verified);
    return verified;
  };

  test("is later, and of no lower evaluation", () => {
    expect(isNewerCollateral(at(4n, 16), at(5n, 16))).toBe(true);
    expect(isNewerCollateral(at(4n, 17), at(5n, 16))).toBe(true);
    expect(isNewerCollateral(at(5n, 16), at(5n, 16))).toBe(false);
    expect(isNewerCollateral(at(6n, 17), at(5n, 16))).toBe(false);
    // Two channels of Intel's: the later text of the slower one would take back what the other says.
    expect(isNewerCollateral(at(4n, 15), at(5n, 16))).toBe(false);
  });
});
