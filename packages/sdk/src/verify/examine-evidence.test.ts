import { ATTESTATION_STORAGE, makeSimulatedEvidence } from "@pha/attestation";
import { ENVELOPES, type RealKind, TEST_ROOTS } from "@pha/attestation/testing";
import { concatBytes, encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { openChain } from "../chain/chain.ts";
import { fakeChain, type Pair } from "../testing/fake-chain.ts";
import { NOW_MS, VENDOR_DEMANDS, VENDOR_KINDS, vendorState } from "../testing/vendor-state.ts";
import { examineEvidence } from "./examine-evidence.ts";

const REPORT_DATA = new Uint8Array(64).fill(9);
/** Whose quote has room for a hash of the report data only. */
const HASHED: readonly RealKind[] = ["AzureVtpm", "AzureTdx"];
/** Whose envelope is the vendor's own document. */
const PLAIN: readonly RealKind[] = ["IntelSgxDcap", "IntelTdxDcap", "AwsNitro", "ArmCca"];

/** A chain with the collateral of one kind, which takes evidence of every kind, or of simulated platforms alone. */
async function chainOf(kind: RealKind, takes: "all" | "none" = "all") {
  const { entries } = vendorState([kind]);
  const { policy } = ATTESTATION_STORAGE;
  const none: Pair = [policy.key, encode(policy.value, { ...VENDOR_DEMANDS, lines: [] })];
  const pairs = new Map([...entries, ...(takes === "none" ? [["policy", none] as const] : [])]);
  return openChain(fakeChain([...pairs.values()]).rpc);
}
const evidenceOf = (kind: RealKind): Uint8Array => ENVELOPES[kind](REPORT_DATA, NOW_MS);
const failing = (report: { verdicts: readonly { ok: boolean; link: string }[] } | undefined) =>
  report?.verdicts.filter(({ ok }) => !ok).map(({ link }) => link);

describe.each(VENDOR_KINDS)("%s", (kind) => {
  test("is recognised in its envelope, and as the platform gives it; a cut or changed one is not taken for good", async () => {
    const chain = await chainOf(kind);
    const evidence = evidenceOf(kind);
    const forms = PLAIN.includes(kind) ? [evidence, evidence.slice(1)] : [evidence];
    for (const form of forms) {
      const report = await examineEvidence(chain, form, { roots: TEST_ROOTS });
      expect(report).toMatchObject({ kind, simulated: false });
      expect(report?.verdicts.map(({ link }) => link)).toContain("evidence/read");
      // Azure's names a hash of them, which is compared with nothing here.
      const expected = HASHED.includes(kind) ? ["evidence/genuine"] : [];
      expect(failing(report)).toEqual(expected);
    }
    const cut = evidence.slice(0, evidence.length >> 1);
    expect(await examineEvidence(chain, cut, { roots: TEST_ROOTS })).toBeUndefined();
    // By the published roots the test's vendors are nobody; Arm's keys are the chain's own word.
    const stranger = await examineEvidence(chain, evidence);
    expect(failing(stranger)).toEqual(kind === "ArmCca" ? [] : ["evidence/genuine"]);
  });

  test("of a vendor that the network does not take: said, beside what else is wrong", async () => {
    const chain = await chainOf(kind, "none");
    const report = await examineEvidence(chain, evidenceOf(kind), { roots: TEST_ROOTS });
    const others = HASHED.includes(kind) ? ["evidence/genuine"] : [];
    expect(failing(report)).toEqual([...others, "evidence/taken"]);
  });
});

test("a changed byte breaks the signature and not the reading", async () => {
  const chain = await chainOf("IntelTdxDcap");
  const evidence = evidenceOf("IntelTdxDcap").slice();
  // In the report data of a quote's body.
  evidence[1 + 48 + 530] = 1;
  const report = await examineEvidence(chain, evidence, { roots: TEST_ROOTS });
  expect(failing(report)).toEqual(["evidence/genuine"]);
  expect(report?.verdicts.find(({ ok }) => !ok)?.facts["code"]).toBe("evidence/not-genuine");
});

test("a quote's padding is left out; what is far too long is nothing", async () => {
  const chain = await chainOf("IntelSgxDcap");
  const padded = concatBytes(evidenceOf("IntelSgxDcap").slice(1), new Uint8Array(100));
  expect(failing(await examineEvidence(chain, padded, { roots: TEST_ROOTS }))).toEqual([]);
  const long = concatBytes(padded, new Uint8Array(40_000));
  expect(await examineEvidence(chain, long)).toBeUndefined();
  expect(await examineEvidence(chain, new Uint8Array(0))).toBeUndefined();
});

test("simulated evidence of another root is refused, and said to be simulated", async () => {
  const chain = await chainOf("AwsNitro");
  const evidence = makeSimulatedEvidence({
    rootSeed: new Uint8Array(32).fill(1),
    measurement: new Uint8Array(32),
    platformId: new Uint8Array(32),
    reportData: REPORT_DATA,
    issuedAtMs: NOW_MS,
  });
  const report = await examineEvidence(chain, evidence);
  expect(report?.kind).toBe("Simulated");
  expect(failing(report)).toContain("evidence/genuine");
});
