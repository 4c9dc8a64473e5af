/** The five steps from an allow-listed program to a registered key, with evidence of every real vendor. */
import { ENVELOPES, type RealKind } from "@pha/attestation/testing";
import { describe, expect, test } from "vitest";
import { registrationOf, testBoot } from "../testing/pha-chain.ts";
import { startVendorChain, vendorCall, vendorMeasurement } from "../testing/vendor-chain.node.ts";
import { workers } from "./index.ts";

const KINDS = Object.keys(ENVELOPES) as readonly RealKind[];

describe.each(KINDS)("%s", (kind) => {
  test("registers a worker by five steps, each of which fails alone", () => {
    const { chain, tx, storage } = startVendorChain();
    const measurement = vendorMeasurement(chain, kind);

    // 1 and 4: a program that is not on the list does not register, whatever its vendor signs.
    expect(chain.send(vendorCall(chain, kind).call).error).toBe("MeasurementNotAllowed");
    chain.sudo(tx.add_measurement({ measurement }));

    // 2: evidence of the same genuine machine over other keys.
    const foreign = new Uint8Array(64).fill(9);
    expect(
      chain.send(vendorCall(chain, kind, 1, (_, nowMs) => ENVELOPES[kind](foreign, nowMs)).call)
        .error,
    ).toBe("OtherReportData");

    // 3: one bit of what the vendor signed, and nothing on chain to verify it with.
    const { call, boot, registration, evidence } = vendorCall(chain, kind);
    const changed = evidence.slice();
    const at = 200;
    changed[at] = (changed[at] ?? 0) ^ 1;
    const register = chain.runtime.tx.PhalaRegistry.register_worker_v2;
    const refused = chain.send(register({ registration, evidence: changed })).error;
    expect(["BadEvidenceSignature", "MalformedEvidence"]).toContain(refused);
    const bare = startVendorChain({ withCollateral: false });
    const uncovered = kind === "AwsNitro" ? "MeasurementNotAllowed" : "NoCollateral";
    const refusal = kind === "ArmCca" ? "BadEvidenceSignature" : uncovered;
    expect(bare.chain.send(vendorCall(bare.chain, kind).call).error).toBe(refusal);

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
    const again = vendorCall(chain, kind);
    expect(chain.send(again.call).events.map(({ name }) => name)).toContain("WorkerUpdated");
    expect(storage().Grades.get(identity)?.shownAtMs).toBe(chain.nowMs());
  });

  test("of another's identity is refused, although it is genuine", () => {
    const { chain, tx } = startVendorChain();
    chain.sudo(tx.add_measurement({ measurement: vendorMeasurement(chain, kind) }));
    const victim = vendorCall(chain, kind);
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

test("machines of Azure count as their hardware's maker's: who breaks its keys forges both", () => {
  const { chain, tx, storage } = startVendorChain();
  const kinds = ["AmdSevSnp", "AzureVtpm", "IntelSgxDcap", "AzureTdx"] as const;
  const told = kinds.map((kind, i) => {
    chain.sudo(tx.add_measurement({ measurement: vendorMeasurement(chain, kind) }));
    const { call, boot } = vendorCall(chain, kind, 1 + i);
    expect(chain.send(call).error).toBeUndefined();
    const ctx = { env: chain.runtime.env(chain.overlay) };
    const identity = boot.identity.publicKey;
    const provider = storage().Workers.get(identity)?.attestationProvider?.type;
    return [workers.vendorOf(ctx, identity), provider];
  });
  // The test's machines of Azure stand on the same chips, which moved to them.
  expect(told).toEqual([
    ["amd", "SevSnp"],
    ["amd", "AzureVtpm"],
    ["intel", "Dcap"],
    ["intel", "AzureTdx"],
  ]);
});

describe("registration", () => {
  test("takes no simulated evidence where the policy has no such line, and no report of IAS anywhere", () => {
    const { chain } = startVendorChain();
    const { registration } = vendorCall(chain, "AwsNitro");
    const register = (evidence: Uint8Array) =>
      chain.send(chain.runtime.tx.PhalaRegistry.register_worker_v2({ registration, evidence }));
    for (const length of [1, 2, 4_000]) {
      expect(register(new Uint8Array(length)).error).toBe("UnknownKind");
    }
  });

  test("of a revoked platform is refused as soon as the chain knows", () => {
    const { chain, tx } = startVendorChain();
    chain.sudo(tx.add_measurement({ measurement: vendorMeasurement(chain, "AndroidKey") }));
    const value = { serial: Uint8Array.of(0x50, 0x14), status: "REVOKED" } as const;
    const change = { type: "Put", value: { type: "AndroidStatus", value } } as const;
    chain.sudo(tx.change_entry({ change }));
    expect(chain.send(vendorCall(chain, "AndroidKey").call).error).toBe("BadEvidenceSignature");
  });

  test("of platforms whose collateral has ended waits for newer", () => {
    const { chain, tx } = startVendorChain();
    chain.sudo(tx.add_measurement({ measurement: vendorMeasurement(chain, "IntelSgxDcap") }));
    chain.skip(6n * 86_400_000n);
    chain.block();
    expect(chain.send(vendorCall(chain, "IntelSgxDcap").call).error).toBe("CollateralExpired");
  });

  test("verifies so much of a kind in a block and no more; another kind has its own share", () => {
    const { chain, tx, storage } = startVendorChain();
    for (const kind of ["IntelSgxDcap", "AwsNitro"] as const)
      chain.sudo(tx.add_measurement({ measurement: vendorMeasurement(chain, kind) }));
    const calls = Array.from(
      { length: 12 },
      (_, i) => vendorCall(chain, "IntelSgxDcap", 1 + i).call,
    );
    const other = vendorCall(chain, "AwsNitro", 90);
    const errors = chain.sendAll([...calls, other.call]).map(({ error }) => error);
    const taken = errors.filter((error) => error === undefined).length - 1;
    expect(taken).toBeGreaterThanOrEqual(1);
    expect(taken).toBeLessThan(12);
    expect(errors.slice(taken, 12)).toEqual(Array(12 - taken).fill("TooManyVerifications"));
    expect(storage().Boots.get(other.boot.identity.publicKey)).toBeDefined();
    // The next block takes the next ones.
    expect(chain.send(vendorCall(chain, "IntelSgxDcap", 50).call).error).toBeUndefined();
  });

  test("weighs what its kind's evidence takes, a tenth of a block at most", () => {
    const { chain } = startVendorChain();
    const env = chain.runtime.env(chain.overlay);
    for (const kind of KINDS) {
      const { weight } = env.infoOf(vendorCall(chain, kind).call);
      expect(weight.refTime).toBeLessThanOrEqual(40_000_000_000n);
      expect(weight.refTime).toBeGreaterThan(1_000_000_000n);
    }
  });
});
