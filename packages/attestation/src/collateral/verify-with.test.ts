import { type CollateralItem, CollateralSlot } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { EVIDENCE_KINDS } from "../evidence-kind.ts";
import { PRODUCT_LINES } from "../result.ts";
import { SnpEnvelope } from "../sev-snp/evidence.ts";
import { INSTANCE_ID, PLATFORM_KEY } from "../testing/arm.ts";
import { DAY, ecSigner, makeCertificate, NOW } from "../testing/certificates.ts";
import { platformLevel, tcbInfo } from "../testing/dcap.ts";
import { ENVELOPES, envelope, type RealKind } from "../testing/envelopes.ts";
import {
  amdCrlItem,
  collateralItems,
  intelTextItems,
  pckCrlItem,
  rootCrlItem,
  TEST_ROOTS,
} from "../testing/roots.ts";
import { makeSnp, snpKeys } from "../testing/snp.ts";
import { neededCollateral } from "./needed.ts";
import { PINNED_ROOTS } from "./roots.ts";
import { verifyCollateralItem } from "./verify-item.ts";
import { ANDROID_LIST_LIFE_MS, type VerifyWithInput, verifyWithCollateral } from "./verify-with.ts";

const reportData = new Uint8Array(64).fill(3);
const KINDS = Object.keys(ENVELOPES) as readonly RealKind[];
const evidence = Object.fromEntries(
  KINDS.map((kind) => [kind, ENVELOPES[kind](reportData, NOW)]),
) as Record<RealKind, Uint8Array>;

/** Items by slot, as a chain has them. */
function stored(...items: readonly CollateralItem[]): Map<string, CollateralItem> {
  const map = new Map<string, CollateralItem>();
  for (const item of items) map.set(toHex(encode(CollateralSlot, slotOf(item, map))), item);
  return map;
}

function slotOf(item: CollateralItem, map: Map<string, CollateralItem>): CollateralSlot {
  if (item.type === "AndroidStatus") return { type: item.type, value: item.value.serial };
  if (item.type === "AndroidListedAt") return { type: item.type, value: undefined };
  if (item.type === "ArmPlatformKey") return { type: item.type, value: item.value };
  const verified = verifyCollateralItem(item, { roots: TEST_ROOTS, at: NOW, view: viewOf(map) });
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value.slot;
}

const viewOf = (map: Map<string, CollateralItem>) => (slot: CollateralSlot) =>
  map.get(toHex(encode(CollateralSlot, slot)));

const armItem: CollateralItem = {
  type: "ArmPlatformKey",
  value: {
    instanceId: INSTANCE_ID,
    implementationId: new Uint8Array(32).fill(4),
    curve: PLATFORM_KEY.curve,
    publicKey: PLATFORM_KEY.publicKey,
  },
};
const listed: CollateralItem = { type: "AndroidListedAt", value: NOW };
const all = [...collateralItems(), armItem, listed];

function told(bytes: Uint8Array, more: Partial<VerifyWithInput> = {}, items = all) {
  const verified = verifyWithCollateral({
    bytes,
    roots: TEST_ROOTS,
    view: viewOf(stored(...items)),
    lines: PRODUCT_LINES.map((line) => ({ line })),
    amdLevels: [],
    simulatedRoot: undefined,
    now: NOW,
    expectedReportData: reportData,
    ...more,
  });
  return verified.ok ? verified.value : verified.error;
}

describe("evidence with collateral of a chain", () => {
  test.each(KINDS)("%s is verified, under the roots that are pinned alone", (kind) => {
    expect(told(evidence[kind])).toMatchObject({ reportData, debug: false });
    // Keys of Arm's platforms are governance's; the others hang on a vendor's root.
    const elsewhere = told(evidence[kind], { roots: PINNED_ROOTS });
    expect(elsewhere).toHaveProperty(kind === "ArmCca" ? "line" : "code");
    expect(told(evidence[kind], { expectedReportData: new Uint8Array(64) })).toMatchObject({
      code: "evidence/other-report-data",
    });
  });

  test.each(KINDS)("%s does not exist where no line of the policy has it", (kind) => {
    const line = { IntelSgxDcap: "intel-tdx" }[kind as string] ?? "intel-sgx";
    const lines = PRODUCT_LINES.filter((one) => one === line).map((one) => ({ line: one }));
    for (const policy of [lines, []])
      expect(told(evidence[kind], { lines: policy })).toEqual({
        code: "evidence/unknown-kind",
        kind: EVIDENCE_KINDS[kind],
      });
  });

  test("reports of IAS have no line and register nobody", () => {
    expect(told(Uint8Array.of(EVIDENCE_KINDS.IntelSgxIas, 1, 2))).toMatchObject({
      code: "evidence/unknown-kind",
    });
  });

  test("each item that is needed must be there", () => {
    for (const kind of KINDS.filter((one) => one !== "AwsNitro")) {
      const needed = neededCollateral(evidence[kind]);
      if (!needed.ok) throw new Error(needed.error.code);
      const types = new Set<string>(needed.value.map(({ type }) => type));
      for (const type of types) {
        const others = stored(...all);
        for (const [key, item] of others) if (item.type === type) others.delete(key);
        const verdict = told(evidence[kind], { view: viewOf(others) });
        // Revoked phones are listed, the others are not; AMD's authorities are pinned.
        if (type === "AndroidStatus" || type === "AmdIssuer")
          expect(verdict).toHaveProperty("line");
        else if (type === "ArmPlatformKey")
          expect(verdict).toMatchObject({ cause: "cca/not-endorsed" });
        else expect(verdict).toEqual({ code: "collateral/missing", slot: type });
      }
    }
  });

  test("collateral that does not hold now, or whose signer was revoked since, is refused", () => {
    const late = { now: NOW + 6n * DAY };
    expect(told(evidence.IntelSgxDcap, late)).toEqual({
      code: "collateral/refused",
      cause: "attestation/collateral-expired",
    });
    const items = stored(...all);
    for (const [key, item] of items)
      if (item.type === "IntelRootCrl") items.set(key, rootCrlItem({ revoked: [3] }));
    expect(told(evidence.IntelSgxDcap, { view: viewOf(items) })).toEqual({
      code: "collateral/refused",
      cause: "attestation/certificate-revoked",
    });
    const old = told(evidence.AndroidKey, { now: NOW + ANDROID_LIST_LIFE_MS + 1n });
    expect(old).toMatchObject({ code: "collateral/refused" });
    expect(told(evidence.AndroidKey, { now: NOW + ANDROID_LIST_LIFE_MS })).toHaveProperty("line");
  });

  test("what the collateral revokes is refused", () => {
    const replaced = (item: CollateralItem) => [...all, item];
    expect(told(evidence.IntelSgxDcap, {}, replaced(pckCrlItem({ revoked: [4] })))).toEqual({
      code: "evidence/not-genuine",
      cause: "attestation/certificate-revoked",
    });
    expect(told(evidence.AmdSevSnp, {}, replaced(amdCrlItem({ revoked: [2] })))).toEqual({
      code: "evidence/not-genuine",
      cause: "attestation/certificate-revoked",
    });
    const revoked = { serial: Uint8Array.of(0x50, 0x14), status: "SUSPENDED" } as const;
    expect(
      told(evidence.AndroidKey, {}, replaced({ type: "AndroidStatus", value: revoked })),
    ).toEqual({ code: "evidence/not-genuine", cause: "android/revoked" });
  });

  test("the grade is that of the newest TCB info", () => {
    expect(told(evidence.IntelSgxDcap)).toMatchObject({ confidence: 2 });
    const [tcb] = intelTextItems("sgx", {
      tcbInfo: tcbInfo("sgx", { tcbLevels: [platformLevel(5, "OutOfDate", ["INTEL-SA-00828"])] }),
    });
    expect(told(evidence.IntelSgxDcap, {}, [...all, tcb])).toMatchObject({
      confidence: 5,
      advisoryIds: ["INTEL-SA-00828"],
    });
  });

  test("AMD's later authority takes the pinned one's place for keys that it issued", () => {
    const next = ecSigner("next ask", "P-384", "sha384");
    const authority = (issuerKey: typeof next): CollateralItem => ({
      type: "AmdIssuer",
      value: {
        line: "Milan",
        certificate: makeCertificate({
          subject: "SEV-Milan",
          subjectKey: next,
          issuer: "ARK-Milan",
          issuerKey,
          serial: 6,
          authority: {},
        }),
      },
    });
    const { report, vek } = makeSnp({ reportData });
    const issued = makeSnp({ reportData, issuerKey: next }).vek;
    const of = (key: Uint8Array) =>
      envelope("AmdSevSnp", encode(SnpEnvelope, { report, vek: key, issuers: undefined }));
    expect(told(of(issued))).toMatchObject({ code: "evidence/not-genuine" });
    expect(told(of(issued), {}, [...all, authority(snpKeys.root)])).toHaveProperty("line");
    expect(told(of(vek), {}, [...all, authority(snpKeys.root)])).toHaveProperty("line");
    // An authority in the chain's state that AMD's root did not sign counts for nothing.
    const forged = stored(...all, authority(snpKeys.root));
    for (const [key, item] of forged)
      if (item.type === "AmdIssuer") forged.set(key, authority(snpKeys.vek));
    expect(told(of(issued), { view: viewOf(forged) })).toMatchObject({
      code: "evidence/not-genuine",
      cause: "attestation/certificate-signature",
    });
  });
});

describe("hostile bytes", () => {
  test("name no collateral, and end in a value", () => {
    for (const kind of KINDS) {
      const bytes = evidence[kind];
      for (let length = 1; length < bytes.length; length += 1 + (length >> 3)) {
        const cut = neededCollateral(bytes.subarray(0, length));
        expect(told(bytes.subarray(0, length)), `${kind} ${length}`).toHaveProperty("code");
        if (kind !== "AwsNitro") expect(cut.ok, `${kind} ${length}`).toBe(false);
      }
    }
  });
});
