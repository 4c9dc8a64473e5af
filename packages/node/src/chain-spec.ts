/** The chain a node runs: name, properties and genesis state. */
import { encodeHeader, type Header, type LightSyncState } from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { applyChanges, EMPTY_ROOT, MemoryNodes, openTrie, type TrieChanges } from "@pha/state";
import { toHex } from "./hex.ts";

export interface ChainSpec {
  readonly name: string;
  readonly id: string;
  readonly chainType: "Development" | "Local" | "Live";
  readonly properties: {
    readonly ss58Format: number;
    readonly tokenDecimals: number;
    readonly tokenSymbol: string;
  };
  /** Evidence of workers is simulated on this chain. */
  readonly isSimulated: boolean;
  /** Entries of block 0's state. */
  readonly genesis: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
}

export interface GenesisBlock {
  readonly header: Header;
  readonly encodedHeader: Uint8Array;
  readonly hash: Uint8Array;
  readonly state: TrieChanges;
}

/** Block 0 of a chain. */
export function genesisBlock(spec: ChainSpec): GenesisBlock {
  const empty = openTrie({ root: EMPTY_ROOT, version: 1, nodes: new MemoryNodes() });
  const state = applyChanges(empty, spec.genesis);
  const header: Header = {
    parentHash: new Uint8Array(32),
    number: 0,
    stateRoot: state.root,
    extrinsicsRoot: EMPTY_ROOT,
    digest: [],
  };
  const encodedHeader = encodeHeader(header);
  return { header, encodedHeader, hash: blake2b256(encodedHeader), state };
}

export interface SpecJsonOptions {
  /** Multiaddrs. */
  readonly bootNodes?: readonly string[];
  /** Clients start from it. */
  readonly checkpoint?: LightSyncState | undefined;
  /** Only the root of block 0's state: much smaller, and enough for light clients that start from a checkpoint. */
  readonly genesis?: "raw" | "root";
}

/** The raw form that light clients read; unknown fields are errors there, so it has no others. */
export function chainSpecJson(
  spec: ChainSpec,
  { bootNodes = [], checkpoint, genesis = "raw" }: SpecJsonOptions = {},
): object {
  return {
    name: spec.name,
    id: spec.id,
    chainType: spec.chainType,
    bootNodes,
    telemetryEndpoints: null,
    protocolId: spec.id,
    properties: spec.properties,
    consensusEngine: null,
    ...(checkpoint === undefined ? {} : { lightSyncState: lightSyncJson(checkpoint) }),
    genesis:
      genesis === "root"
        ? { stateRootHash: toHex(genesisBlock(spec).state.root) }
        : {
            raw: {
              top: Object.fromEntries(
                spec.genesis.map(([key, value]) => [toHex(key), toHex(value)]),
              ),
              childrenDefault: {},
            },
          },
  };
}

function lightSyncJson(checkpoint: LightSyncState): object {
  return {
    finalizedBlockHeader: toHex(checkpoint.finalizedBlockHeader),
    babeEpochChanges: toHex(checkpoint.babeEpochChanges),
    // Fork choice compares weights above the checkpoint; what lies below it counts for all the same.
    babeFinalizedBlockWeight: 0,
    grandpaAuthoritySet: toHex(checkpoint.grandpaAuthoritySet),
  };
}
