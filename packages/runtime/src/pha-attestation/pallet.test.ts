import { type Demands, DemandsCodec, deriveSimulatedRoot } from "@pha/attestation";
import { AdmissionEvent, TOPIC } from "@pha/protocol";
import { decode, encode, equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT, PUBLIC } from "../parameters.ts";
import { DEVELOPMENT_POLICY } from "../pha-genesis.ts";
import { DEVELOPMENT_PHA } from "../pha-pallets.ts";
import { developmentPreset } from "../presets.ts";
import { createPublicRuntime } from "../runtime.ts";
import {
  DEVNET,
  MEASUREMENT,
  type PhaChain,
  phaChainOf,
  registerCall,
  startPhaChain,
  testBoot,
} from "../testing/pha-chain.ts";
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
    const role = { ...DEVELOPMENT_POLICY.roles.worker, maxAgeMs: 500n };
    const policy = { ...DEVELOPMENT_POLICY, roles: { worker: role, gatekeeper: role } };
    expect(chain.sudo(tx.set_policy({ policy })).error).toBeUndefined();
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBe("OldEvidence");
  });

  test("of an old platform, for a role that it may not have, or of a line that is off is refused", () => {
    const { chain, tx } = start();
    const line = (minSvn: number, worker: number, gatekeeper: number) => ({
      policy: {
        ...DEVELOPMENT_POLICY,
        lines: [{ line: "simulated", minSvn, worstConfidence: { worker, gatekeeper } } as const],
      },
    });
    chain.sudo(tx.set_policy(line(2, 128, 128)));
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBe("OldPlatform");
    chain.sudo(tx.set_policy(line(1, 128, 0)));
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBeUndefined();
    expect(chain.send(registerCall(chain, testBoot(0, "Gatekeeper"))).error).toBe("RoleNotForLine");
    chain.sudo(tx.set_policy({ policy: { ...DEVELOPMENT_POLICY, lines: [] } }));
    expect(chain.send(registerCall(chain, testBoot(2))).error).toBe("LineSwitchedOff");
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

describe("gatekeepers are told", () => {
  const platformId = new Uint8Array(32).fill(5);
  const told = (chain: PhaChain) =>
    chain.messages().flatMap(({ sender, destination, payload }) => {
      if (sender.type !== "Pallet" || !equalBytes(destination, TOPIC.admission)) return [];
      const event = decode(AdmissionEvent, payload);
      if (!event.ok) throw new Error("malformed");
      return [event.value];
    });

  test("of every change in the block that declares it, also of what counts later", () => {
    const chain = startPhaChain({}, { looseningDelay: 5 });
    chain.block();
    const tx = chain.runtime.tx.PhaAttestation;
    const policyOf = (minSvn: number) => ({
      ...DEVELOPMENT_POLICY,
      lines: [
        { line: "simulated", minSvn, worstConfidence: { worker: 128, gatekeeper: 128 } } as const,
      ],
    });
    const declared = (policy: Demands): AdmissionEvent => ({
      type: "PolicyDeclared",
      value: { policy: encode(DemandsCodec, policy) },
    });
    chain.sudo(tx.add_measurement({ measurement: OTHER }));
    expect(told(chain)).toEqual([{ type: "MeasurementAdded", value: { measurement: OTHER } }]);
    chain.sudo(tx.remove_measurement({ measurement: OTHER }));
    expect(told(chain)).toEqual([{ type: "MeasurementRemoved", value: { measurement: OTHER } }]);
    for (const minSvn of [2, 1]) {
      chain.sudo(tx.set_policy({ policy: policyOf(minSvn) }));
      expect(told(chain)).toEqual([declared(policyOf(minSvn))]);
    }
    chain.sudo(tx.deny_platform({ platformId }));
    expect(told(chain)).toEqual([{ type: "PlatformDenied", value: { platformId } }]);
    chain.sudo(tx.readmit_platform({ platformId }));
    expect(told(chain)).toEqual([{ type: "ReadmissionAnnounced", value: { platformId } }]);
    for (let i = 0; i < 5; i++) chain.block();
    // Done now; it was declared before.
    chain.sudo(tx.readmit_platform({ platformId }));
    expect(told(chain)).toEqual([]);
  });

  test("of nothing that is refused", () => {
    const { chain, tx } = start();
    expect(chain.sudo(tx.add_measurement({ measurement: MEASUREMENT })).error).toBe(
      "KnownMeasurement",
    );
    expect(told(chain)).toEqual([]);
    expect(chain.sudo(tx.remove_measurement({ measurement: OTHER })).error).toBe(
      "UnknownMeasurement",
    );
    expect(told(chain)).toEqual([]);
    const lines = [DEVELOPMENT_POLICY.lines[0], DEVELOPMENT_POLICY.lines[0]].filter(
      (line) => line !== undefined,
    );
    const bad = { policy: { ...DEVELOPMENT_POLICY, lines } };
    expect(chain.sudo(tx.set_policy(bad)).error).toBe("BadPolicy");
    expect(told(chain)).toEqual([]);
  });

  test("and begin with what genesis says, delay included", () => {
    const chain = startPhaChain({}, { looseningDelay: 7 });
    const rules = chain.runtime.env(chain.overlay).of(PhaAttestation).storage.ReleaseRules.get();
    expect(rules).toEqual({
      looseningDelay: 7,
      measurements: [MEASUREMENT],
      policy: encode(DemandsCodec, DEVELOPMENT_POLICY),
    });
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
      tx.set_policy({ policy: DEVELOPMENT_POLICY }),
      tx.add_signer({ signer: OTHER, minProgramSvn: 1 }),
      tx.remove_signer({ signer: OTHER }),
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

  test("asks for a signer where it says so; simulated programs have none", () => {
    const { chain, tx } = start();
    const signers = () => chain.runtime.env(chain.overlay).of(PhaAttestation).storage.Signers;
    expect(chain.sudo(tx.remove_signer({ signer: OTHER })).error).toBe("UnknownSigner");
    chain.sudo(tx.add_signer({ signer: OTHER, minProgramSvn: 3 }));
    expect(signers().get(OTHER)).toEqual({ minProgramSvn: 3, since: chain.number() });
    chain.sudo(tx.set_policy({ policy: { ...DEVELOPMENT_POLICY, signed: true } }));
    expect(chain.send(registerCall(chain, testBoot(1))).error).toBe("UnsignedProgram");
    chain.sudo(tx.remove_signer({ signer: OTHER }));
    expect(signers().get(OTHER)).toBeUndefined();
  });

  test("that contradicts itself is refused", () => {
    const { chain, tx } = start();
    const [line] = DEVELOPMENT_POLICY.lines;
    if (line === undefined) throw new Error("the policy has a line");
    const policy = { ...DEVELOPMENT_POLICY, lines: [line, line] };
    expect(chain.sudo(tx.set_policy({ policy })).error).toBe("BadPolicy");
  });

  test("names no simulated platforms on a chain without a development root", () => {
    const bare = startTestChain(developmentPreset());
    bare.block();
    const { sudo } = phaChainOf(bare);
    const { set_policy } = bare.runtime.tx.PhaAttestation;
    expect(sudo(set_policy({ policy: DEVELOPMENT_POLICY })).error).toBe("BadPolicy");
    expect(
      sudo(set_policy({ policy: { ...DEVELOPMENT_POLICY, lines: [] } })).error,
    ).toBeUndefined();
  });

  test("lets what loosens it count only after the delay of a public chain", () => {
    const runtime = createPublicRuntime(PUBLIC);
    const { constants } = runtime.env(startTestChain().overlay).of(PhaAttestation);
    expect(constants.LooseningDelay * 3).toBe(7 * 24 * 3600);
  });
});

describe("with a delay", () => {
  /** A development chain on which what loosens counts after five blocks. */
  function startDelayed() {
    const preset = developmentPreset({
      devnet: DEVNET,
      parameters: { ...DEVELOPMENT, pha: { ...DEVELOPMENT_PHA, looseningDelay: 5 } },
    });
    const chain = phaChainOf(startTestChain(preset));
    chain.block();
    const storage = () => chain.runtime.env(chain.overlay).of(PhaAttestation).storage;
    return { chain, tx: chain.runtime.tx.PhaAttestation, storage };
  }
  const role = { ...DEVELOPMENT_POLICY.roles.worker, maxAgeMs: 500n };
  const tight = { ...DEVELOPMENT_POLICY, roles: { worker: role, gatekeeper: role } };
  const names = (events: readonly { readonly name: string }[]) => events.map(({ name }) => name);

  test("a tighter policy counts at once, a looser one five blocks later", () => {
    const { chain, tx, storage } = startDelayed();
    expect(names(chain.sudo(tx.set_policy({ policy: tight })).events)).toContain("PolicySet");
    expect(storage().Policy.get()).toEqual(tight);
    const sent = chain.sudo(tx.set_policy({ policy: DEVELOPMENT_POLICY }));
    expect(names(sent.events)).toContain("PolicyAnnounced");
    const since = chain.number() + 5;
    while (chain.number() < since - 1) {
      chain.block();
      expect(storage().Policy.get()).toEqual(tight);
    }
    chain.block();
    expect(storage().Policy.get()).toEqual(DEVELOPMENT_POLICY);
    expect(chain.events("PolicySet")).toHaveLength(1);
    expect(storage().PendingPolicy.get()).toBeUndefined();
  });

  test("tightening withdraws what was announced", () => {
    const { chain, tx, storage } = startDelayed();
    chain.sudo(tx.set_policy({ policy: tight }));
    chain.sudo(tx.set_policy({ policy: DEVELOPMENT_POLICY }));
    chain.sudo(tx.set_policy({ policy: { ...tight, lines: [] } }));
    for (let i = 0; i < 6; i++) chain.block();
    expect(storage().Policy.get()).toEqual({ ...tight, lines: [] });
  });

  test("a platform is readmitted by a second call; denying it again withdraws the first", () => {
    const { chain, tx, storage } = startDelayed();
    chain.sudo(tx.deny_platform({ platformId: OTHER }));
    const readmit = () => chain.sudo(tx.readmit_platform({ platformId: OTHER }));
    expect(names(readmit().events)).toContain("ReadmissionAnnounced");
    expect(readmit().error).toBe("TooEarly");
    chain.sudo(tx.deny_platform({ platformId: OTHER }));
    expect(storage().Readmissions.get(OTHER)).toBeUndefined();
    readmit();
    for (let i = 0; i < 5; i++) chain.block();
    expect(storage().DeniedPlatforms.has(OTHER)).toBe(true);
    expect(names(readmit().events)).toContain("PlatformReadmitted");
    expect(storage().DeniedPlatforms.has(OTHER)).toBe(false);
  });

  test("a signer's floor rises at once, and falls and begins later", () => {
    const { chain, tx, storage } = startDelayed();
    const add = (minProgramSvn: number) => {
      chain.sudo(tx.add_signer({ signer: OTHER, minProgramSvn }));
      return storage().Signers.get(OTHER);
    };
    const first = add(3);
    expect(first?.since).toBe(chain.number() + 5);
    expect(add(4)).toEqual({ minProgramSvn: 4, since: first?.since });
    expect(add(3)).toEqual({ minProgramSvn: 3, since: chain.number() + 5 });
  });

  test("a measurement counts later, and no longer when removed", () => {
    const { chain, tx } = startDelayed();
    chain.sudo(tx.add_measurement({ measurement: OTHER }));
    const register = () =>
      chain.send(registerCall(chain, testBoot(1), {}, { measurement: OTHER })).error;
    expect(register()).toBe("MeasurementNotAllowed");
    for (let i = 0; i < 5; i++) chain.block();
    expect(register()).toBeUndefined();
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
      "add_signer",
      "remove_signer",
      "submit_collateral",
      "drop_collateral",
      "change_entry",
      "endorse_platform",
      "withdraw_endorsement",
    ]);
    expect(chain.runtime.env(chain.overlay).of(PhaAttestation).storage.SimulatedRoot.get()).toEqual(
      deriveSimulatedRoot(new Uint8Array(32).fill(9)),
    );
  });
});
