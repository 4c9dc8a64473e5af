import { deriveSimulatedRoot } from "@pha/attestation";
import { describe, expect, test } from "vitest";
import { PUBLIC } from "../parameters.ts";
import { developmentPreset } from "../presets.ts";
import { createPublicRuntime } from "../runtime.ts";
import { MEASUREMENT, registerCall, startPhaChain, testBoot } from "../testing/pha-chain.ts";
import { startTestChain } from "../testing/test-chain.ts";
import { PhaAttestation } from "./index.ts";

function start() {
  const chain = startPhaChain();
  chain.block();
  return { chain, tx: chain.runtime.tx.PhaAttestation };
}
const OTHER = new Uint8Array(32).fill(77);

describe("evidence", () => {
  test.each([
    ["of another program", { measurement: OTHER }, "MeasurementNotAllowed"],
    ["of a debug platform", { debug: true }, "DebugPlatform"],
    ["signed by another chain's root", { rootSeed: OTHER }, "BadEvidenceSignature"],
    ["dated after the chain's time", { issuedAtMs: 2_000_000n }, "EvidenceFromTheFuture"],
  ])("%s is refused", (_, change, error) => {
    const { chain } = start();
    expect(chain.send(registerCall(chain, testBoot(1), {}, change)).error).toBe(error);
  });

  test("older than the policy allows is refused", () => {
    const { chain, tx } = start();
    const policy = { minSvn: 1, maxAgeMs: 500n, worstWorker: 128, worstGatekeeper: 128 };
    expect(chain.sudo(tx.set_policy({ policy })).error).toBeUndefined();
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBe("OldEvidence");
  });

  test("of an old platform or a low grade is refused", () => {
    const { chain, tx } = start();
    const policy = { minSvn: 2, maxAgeMs: 10n ** 9n, worstWorker: 128, worstGatekeeper: 5 };
    chain.sudo(tx.set_policy({ policy }));
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBe("OldPlatform");
    chain.sudo(tx.set_policy({ policy: { ...policy, minSvn: 1 } }));
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBeUndefined();
    expect(chain.send(registerCall(chain, testBoot(0, "Gatekeeper"))).error).toBe("LowConfidence");
  });

  test("that is none, or no vendor's, is refused", () => {
    const { chain } = start();
    const call = registerCall(chain, testBoot(1));
    const { registration } = call.args as { registration: unknown };
    const withEvidence = (evidence: Uint8Array) => ({ ...call, args: { registration, evidence } });
    expect(chain.send(withEvidence(new Uint8Array())).error).toBe("UnknownKind");
    expect(chain.send(withEvidence(Uint8Array.of(1, 2, 3))).error).toBe("UnknownKind");
    expect(chain.send(withEvidence(Uint8Array.of(255, 2, 3))).error).toBe("MalformedEvidence");
  });
});

describe("the policy", () => {
  test("is changed by root alone", () => {
    const { chain, tx } = start();
    for (const call of [
      tx.add_measurement({ measurement: OTHER }),
      tx.remove_measurement({ measurement: MEASUREMENT }),
      tx.deny_platform({ platformId: OTHER }),
      tx.readmit_platform({ platformId: OTHER }),
    ])
      expect(chain.send(call, "//Bob").error).toBe("BadOrigin");
  });

  test("allows a program that was added and no longer one that was removed", () => {
    const { chain, tx } = start();
    chain.sudo(tx.add_measurement({ measurement: OTHER }));
    chain.sudo(tx.remove_measurement({ measurement: MEASUREMENT }));
    const other = registerCall(chain, testBoot(1), {}, { measurement: OTHER });
    expect(chain.send(other).error).toBeUndefined();
    expect(chain.send(registerCall(chain, testBoot(2))).error).toBe("MeasurementNotAllowed");
    const again = tx.remove_measurement({ measurement: MEASUREMENT });
    expect(chain.sudo(again).error).toBe("UnknownMeasurement");
  });

  test("denies a platform at once and readmits it", () => {
    const { chain, tx } = start();
    const { platformId } = testBoot(1);
    chain.sudo(tx.deny_platform({ platformId }));
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBe("DeniedPlatform");
    chain.sudo(tx.readmit_platform({ platformId }));
    expect(chain.sudo(tx.readmit_platform({ platformId })).error).toBe("UnknownPlatform");
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBeUndefined();
  });

  test("lets what loosens it count only after the delay of a public chain", () => {
    const runtime = createPublicRuntime(PUBLIC);
    const { constants } = runtime.env(startTestChain().overlay).of(PhaAttestation);
    expect(constants.LooseningDelay * 3).toBe(7 * 24 * 3600);
  });
});

describe("simulated evidence", () => {
  test("does not exist on a chain whose genesis has no root", () => {
    const chain = startPhaChain();
    const bare = startTestChain(developmentPreset());
    bare.block();
    const without = { ...chain, ...bare };
    const sent = bare.block([bare.sign("//Operator", registerCall(without, testBoot(1)))]);
    expect(sent.outcomes[0]).toMatchObject({ ok: true, value: { error: { type: "Module" } } });
    const error = sent.outcomes[0]?.ok ? sent.outcomes[0].value.error : undefined;
    expect(error && chain.errorName(error)).toBe("UnknownKind");
  });

  test("gets no root by any call, whatever it carries", () => {
    const { chain } = start();
    const calls = Object.keys(chain.runtime.tx.PhaAttestation);
    expect(calls).toEqual([
      "add_measurement",
      "remove_measurement",
      "deny_platform",
      "readmit_platform",
      "set_policy",
    ]);
    expect(chain.runtime.env(chain.overlay).of(PhaAttestation).storage.SimulatedRoot.get()).toEqual(
      deriveSimulatedRoot(new Uint8Array(32).fill(9)),
    );
  });
});
