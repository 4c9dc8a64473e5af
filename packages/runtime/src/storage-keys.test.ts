import { BLOCK_KEYS, STORAGE } from "@pha/protocol";
import { type Codec, encode, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { Grandpa } from "./grandpa/index.ts";
import { PhaAttestation } from "./pha-attestation/index.ts";
import { PhaContractState } from "./pha-contract-state/index.ts";
import { PhaGatekeepers } from "./pha-gatekeepers/index.ts";
import { PhalaMq } from "./phala-mq/index.ts";
import { PhalaPhatContracts } from "./phala-phat-contracts/index.ts";
import { PhalaRegistry } from "./phala-registry/index.ts";
import { developmentPreset } from "./presets.ts";
import { startTestChain } from "./testing/test-chain.ts";
import { Timestamp } from "./timestamp/index.ts";

const chain = startTestChain(developmentPreset());
const env = chain.runtime.env(chain.overlay);
const mq = env.of(PhalaMq).storage;
const registry = env.of(PhalaRegistry).storage;
const contracts = env.of(PhalaPhatContracts).storage;
const attestation = env.of(PhaAttestation).storage;
const gatekeepers = env.of(PhaGatekeepers).storage;
const state = env.of(PhaContractState).storage;
const k = new Uint8Array(32).map((_, i) => i);

/** Item of the pallet, its key there, the protocol's key and codec. */
const ITEMS: Readonly<
  Record<
    keyof typeof STORAGE,
    readonly (readonly [Codec<unknown>, Uint8Array, Uint8Array, Codec<unknown>])[]
  >
> = {
  outboundMessages: [
    [
      PhalaMq.storage.OutboundMessages.value,
      mq.OutboundMessages.key,
      STORAGE.outboundMessages.key,
      STORAGE.outboundMessages.value,
    ],
  ],
  now: [
    [
      Timestamp.storage.Now.value,
      env.of(Timestamp).storage.Now.key,
      STORAGE.now.key,
      STORAGE.now.value,
    ],
  ],
  boot: [
    [
      PhalaRegistry.storage.Boots.value,
      registry.Boots.keyOf(k),
      STORAGE.boot.key(k),
      STORAGE.boot.value,
    ],
  ],
  lease: [
    [
      PhalaRegistry.storage.Leases.value,
      registry.Leases.keyOf(k),
      STORAGE.lease.key(k),
      STORAGE.lease.value,
    ],
  ],
  evidence: [
    [
      PhalaRegistry.storage.Evidence.value,
      registry.Evidence.keyOf(k),
      STORAGE.evidence.key(k),
      STORAGE.evidence.value,
    ],
  ],
  suspended: [
    [
      PhalaRegistry.storage.Suspended.value,
      registry.Suspended.keyOf(k),
      STORAGE.suspended.key(k),
      STORAGE.suspended.value,
    ],
  ],
  simulatedRoot: [
    [
      PhaAttestation.storage.SimulatedRoot.value,
      attestation.SimulatedRoot.key,
      STORAGE.simulatedRoot.key,
      STORAGE.simulatedRoot.value,
    ],
  ],
  measurement: [
    [
      PhaAttestation.storage.Measurements.value,
      attestation.Measurements.keyOf(k),
      STORAGE.measurement.key(k),
      STORAGE.measurement.value,
    ],
  ],
  deniedPlatform: [
    [
      PhaAttestation.storage.DeniedPlatforms.value,
      attestation.DeniedPlatforms.keyOf(k),
      STORAGE.deniedPlatform.key(k),
      STORAGE.deniedPlatform.value,
    ],
  ],
  releaseRules: [
    [
      PhaAttestation.storage.ReleaseRules.value,
      attestation.ReleaseRules.key,
      STORAGE.releaseRules.key,
      STORAGE.releaseRules.value,
    ],
  ],
  grandpaAuthorities: [
    [
      Grandpa.storage.Authorities.value,
      env.of(Grandpa).storage.Authorities.key,
      STORAGE.grandpaAuthorities.key,
      STORAGE.grandpaAuthorities.value,
    ],
  ],
  sealedShares: [
    [
      PhaGatekeepers.storage.SealedShares.value,
      gatekeepers.SealedShares.key,
      STORAGE.sealedShares.key,
      STORAGE.sealedShares.value,
    ],
  ],
  generation: [
    [
      PhaGatekeepers.storage.CurrentGeneration.value,
      gatekeepers.CurrentGeneration.key,
      STORAGE.generation.current.key,
      STORAGE.generation.current.value,
    ],
    [
      PhaGatekeepers.storage.OldestGeneration.value,
      gatekeepers.OldestGeneration.key,
      STORAGE.generation.oldest.key,
      STORAGE.generation.oldest.value,
    ],
    [
      PhaGatekeepers.storage.Generations.value,
      gatekeepers.Generations.keyOf(7n),
      STORAGE.generation.record.key(7n),
      STORAGE.generation.record.value,
    ],
  ],
  cluster: [
    [
      PhalaPhatContracts.storage.Clusters.value,
      contracts.Clusters.keyOf(k),
      STORAGE.cluster.key(k),
      STORAGE.cluster.value,
    ],
  ],
  clusterContracts: [
    [
      PhalaPhatContracts.storage.ClusterContracts.value,
      contracts.ClusterContracts.keyOf(k),
      STORAGE.clusterContracts.key(k),
      STORAGE.clusterContracts.value,
    ],
  ],
  contract: [
    [
      PhalaPhatContracts.storage.Contracts.value,
      contracts.Contracts.keyOf(k),
      STORAGE.contract.key(k),
      STORAGE.contract.value,
    ],
  ],
  code: [
    [
      PhalaPhatContracts.storage.Codes.value,
      contracts.Codes.keyOf(k),
      STORAGE.code.key(k),
      STORAGE.code.value,
    ],
  ],
  sealingKeys: [
    [
      PhalaPhatContracts.storage.SealingKeys.value,
      contracts.SealingKeys.keyOf(k),
      STORAGE.sealingKeys.key(k),
      STORAGE.sealingKeys.value,
    ],
  ],
  clusterSigningKey: [
    [
      PhalaPhatContracts.storage.ClusterSigningKeys.value,
      contracts.ClusterSigningKeys.keyOf(k),
      STORAGE.clusterSigningKey.key(k),
      STORAGE.clusterSigningKey.value,
    ],
  ],
  wrappedStateKey: [
    [
      PhalaPhatContracts.storage.WrappedStateKeys.value,
      contracts.WrappedStateKeys.keyOf(k),
      STORAGE.wrappedStateKey.key(k),
      STORAGE.wrappedStateKey.value,
    ],
  ],
  stateKeys: [
    [
      PhalaPhatContracts.storage.StateKeys.value,
      contracts.StateKeys.keyOf(k),
      STORAGE.stateKeys.key(k),
      STORAGE.stateKeys.value,
    ],
  ],
  snapshot: [
    [
      PhaContractState.storage.Snapshots.value,
      state.Snapshots.keyOf(k),
      STORAGE.snapshot.key(k),
      STORAGE.snapshot.value,
    ],
  ],
  snapshotSteps: [
    [
      PhaContractState.storage.SnapshotSteps.value,
      state.SnapshotSteps.key,
      STORAGE.snapshotSteps.key,
      STORAGE.snapshotSteps.value,
    ],
  ],
  blob: [
    [
      PhaContractState.storage.Blobs.value,
      state.Blobs.keyOf(k),
      STORAGE.blob.key(k),
      STORAGE.blob.value,
    ],
  ],
  auditKey: [
    [
      PhalaPhatContracts.storage.AuditKeys.value,
      contracts.AuditKeys.keyOf(k),
      STORAGE.auditKey.key(k),
      STORAGE.auditKey.value,
    ],
  ],
  auditOpenings: [
    [
      PhalaPhatContracts.storage.AuditOpenings.value,
      contracts.AuditOpenings.keyOf(k),
      STORAGE.auditOpenings.key(k),
      STORAGE.auditOpenings.value,
    ],
  ],
  root: [
    [
      PhaContractState.storage.Roots.value,
      state.Roots.keyOf(k),
      STORAGE.root.key(k),
      STORAGE.root.value,
    ],
  ],
  step: [
    [
      PhaContractState.storage.Steps.value,
      state.Steps.keyOf([k, 3n]),
      STORAGE.step.key(k, 3n),
      STORAGE.step.value,
    ],
  ],
};

/** What shapes say beside the layout of the bytes. */
const BESIDE = new Set(["path", "typeName", "params", "docs", "max"]);

function layout(codec: Codec<unknown>): string {
  return JSON.stringify(codec.shape, (key, value: unknown) =>
    BESIDE.has(key) ? undefined : value,
  );
}

describe("storage that is read with proofs", () => {
  test.each(Object.entries(ITEMS))("%s has the protocol's key and layout", (_, items) => {
    for (const [ours, key, theirKey, theirs] of items) {
      expect(toHex(key)).toBe(toHex(theirKey));
      expect(layout(ours)).toBe(layout(theirs));
    }
  });

  test("the keys of every block are messages and time", () => {
    expect(BLOCK_KEYS.map(toHex)).toEqual(
      [mq.OutboundMessages.key, env.of(Timestamp).storage.Now.key].map(toHex),
    );
    expect(encode(STORAGE.now.value, 1n)).toHaveLength(8);
  });
});
