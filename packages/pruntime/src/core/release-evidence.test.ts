/** Gatekeepers and workers on real hardware: raw evidence, the chain's collateral, and the floor that is compiled in. */
import {
  ATTESTATION_STORAGE,
  type Demands,
  PLATFORM_ATTRIBUTES,
  verifyCollateralItem,
  verifyWithCollateral,
} from "@pha/attestation";
import {
  amdCrlItem,
  azureTdxEnvelope,
  collateralItems,
  ENVELOPES,
  intelTextItems,
  NOW,
  platformLevel,
  type RealKind,
  snpEnvelope,
  TEST_ROOTS,
  tcbInfo,
} from "@pha/attestation/testing";
import { type CollateralItem, type CollateralSlot, STORAGE, TOPIC } from "@pha/protocol";
import { encode, equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { phaseOf } from "../testing/live-network.ts";
import type { ScriptedHost } from "../testing/scripted-host.ts";
import { createScriptedNetwork, type ScriptedNetwork } from "../testing/scripted-network.ts";

const LINES = [
  "intel-sgx",
  "intel-tdx",
  "amd-milan-vcek",
  "aws-nitro",
  "android-trustzone",
  "azure-tdx",
] as const;
const role = { maxAgeMs: 0n, serveMs: 0n, maxBlockAge: 0, named: false };
const tcb = { fmc: undefined, bootloader: 3, tee: 0, snp: 8, microcode: 115 };
/** As loose as a chain can be, but for the times, which gatekeepers leave to the chain. */
const POLICY: Demands = {
  lines: LINES.map((line) => ({
    line,
    minSvn: 0,
    worstConfidence: { worker: 5, gatekeeper: 5 },
  })),
  roles: { worker: role, gatekeeper: role },
  toleratedAttributes: PLATFORM_ATTRIBUTES,
  refusedAdvisories: [],
  signed: false,
  graceMs: 0n,
  amdLevels: [{ line: "Milan", tcb, confidence: 2 }],
};

interface Setup {
  readonly items?: readonly CollateralItem[];
  readonly policy?: Demands;
  readonly roots?: typeof TEST_ROOTS;
  readonly evidence: (reportData: Uint8Array, nowMs: bigint) => Uint8Array;
}

/** What a gatekeeper does with a worker on such a platform: the reasons for which it refused, or none. */
function refusalsOf({ items = collateralItems(), policy = POLICY, evidence, ...more }: Setup): {
  readonly reasons: readonly string[];
  readonly released: boolean;
} {
  const network = createScriptedNetwork({ workers: 1, roots: TEST_ROOTS, policy, ...more });
  const [gatekeeper, worker] = network.hosts;
  if (gatekeeper === undefined || worker === undefined) throw new Error("the network has both");
  const { chain } = network;
  for (const item of items) putItem(network, item);
  worker.intercept = (output) => {
    if (output.type !== "evidence-request") return undefined;
    const bytes = evidence(output.reportData, chain.nextTimeMs);
    allow(network, bytes, output.reportData);
    return [{ type: "evidence", evidence: bytes }];
  };
  network.blocks(15);
  const reasons = gatekeeper.logs
    .map(({ event }) => event)
    .filter((event) => event.startsWith("release/"));
  const released = sentShares(gatekeeper) > 0;
  expect(phaseOf(worker) === "serving").toBe(released);
  return { reasons: [...new Set(reasons)], released };
}

function sentShares({ recorded }: ScriptedHost): number {
  return recorded
    .flatMap(({ outputs }) => outputs)
    .filter(
      (one) =>
        one.type === "message" && equalBytes(one.message.message.destination, TOPIC.keyRelease),
    ).length;
}

function slotOf(item: CollateralItem): CollateralSlot {
  if (item.type === "AndroidListedAt") return { type: item.type, value: undefined };
  const view = () => collateralItems()[0];
  const verified = verifyCollateralItem(item, { roots: TEST_ROOTS, at: NOW, view });
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value.slot;
}

function putItem({ chain }: ScriptedNetwork, item: CollateralItem, slot = slotOf(item)): void {
  const stored = { item, issuedAtMs: NOW, validUntilMs: NOW, number: 0 };
  const { key, value } = ATTESTATION_STORAGE.collateral;
  chain.put(key(slot), encode(value, stored));
}

/** Governance lists whatever runs there: it is not the measurement that is at stake. */
function allow(
  { chain, declare }: ScriptedNetwork,
  bytes: Uint8Array,
  expectedReportData: Uint8Array,
): void {
  const items = [...collateralItems(), LISTED];
  const verified = verifyWithCollateral({
    bytes,
    roots: TEST_ROOTS,
    view: (slot) => items.find((item) => JSON.stringify(slotOf(item)) === JSON.stringify(slot)),
    lines: POLICY.lines,
    amdLevels: [],
    simulatedRoot: undefined,
    now: chain.nextTimeMs,
    expectedReportData,
  });
  if (!verified.ok) return;
  const { measurement } = verified.value;
  chain.put(STORAGE.measurement.key(measurement), encode(STORAGE.measurement.value, 0));
  declare({ type: "MeasurementAdded", value: { measurement } });
}

const LISTED: CollateralItem = { type: "AndroidListedAt", value: NOW };
const of = (kind: RealKind): Setup => ({ evidence: ENVELOPES[kind] });
const released = { reasons: [], released: true };
const refused = (reason: string) => ({ reasons: [reason], released: false });

describe("a gatekeeper gives its share to a worker on real hardware", () => {
  test.each([
    "IntelSgxDcap",
    "IntelTdxDcap",
    "AmdSevSnp",
    "AwsNitro",
    "AzureTdx",
  ] as const)("%s", (kind) => {
    expect(refusalsOf(of(kind))).toEqual(released);
  });
});

describe("and refuses", () => {
  test("when the chain has no collateral, or no line of the policy is the platform's", () => {
    expect(refusalsOf({ ...of("IntelSgxDcap"), items: [] })).toEqual(
      refused("release/evidence-refused"),
    );
    expect(refusalsOf({ ...of("AmdSevSnp"), policy: { ...POLICY, lines: [] } })).toEqual(
      refused("release/evidence-refused"),
    );
  });

  test("a platform that the chain's collateral revokes", () => {
    const items = [...collateralItems(), amdCrlItem({ revoked: [2] })];
    expect(refusalsOf({ ...of("AmdSevSnp"), items })).toEqual(refused("release/evidence-refused"));
  });

  test("collateral in the chain's state that no pinned root signed", () => {
    // A runtime that writes its own: the state is final, and proven, and worth nothing here.
    const forged = { ...TEST_ROOTS, intel: TEST_ROOTS.nitro };
    expect(refusalsOf({ ...of("IntelSgxDcap"), roots: forged })).toEqual(
      refused("release/evidence-refused"),
    );
    // The attack's success: a gatekeeper that trusts that signer releases.
    expect(refusalsOf(of("IntelSgxDcap"))).toEqual(released);
  });

  test("what the policy in force refuses, whatever the chain has registered", () => {
    const line = { line: "intel-sgx", worstConfidence: { worker: 5, gatekeeper: 5 } } as const;
    const unmet = (change: Partial<Demands>) =>
      expect(refusalsOf({ ...of("IntelSgxDcap"), policy: { ...POLICY, ...change } })).toEqual(
        refused("release/policy-not-met"),
      );
    unmet({ lines: [{ ...line, minSvn: 10_000 }] });
    unmet({ lines: [{ ...line, minSvn: 0, worstConfidence: { worker: 0, gatekeeper: 0 } }] });
  });

  test("what is below the compiled floor, however loose the policy is", () => {
    const [outOfDate] = intelTextItems("sgx", {
      tcbInfo: tcbInfo("sgx", { tcbLevels: [platformLevel(5, "OutOfDate")] }),
    });
    const items = [...collateralItems(), outOfDate];
    expect(refusalsOf({ ...of("IntelSgxDcap"), items })).toEqual(refused("release/below-floor"));
    const unranked = { ...POLICY, amdLevels: [] };
    expect(refusalsOf({ ...of("AmdSevSnp"), policy: unranked })).toEqual(
      refused("release/below-floor"),
    );
    const debug = (reportData: Uint8Array) =>
      snpEnvelope({ reportData, edit: (view) => view.setBigUint64(8, 0xb_001fn, true) });
    expect(refusalsOf({ evidence: debug })).toEqual(refused("release/below-floor"));
    // As the published reports of Azure's trust domains are, whatever attributes the policy tolerates.
    const faults = (reportData: Uint8Array) =>
      azureTdxEnvelope(reportData, { tdAttributes: [0, 0, 0, 0] });
    expect(refusalsOf({ evidence: faults })).toEqual(refused("release/below-floor"));
    const phone = { ...of("AndroidKey"), items: [...collateralItems(), LISTED] };
    expect(refusalsOf(phone)).toEqual(refused("release/below-floor"));
  });
});
