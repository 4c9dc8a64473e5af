/** Genesis of the confidential part of a development chain. */

import { type Demands, SIMULATED_LINES } from "@pha/attestation";
import { blake2b256 } from "@pha/crypto";
import type { AccountId } from "@pha/frame";
import { contractId } from "@pha/protocol";
import { utf8 } from "@pha/scale";
import { PHA } from "./parameters.ts";
import { clusterId } from "./phala-phat-contracts/index.ts";

/** A contract of the development cluster; its salt is its name. */
export interface DevelopmentContract {
  readonly name: string;
  readonly artefact: Uint8Array;
}

export interface DevelopmentClusterOptions {
  /** Public key of simulated evidence, 32 bytes. */
  readonly simulatedRoot: Uint8Array;
  /** Of the pRuntime that runs, 32 bytes. */
  readonly measurement: Uint8Array;
  readonly contracts: readonly DevelopmentContract[];
  /** Replicas of the cluster. Default 3. */
  readonly workers?: number;
  /** Secret URIs of the operators that may run a gatekeeper, one seat each. Default `//Operator`. */
  readonly gatekeeperOperators?: readonly string[];
  /** Steps of a cluster from one snapshot to the next; 0: none. Default 256. */
  readonly snapshotSteps?: number;
  /** Preset `sealed-shares`: the root key survives a total loss of power. Default true; production has none. */
  readonly sealedShares?: boolean;
}

/** The one cluster of a development chain. */
export const DEVELOPMENT_CLUSTER: Uint8Array = clusterId(1);
/** Declared fuel of the commands of a block: about 0.6 s of engine time, so that a runaway command delays no slot. */
const FUEL_PER_BLOCK = 5_000_000_000n;
/** At the bound of a block's delta so many steps have 64 MiB. */
const SNAPSHOT_STEPS = 256;
/** What the mining pot pays for the duty of gatekeepers in a term until governance sets another amount. */
const TERM_REWARD = 2_000n * PHA;
/** Percent. */
const MIN_ONLINE = 80;
const HOUR_MS = 3_600_000n;
/** A pRuntime of a development chain makes evidence when it starts, and counts for as long as it runs. */
const ROLE = { maxAgeMs: HOUR_MS, serveMs: (1n << 63n) - 1n, maxBlockAge: 256, named: true };
const NOBODY: Demands = {
  lines: [],
  roles: { worker: ROLE, gatekeeper: ROLE },
  toleratedAttributes: [],
  refusedAdvisories: [],
  signed: false,
  graceMs: 0n,
  amdLevels: [],
};
/** Simulated platforms alone; real ones join by `set_policy`. */
export const DEVELOPMENT_POLICY: Demands = {
  ...NOBODY,
  lines: SIMULATED_LINES.map((line) => ({
    line,
    minSvn: 1,
    worstConfidence: { worker: 128, gatekeeper: 128 },
  })),
};

/** Address of a contract of the development cluster. */
export function developmentContractId(
  owner: AccountId,
  { name, artefact }: DevelopmentContract,
): Uint8Array {
  return contractId({
    deployer: owner,
    cluster: DEVELOPMENT_CLUSTER,
    codeHash: blake2b256(artefact),
    salt: utf8(name),
  });
}

/** Genesis of Pha's own pallets; without options there is neither a TEE nor a cluster. */
export function phaGenesis(
  owner: AccountId,
  accountOf: (uri: string) => AccountId,
  options: DevelopmentClusterOptions | undefined,
) {
  const operators = options?.gatekeeperOperators ?? ["//Operator"];
  return {
    PhaAttestation: {
      policy: options ? DEVELOPMENT_POLICY : NOBODY,
      measurements: options ? [options.measurement] : [],
      simulatedRoot: options?.simulatedRoot,
    },
    PhaGatekeepers: {
      // Public chains elect theirs.
      operators: options ? operators.map(accountOf) : [],
      sealedShares: options?.sealedShares ?? true,
    },
    PhaContractState: { snapshotSteps: options?.snapshotSteps ?? SNAPSHOT_STEPS },
    PhaGatekeeperStake: { termReward: TERM_REWARD, minOnline: MIN_ONLINE },
    PhalaPhatContracts: {
      clusters: options
        ? [
            {
              owner,
              class: { type: "Open", value: undefined } as const,
              crossVendor: false,
              replication: options.workers ?? 3,
              fuelPerBlock: FUEL_PER_BLOCK,
              contracts: options.contracts.map(({ name, artefact }) => ({
                artefact,
                salt: utf8(name),
              })),
            },
          ]
        : [],
    },
  };
}
