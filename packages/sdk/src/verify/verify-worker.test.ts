/** Workers on real hardware, verified by a client: every link fails by itself, and is named. */
import { ATTESTATION_STORAGE } from "@pha/attestation";
import { ENVELOPES, type RealKind, TEST_ROOTS } from "@pha/attestation/testing";
import { STORAGE } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { openChain } from "../chain/chain.ts";
import { fakeChain, filled, type Pair } from "../testing/fake-chain.ts";
import {
  NOW_MS,
  VENDOR_DEMANDS,
  VENDOR_KINDS,
  type VendorWorker,
  vendorState,
} from "../testing/vendor-state.ts";
import type { TrustOptions } from "./chain-links.ts";
import { gradeShownBytes, verifyShownBytes } from "./verify-evidence.ts";
import { verifyWorker } from "./verify-worker.ts";

type Change = (worker: VendorWorker) => Readonly<Record<string, Pair | undefined>>;

const built = new Map(VENDOR_KINDS.map((kind) => [kind, vendorState([kind])]));

function stateOf(kind: RealKind) {
  const state = built.get(kind);
  const [worker] = state?.workers ?? [];
  if (state === undefined || worker === undefined) throw new Error("every kind has a state");
  return { entries: state.entries, worker };
}

async function chainOf(kind: RealKind, change: Change = () => ({})) {
  const { entries, worker } = stateOf(kind);
  const changed = new Map<string, Pair | undefined>([
    ...entries,
    ...Object.entries(change(worker)),
  ]);
  const pairs = [...changed.values()].filter((pair) => pair !== undefined);
  return openChain(fakeChain(pairs).rpc);
}

async function verify(
  kind: RealKind,
  change?: Change,
  options: TrustOptions = { roots: TEST_ROOTS },
) {
  const { identity } = stateOf(kind).worker.registration;
  return verifyWorker(await chainOf(kind, change), identity, options);
}

const brokenBy = async (kind: RealKind, change?: Change, options?: TrustOptions) => {
  const { broken } = await verify(kind, change, options);
  return broken && [broken.link, broken.facts["cause"] ?? broken.facts["unmet"] ?? broken.says];
};

describe.each(VENDOR_KINDS)("%s", (kind) => {
  test("is trusted by its own evidence, with what the vendor vouches for", async () => {
    const { ok, simulated, verdicts } = await verify(kind);
    const { result } = stateOf(kind).worker;
    expect(verdicts.filter((one) => !one.ok)).toEqual([]);
    expect({ ok, simulated }).toEqual({ ok: true, simulated: false });
    expect(verdicts.find(({ link }) => link === "worker/evidence")?.facts).toMatchObject({
      vendor: result.vendor,
      line: result.line,
      platformId: toHex(result.platformId),
    });
  });

  test("is trusted under the roots that are pinned, whatever the chain's state says", async () => {
    const broken = await brokenBy(kind, undefined, {});
    // Keys of Arm's platforms are governance's word, on every chain.
    if (kind === "ArmCca") expect(broken).toBeUndefined();
    else expect(broken?.[0]).toBe("worker/evidence");
  });

  test("with another's evidence, or a changed byte of its own, is not", async () => {
    const foreign = ENVELOPES[kind](new Uint8Array(64).fill(9), NOW_MS);
    const put =
      (evidence: (worker: VendorWorker) => Uint8Array): Change =>
      (worker) => ({
        [`evidence ${kind}`]: [
          STORAGE.evidence.key(worker.registration.identity),
          encode(STORAGE.evidence.value, evidence(worker)),
        ],
      });
    expect(
      await brokenBy(
        kind,
        put(() => foreign),
      ),
    ).toEqual(["worker/evidence", "evidence/other-report-data"]);
    const changed = put(({ evidence }) => {
      const copy = evidence.slice();
      copy[200] = (copy[200] ?? 0) ^ 1;
      return copy;
    });
    expect((await brokenBy(kind, changed))?.[0]).toBe("worker/evidence");
  });

  test("is named where program, platform, line, signer, time or standing is not as demanded", async () => {
    const { policy, grade } = ATTESTATION_STORAGE;
    const demands =
      (change: Partial<typeof VENDOR_DEMANDS>): Change =>
      () => ({ policy: [policy.key, encode(policy.value, { ...VENDOR_DEMANDS, ...change })] });
    expect((await brokenBy(kind, () => ({ [`measurement ${kind}`]: undefined })))?.[0]).toBe(
      "worker/measurement",
    );
    const denied: Change = ({ result }) => ({
      denied: [
        STORAGE.deniedPlatform.key(result.platformId),
        encode(STORAGE.deniedPlatform.value, 0),
      ],
    });
    expect(await brokenBy(kind, denied)).toEqual(["worker/policy", "appraisal/platform-denied"]);
    // A kind without a line does not exist.
    expect(await brokenBy(kind, demands({ lines: [] }))).toEqual([
      "worker/evidence",
      "evidence/unknown-kind",
    ]);
    const { confidence } = stateOf(kind).worker.result;
    const best = VENDOR_DEMANDS.lines.map((line) => ({
      ...line,
      worstConfidence: { worker: 1, gatekeeper: 0 },
    }));
    const graded = await brokenBy(kind, demands({ lines: best }));
    expect(graded?.[1]).toBe(confidence > 1 ? "appraisal/confidence-too-low" : undefined);
    const old: Change = ({ registration, result }) => ({
      [`grade ${kind}`]: [
        grade.key(registration.identity),
        encode(grade.value, {
          line: result.line,
          confidence,
          measurement: result.measurement,
          platformId: result.platformId,
          advisoryIds: [],
          shownAtMs: NOW_MS - 86_400_001n,
          blockAge: 0,
          validUntilMs: result.validUntilMs,
          revision: 0,
        }),
      ],
    });
    expect(String((await brokenBy(kind, old))?.[1])).toContain("appraisal/refresh-due");
    const suspended: Change = ({ registration: { identity, boot } }) => ({
      suspended: [
        STORAGE.suspended.key(identity),
        encode(STORAGE.suspended.value, {
          reason: { type: "Evidence", value: undefined },
          boot,
          since: 3,
        }),
      ],
    });
    expect((await brokenBy(kind, suspended))?.[0]).toBe("worker/standing");
  });

  test("runs a program that the caller pinned, or is not trusted", async () => {
    const { measurement } = stateOf(kind).worker.result;
    const pinned = { roots: TEST_ROOTS, measurements: [filled(1), measurement] };
    expect((await verify(kind, undefined, pinned)).ok).toBe(true);
    const others = { roots: TEST_ROOTS, measurements: [filled(1)] };
    expect((await brokenBy(kind, undefined, others))?.[0]).toBe("worker/measurement");
  });

  test("needs no registration when its evidence is shown over what the caller expects", async () => {
    const chain = await chainOf(kind);
    const expectedReportData = new Uint8Array(64).fill(9);
    const evidence = ENVELOPES[kind](expectedReportData, NOW_MS);
    const shown = { evidence, roots: TEST_ROOTS };
    expect((await verifyShownBytes(chain, { ...shown, expectedReportData })).ok).toBe(true);
    const other = new Uint8Array(64).fill(8);
    const { broken } = await verifyShownBytes(chain, { ...shown, expectedReportData: other });
    expect(broken).toMatchObject({
      link: "evidence/genuine",
      facts: { code: "evidence/other-report-data" },
    });
  });
});

test.each([
  "IntelSgxDcap",
  "AmdSevSnp",
  "AndroidKey",
] as const)("%s: without the chain's collateral nothing is verified", async (kind) => {
  const slot = {
    IntelSgxDcap: "collateral IntelPckCrl",
    AmdSevSnp: "collateral AmdCrl",
    AndroidKey: "collateral AndroidListedAt",
  }[kind];
  expect(await brokenBy(kind, () => ({ [slot]: undefined }))).toEqual([
    "worker/evidence",
    "collateral/missing",
  ]);
});

test("an operator hears of every unmet demand at once, before a registration", async () => {
  const expectedReportData = new Uint8Array(64).fill(9);
  const shown = {
    evidence: ENVELOPES.AmdSevSnp(expectedReportData, NOW_MS),
    expectedReportData,
    roots: TEST_ROOTS,
    role: "worker",
  } as const;
  const good = await gradeShownBytes(await chainOf("AmdSevSnp"), shown);
  expect({ ok: good.ok, unmet: good.unmet }).toEqual({ ok: true, unmet: [] });
  const { policy } = ATTESTATION_STORAGE;
  const strict = VENDOR_DEMANDS.lines.map((line) => ({
    ...line,
    minSvn: 60_000,
    worstConfidence: { worker: 1, gatekeeper: 0 },
  }));
  const demands = { ...VENDOR_DEMANDS, lines: strict, signed: true };
  const chain = await chainOf("AmdSevSnp", () => ({
    policy: [policy.key, encode(policy.value, demands)],
  }));
  const { ok, unmet, broken } = await gradeShownBytes(chain, shown);
  expect({ ok, broken: broken?.link }).toEqual({ ok: false, broken: "evidence/policy" });
  const codes = unmet.map(({ code }) => code);
  expect(codes).toContain("appraisal/svn-too-low");
  expect(codes).toContain("appraisal/confidence-too-low");
  expect(codes.length).toBeGreaterThan(2);
  expect(unmet.every(({ fix }) => / /.test(fix))).toBe(true);
  const nobody = await gradeShownBytes(await chainOf("AmdSevSnp"), {
    ...shown,
    role: "gatekeeper",
  });
  expect(nobody.unmet.map(({ code }) => code)).toEqual(["appraisal/role-not-for-line"]);
});

test("an identity that the chain does not know is no worker", async () => {
  const { ok, broken } = await verifyWorker(await chainOf("AwsNitro"), filled(1));
  expect(ok).toBe(false);
  expect(broken?.link).toBe("worker/registered");
});

/** Longer than any collateral of the test. */
const LONG = { ...VENDOR_DEMANDS.roles.worker, serveMs: 1n << 40n };

test("what ended lately counts for the time of grace, and no longer", async () => {
  const kind = "IntelSgxDcap";
  const { validUntilMs } = stateOf(kind).worker.result;
  if (validUntilMs === undefined) throw new Error("Intel's collateral ends");
  const at =
    (nowMs: bigint): Change =>
    ({ registration: { identity }, result }) => ({
      now: [STORAGE.now.key, encode(STORAGE.now.value, nowMs)],
      policy: [
        ATTESTATION_STORAGE.policy.key,
        encode(ATTESTATION_STORAGE.policy.value, {
          ...VENDOR_DEMANDS,
          roles: { worker: LONG, gatekeeper: LONG },
        }),
      ],
      [`grade ${kind}`]: [
        ATTESTATION_STORAGE.grade.key(identity),
        encode(ATTESTATION_STORAGE.grade.value, {
          line: result.line,
          confidence: result.confidence,
          measurement: result.measurement,
          platformId: result.platformId,
          advisoryIds: [],
          shownAtMs: NOW_MS,
          blockAge: 0,
          validUntilMs,
          revision: 0,
        }),
      ],
    });
  const grace = VENDOR_DEMANDS.graceMs;
  expect(await brokenBy(kind, at(validUntilMs + grace))).toBeUndefined();
  expect(await brokenBy(kind, at(validUntilMs + grace + 1n))).toEqual([
    "worker/policy",
    "appraisal/expired",
  ]);
});
