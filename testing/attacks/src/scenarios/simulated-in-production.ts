/** A worker that is no TEE at all registers on a public chain with evidence that it made itself. */
import { developmentPreset, PhaAttestation, PhalaRegistry } from "@pha/runtime";
import {
  evidenceFor,
  MEASUREMENT,
  phaChainOf,
  registrationOf,
  startPhaChain,
  startTestChain,
  testBoot,
} from "@pha/runtime/testing";
import type { Attack } from "../attack.ts";

export const attack: Attack = {
  name: "simulated evidence on a production preset",
  rule: "simulated evidence exists only where the genesis carries its root (design §2, invariant 8)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-attestation/pallet.ts",
      text: "objectionsToDemands(policy, storage.SimulatedRoot.get() !== undefined)",
      instead: "objectionsToDemands(policy, true)",
    },
    {
      file: "packages/attestation/src/verify-evidence.ts",
      text: 'import { verifySimulated } from "./simulated/verify.ts";',
      instead:
        'import { verifySimulated } from "./simulated/verify.ts"; import { deriveSimulatedRoot } from "./simulated/make.ts";',
    },
    {
      file: "packages/attestation/src/verify-evidence.ts",
      text: `if (kind === EVIDENCE_KINDS.Simulated && simulatedRoot !== undefined)
    return verifySimulated(body, simulatedRoot);`,
      // The development root is built in.
      instead: `if (kind === EVIDENCE_KINDS.Simulated)
    return verifySimulated(body, simulatedRoot ?? deriveSimulatedRoot(new Uint8Array(32).fill(9)));`,
    },
  ],
  attempt() {
    // As on public chains its genesis has neither a simulated root nor a cluster.
    const chain = phaChainOf(startTestChain(developmentPreset()));
    chain.block();
    // However loose the policy that governance sets: a devnet's.
    const devnet = startPhaChain();
    const policy = devnet.runtime.env(devnet.overlay).of(PhaAttestation).storage.Policy.get();
    const { set_policy, add_measurement } = chain.runtime.tx.PhaAttestation;
    chain.sudo(set_policy({ policy }));
    chain.sudo(add_measurement({ measurement: MEASUREMENT }));
    const { storage } = chain.runtime.env(chain.overlay).of(PhaAttestation);
    if (!storage.Measurements.has(MEASUREMENT)) throw new Error("governance allowed it");
    const boot = testBoot(1);
    const registration = registrationOf(chain, boot);
    const evidence = evidenceFor(chain, boot, registration);
    const { register_worker_v2 } = chain.runtime.tx.PhalaRegistry;
    const sent = chain.send(register_worker_v2({ registration, evidence }), "//Operator");
    const { Boots } = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
    return Boots.has(boot.identity.publicKey)
      ? { succeeded: true, says: "a program without any TEE is a worker of a public chain" }
      : { succeeded: false, says: `there the kind does not even exist: ${sent.error}` };
  },
};
