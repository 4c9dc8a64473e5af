import {
  DAY,
  intelTextItems,
  isoTime,
  NOW,
  pckCrlItem,
  platformLevel,
  qeIdentity,
  snpEnvelope,
  tcbInfo,
} from "@pha/attestation/testing";
import type { CollateralItem } from "@pha/protocol";
import { describe, expect, test } from "vitest";
import { heartbeatCall, registerCall, testBoot } from "../testing/pha-chain.ts";
import {
  startVendorChain,
  VENDOR_POLICY,
  vendorCall,
  vendorMeasurement,
} from "../testing/vendor-chain.node.ts";
import { PhalaRegistry } from "./index.ts";
import { suspend } from "./suspension.ts";

/** A worker on a processor of Intel, graded 2. */
function start() {
  const parts = startVendorChain();
  const { chain, tx } = parts;
  const measurement = vendorMeasurement(chain, "IntelSgxDcap");
  chain.sudo(tx.add_measurement({ measurement }));
  const { call, boot } = vendorCall(chain, "IntelSgxDcap");
  expect(chain.send(call).error).toBeUndefined();
  const identity = boot.identity.publicKey;
  const submit = (item: CollateralItem) =>
    expect(chain.send(tx.submit_collateral({ item }), "//Bob").error).toBeUndefined();
  const grade = () => parts.storage().Grades.get(identity);
  const suspension = () => parts.storage().Suspended.get(identity)?.reason.type;
  return { ...parts, measurement, boot, identity, submit, grade, suspension };
}

/** Newer texts of Intel's. */
function texts(levels: object[], days = 4n): readonly CollateralItem[] {
  const issue = {
    issueDate: isoTime(NOW - days * DAY),
    nextUpdate: isoTime(NOW + (30n - days) * DAY),
    tcbEvaluationDataNumber: 17,
  };
  return intelTextItems("sgx", {
    tcbInfo: tcbInfo("sgx", { ...issue, ...(levels.length > 0 && { tcbLevels: levels }) }),
    qeIdentity: qeIdentity("sgx", issue),
  });
}

const longLived: readonly CollateralItem[] = [
  ...texts([]),
  pckCrlItem({ thisUpdate: NOW - 9n * DAY, nextUpdate: NOW + 26n * DAY }),
];

const outOfDate = [platformLevel(10, "OutOfDate", ["INTEL-SA-00828"])];
const only = (line: "intel-sgx", worker: number) => ({
  policy: {
    ...VENDOR_POLICY,
    lines: [{ line, minSvn: 0, worstConfidence: { worker, gatekeeper: 0 } }],
  },
});

describe("a worker is looked at again", () => {
  test("when Intel says that its platform is out of date: its grade falls, with the reason", () => {
    const { chain, submit, grade, suspension, identity, storage } = start();
    expect(grade()).toMatchObject({ confidence: 2, advisoryIds: ["INTEL-SA-00615"] });
    const [tcb] = texts(outOfDate);
    if (tcb) submit(tcb);
    chain.block();
    expect(chain.events("WorkerRegraded")[0]?.fields).toMatchObject({
      pubkey: identity,
      before: 2,
      grade: { confidence: 5, advisoryIds: ["INTEL-SA-00828"] },
    });
    expect(grade()?.confidence).toBe(5);
    expect(storage().Workers.get(identity)?.confidenceLevel).toBe(5);
    expect(suspension()).toBeUndefined();
  });

  test("and suspended when the policy asks for more than is left", () => {
    const { chain, tx, submit, suspension, identity, boot } = start();
    chain.sudo(tx.set_policy(only("intel-sgx", 4)));
    chain.block();
    expect(suspension()).toBeUndefined();
    const [tcb] = texts(outOfDate);
    if (tcb) submit(tcb);
    chain.block();
    expect(chain.events("GradeLost")[0]?.fields).toEqual({
      pubkey: identity,
      loss: { type: "Unmet", value: "confidence-too-low" },
    });
    expect(suspension()).toBe("Evidence");
    expect(chain.send(heartbeatCall(chain, boot)).error).toBe("Suspended");
  });

  test.each([
    ["its program leaves the list", "measurement-not-allowed"],
    ["its line is switched off", "role-not-for-line"],
  ])("when %s", (what, reason) => {
    const { chain, tx, suspension, measurement } = start();
    if (reason === "measurement-not-allowed") chain.sudo(tx.remove_measurement({ measurement }));
    else chain.sudo(tx.set_policy(only("intel-sgx", 0)));
    chain.block();
    const [lost] = chain.events("GradeLost");
    expect(lost?.fields["loss"], what).toEqual({ type: "Unmet", value: reason });
    expect(suspension()).toBe("Evidence");
  });

  test("when its platform is revoked, whatever else holds", () => {
    const { chain, submit, suspension } = start();
    submit(pckCrlItem({ thisUpdate: NOW - 9n * DAY, revoked: [4] }));
    chain.block();
    expect(chain.events("GradeLost")[0]?.fields["loss"]).toEqual({
      type: "NotVerified",
      value: "attestation/certificate-revoked",
    });
    expect(suspension()).toBe("Evidence");
  });

  test("when its evidence is to be refreshed: fresh evidence lifts the suspension", () => {
    const { chain, tx, storage, suspension, submit } = start();
    for (const item of longLived) submit(item);
    const role = { ...VENDOR_POLICY.roles.worker, serveMs: 3_600_000n };
    const roles = { worker: role, gatekeeper: role };
    chain.sudo(tx.set_policy({ policy: { ...VENDOR_POLICY, roles } }));
    chain.block();
    chain.skip(3_500_000n);
    chain.block();
    chain.block();
    expect(suspension()).toBeUndefined();
    chain.skip(100_000n);
    chain.block();
    chain.block();
    expect(chain.events("GradeLost")[0]?.fields["loss"]).toEqual({
      type: "Unmet",
      value: "refresh-due",
    });
    expect(suspension()).toBe("Evidence");
    const sent = chain.send(vendorCall(chain, "IntelSgxDcap").call);
    expect(sent.events.map(({ name }) => name)).toContain("SuspensionLifted");
    expect(suspension()).toBeUndefined();
    expect(storage().Sweep.get().nextMs).toBeGreaterThan(chain.nowMs());
  });

  test("when collateral ends: it counts for the time of grace, and newer takes its place", () => {
    const { chain, tx, suspension, grade, submit } = start();
    chain.sudo(tx.set_policy({ policy: { ...VENDOR_POLICY, graceMs: DAY } }));
    const end = grade()?.validUntilMs ?? 0n;
    expect(end).toBe(NOW + 5n * DAY);
    const skipTo = (ms: bigint) => {
      chain.skip(ms - chain.nowMs());
      chain.block();
      chain.block();
    };
    skipTo(end + DAY - 60_000n);
    expect(suspension()).toBeUndefined();
    // A change makes the chain look at it within the grace: it stands as it stood at the end.
    chain.sudo(tx.deny_platform({ platformId: new Uint8Array(32) }));
    chain.block();
    expect(suspension()).toBeUndefined();
    expect(grade()?.validUntilMs).toBe(end);
    for (const item of longLived) submit(item);
    chain.block();
    // The revocation list of Intel's root ends first now.
    expect(grade()?.validUntilMs).toBe(NOW + 10n * DAY);
    skipTo(NOW + 11n * DAY + 1_000n);
    expect(chain.events("GradeLost")[0]?.fields["loss"]).toEqual({
      type: "Unmet",
      value: "expired",
    });
    expect(suspension()).toBe("Evidence");
  });
});

describe("what else suspended a worker", () => {
  test("is not forgotten by the look, nor lifted by fresh evidence", () => {
    const { chain, tx, storage, identity, suspension } = start();
    suspend(chain.runtime.env(chain.overlay).of(PhalaRegistry), identity, "Equivocation");
    chain.sudo(tx.set_policy(only("intel-sgx", 0)));
    chain.block();
    expect(suspension()).toBe("Equivocation");
    chain.sudo(tx.set_policy({ policy: VENDOR_POLICY }));
    expect(chain.send(vendorCall(chain, "IntelSgxDcap").call).error).toBe("Suspended");
    // Lifted by root, it is looked at in the next block.
    chain.sudo(tx.set_policy(only("intel-sgx", 0)));
    chain.block();
    const lift = chain.runtime.tx.PhalaRegistry.lift_suspension({ identity });
    expect(chain.sudo(lift).error).toBeUndefined();
    chain.block();
    expect(suspension()).toBe("Evidence");
    expect(storage().Roster.get(0)).toEqual(identity);
  });
});

describe("a pass", () => {
  test("takes so many blocks as its verifications need, and ends", () => {
    const { chain, tx, storage } = startVendorChain();
    const measurement = vendorMeasurement(chain, "AmdSevSnp");
    chain.sudo(tx.add_measurement({ measurement }));
    const workers = 13;
    for (let i = 1; i <= workers; i++) {
      const hardwareId = new Uint8Array(64).fill(i);
      const { call } = vendorCall(chain, "AmdSevSnp", i, (reportData) =>
        snpEnvelope({ reportData, hardwareId }),
      );
      expect(chain.send(call).error).toBeUndefined();
    }
    chain.sudo(tx.remove_measurement({ measurement }));
    const lost: number[] = [];
    while (storage().Sweep.get().at !== 0 || lost.length === 0) {
      chain.block();
      lost.push(chain.events("GradeLost").length);
    }
    expect(lost).toEqual([4, 4, 4, 1]);
    expect(storage().RosterSize.get()).toBe(workers);
    const rested = storage().Sweep.get();
    chain.block();
    expect(storage().Sweep.get()).toEqual(rested);
    expect(chain.events("GradeLost")).toEqual([]);
  });

  test("looks at workers that register while it goes on, and costs no writes between passes", () => {
    const { chain, tx, storage } = startVendorChain();
    chain.sudo(tx.add_measurement({ measurement: vendorMeasurement(chain, "AwsNitro") }));
    chain.send(vendorCall(chain, "AwsNitro").call);
    // A document of Nitro holds for hours: the next pass is known.
    const { nextMs } = storage().Sweep.get();
    expect(nextMs).toBe(NOW + 7_200_000n + 1n);
    for (let i = 0; i < 3; i++) chain.block();
    expect(storage().Sweep.get().nextMs).toBe(nextMs);
  });

  test("leaves simulated workers of a development chain alone", () => {
    const { chain, tx, storage } = startVendorChain();
    const worst = { worker: 128, gatekeeper: 128 };
    const lines = [{ line: "simulated", minSvn: 1, worstConfidence: worst } as const];
    chain.sudo(tx.set_policy({ policy: { ...VENDOR_POLICY, lines } }));
    expect(chain.send(registerCall(chain, testBoot(3))).error).toBeUndefined();
    chain.sudo(tx.deny_platform({ platformId: new Uint8Array(32) }));
    chain.block();
    expect(storage().Suspended.get(testBoot(3).identity.publicKey)).toBeUndefined();
    expect(storage().Sweep.get().nextMs).toBeGreaterThan(NOW + 10_000n * DAY);
  });
});
