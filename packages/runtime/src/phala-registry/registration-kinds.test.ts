/** The five steps from an allow-listed program to a registered key, with evidence of every real vendor. */
import { PLATFORM_ATTRIBUTES, PRODUCT_LINES, verifyWithCollateral } from "@pha/attestation";
import {
  collateralItems,
  ENVELOPES,
  INSTANCE_ID,
  NOW,
  PLATFORM_KEY,
  type RealKind,
  TEST_ROOTS,
} from "@pha/attestation/testing";
import { registrationReportData } from "@pha/protocol";
import { describe, expect, test } from "vitest";
import { PhaAttestation, type Policy } from "../pha-attestation/index.ts";
import { DEVELOPMENT_POLICY } from "../pha-genesis.ts";
import { type PhaChain, registrationOf, startPhaChain, testBoot } from "../testing/pha-chain.ts";
import { PhalaRegistry } from "./index.ts";

const KINDS = Object.keys(ENVELOPES) as readonly RealKind[];

const LINES = PRODUCT_LINES.filter((line) => line !== "simulated").map((line) => ({
  line,
  minSvn: 0,
  worstConfidence: { worker: 5, gatekeeper: 0 },
}));
const POLICY: Policy = {
  ...DEVELOPMENT_POLICY,
  lines: LINES,
  toleratedAttributes: PLATFORM_ATTRIBUTES.filter((one) => one !== "debug"),
};

/** A chain that trusts every vendor of the tests. */
function start({ withCollateral = true } = {}) {
  const chain = startPhaChain({}, { roots: TEST_ROOTS }, NOW);
  chain.block();
  const tx = chain.runtime.tx.PhaAttestation;
  chain.sudo(tx.set_policy({ policy: POLICY }));
  const arm = {
    instanceId: INSTANCE_ID,
    implementationId: new Uint8Array(32).fill(4),
    ...PLATFORM_KEY,
  };
  if (withCollateral) {
    for (const item of collateralItems()) chain.send(tx.submit_collateral({ item }), "//Bob");
    for (const value of [
      { type: "ArmPlatformKey", value: arm },
      { type: "AndroidListedAt", value: chain.nowMs() },
    ] as const)
      expect(chain.sudo(tx.change_entry({ change: { type: "Put", value } })).error).toBeUndefined();
  }
  const storage = () => chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
  return { chain, tx, storage };
}

function callOf(chain: PhaChain, kind: RealKind, number = 1, over?: Uint8Array) {
  const boot = testBoot(number);
  const registration = registrationOf(chain, boot);
  const reportData = over ?? registrationReportData(registration);
  const evidence = ENVELOPES[kind](reportData, chain.nowMs());
  const call = chain.runtime.tx.PhalaRegistry.register_worker_v2({ registration, evidence });
  return { call, boot, registration, evidence };
}

/** What a relying party reads from the evidence: governance lists it. */
function measurementOf(chain: PhaChain, kind: RealKind): Uint8Array {
  const { evidence, registration } = callOf(chain, kind);
  const { storage } = chain.runtime.env(chain.overlay).of(PhaAttestation);
  const verified = verifyWithCollateral({
    bytes: evidence,
    roots: TEST_ROOTS,
    view: (slot) => storage.Collateral.get(slot)?.item,
    lines: LINES,
    amdLevels: [],
    simulatedRoot: undefined,
    now: NOW,
    expectedReportData: registrationReportData(registration),
  });
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value.measurement;
}

describe.each(KINDS)("%s", (kind) => {
  test("registers a worker by five steps, each of which fails alone", () => {
    const { chain, tx, storage } = start();
    const measurement = measurementOf(chain, kind);

    // 1 and 4: a program that is not on the list does not register, whatever its vendor signs.
    expect(chain.send(callOf(chain, kind).call).error).toBe("MeasurementNotAllowed");
    chain.sudo(tx.add_measurement({ measurement }));

    // 2: evidence of the same genuine machine over other keys.
    const foreign = new Uint8Array(64).fill(9);
    expect(chain.send(callOf(chain, kind, 1, foreign).call).error).toBe("OtherReportData");

    // 3: one bit of what the vendor signed, and nothing on chain to verify it with.
    const { call, boot, registration, evidence } = callOf(chain, kind);
    const changed = evidence.slice();
    const at = 200;
    changed[at] = (changed[at] ?? 0) ^ 1;
    const register = chain.runtime.tx.PhalaRegistry.register_worker_v2;
    const refused = chain.send(register({ registration, evidence: changed })).error;
    expect(["BadEvidenceSignature", "MalformedEvidence"]).toContain(refused);
    const bare = start({ withCollateral: false });
    const uncovered = kind === "AwsNitro" ? "MeasurementNotAllowed" : "NoCollateral";
    const refusal = kind === "ArmCca" ? "BadEvidenceSignature" : uncovered;
    expect(bare.chain.send(callOf(bare.chain, kind).call).error).toBe(refusal);

    // 5: the identity is registered, with what the chain learned.
    const sent = chain.send(call);
    expect(sent.error).toBeUndefined();
    const identity = boot.identity.publicKey;
    expect(storage().Boots.get(identity)?.registration.boot).toEqual(boot.boot);
    const grade = storage().Grades.get(identity);
    expect(grade).toMatchObject({ measurement, shownAtMs: chain.nowMs() });
    expect(grade?.confidence).toBeLessThanOrEqual(5);
    const worker = storage().Workers.get(identity);
    expect(worker).toMatchObject({ confidenceLevel: grade?.confidence });
    expect(worker?.attestationProvider?.type).not.toBe("Simulated");

    // A refresh of the same boot over a newer block.
    chain.block();
    const again = callOf(chain, kind);
    expect(chain.send(again.call).events.map(({ name }) => name)).toContain("WorkerUpdated");
    expect(storage().Grades.get(identity)?.shownAtMs).toBe(chain.nowMs());
  });

  test("of another's identity is refused, although it is genuine", () => {
    const { chain, tx } = start();
    chain.sudo(tx.add_measurement({ measurement: measurementOf(chain, kind) }));
    const victim = callOf(chain, kind);
    const thief = registrationOf(chain, testBoot(2));
    const stolen = chain.runtime.tx.PhalaRegistry.register_worker_v2({
      registration: thief,
      evidence: victim.evidence,
    });
    expect(chain.send(stolen).error).toBe("OtherReportData");
    // The same bytes register the one that they were made for: nothing else was wrong with them.
    expect(chain.send(victim.call).error).toBeUndefined();
  });
});

describe("registration", () => {
  test("takes no simulated evidence where the policy has no such line, and no report of IAS anywhere", () => {
    const { chain } = start();
    const { registration } = callOf(chain, "AwsNitro");
    const register = (evidence: Uint8Array) =>
      chain.send(chain.runtime.tx.PhalaRegistry.register_worker_v2({ registration, evidence }));
    for (const length of [1, 2, 4_000]) {
      expect(register(new Uint8Array(length)).error).toBe("UnknownKind");
    }
  });

  test("of a revoked platform is refused as soon as the chain knows", () => {
    const { chain, tx } = start();
    chain.sudo(tx.add_measurement({ measurement: measurementOf(chain, "AndroidKey") }));
    const value = { serial: Uint8Array.of(0x50, 0x14), status: "REVOKED" } as const;
    const change = { type: "Put", value: { type: "AndroidStatus", value } } as const;
    chain.sudo(tx.change_entry({ change }));
    expect(chain.send(callOf(chain, "AndroidKey").call).error).toBe("BadEvidenceSignature");
  });

  test("of platforms whose collateral has ended waits for newer", () => {
    const { chain, tx } = start();
    chain.sudo(tx.add_measurement({ measurement: measurementOf(chain, "IntelSgxDcap") }));
    chain.skip(6n * 86_400_000n);
    chain.block();
    expect(chain.send(callOf(chain, "IntelSgxDcap").call).error).toBe("CollateralExpired");
  });

  test("verifies so much of a kind in a block and no more; another kind has its own share", () => {
    const { chain, tx, storage } = start();
    for (const kind of ["IntelSgxDcap", "AwsNitro"] as const)
      chain.sudo(tx.add_measurement({ measurement: measurementOf(chain, kind) }));
    const calls = Array.from({ length: 12 }, (_, i) => callOf(chain, "IntelSgxDcap", 1 + i).call);
    const other = callOf(chain, "AwsNitro", 90);
    const errors = chain.sendAll([...calls, other.call]).map(({ error }) => error);
    const taken = errors.filter((error) => error === undefined).length - 1;
    expect(taken).toBeGreaterThanOrEqual(1);
    expect(taken).toBeLessThan(12);
    expect(errors.slice(taken, 12)).toEqual(Array(12 - taken).fill("TooManyVerifications"));
    expect(storage().Boots.get(other.boot.identity.publicKey)).toBeDefined();
    // The next block takes the next ones.
    expect(chain.send(callOf(chain, "IntelSgxDcap", 50).call).error).toBeUndefined();
  });

  test("weighs what its kind's evidence takes, a tenth of a block at most", () => {
    const { chain } = start();
    const env = chain.runtime.env(chain.overlay);
    for (const kind of KINDS) {
      const { weight } = env.infoOf(callOf(chain, kind).call);
      expect(weight.refTime).toBeLessThanOrEqual(40_000_000_000n);
      expect(weight.refTime).toBeGreaterThan(1_000_000_000n);
    }
  });
});
