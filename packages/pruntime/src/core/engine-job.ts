/**
 * Work that the core gives to a cluster's engine process, and what comes back.
 *
 * The engine holds a mirror of the cluster's plaintext state: a base (the final root) and one layer per executed job
 * above it. Commands run on the top layer, queries on the base, so answers come from final state only.
 */
import type { StateWrite } from "@pha/protocol";

export interface EngineBlock {
  readonly number: number;
  readonly timestampMs: bigint;
}

export interface EngineCall {
  /** 32 bytes. */
  readonly contract: Uint8Array;
  readonly kind: "instantiate" | "command" | "query";
  /** 4 bytes; zero for an instantiation. */
  readonly selector: Uint8Array;
  readonly args: Uint8Array;
  /** 32 bytes; zero when anonymous. */
  readonly caller: Uint8Array;
  readonly fuelLimit: bigint;
  /** 32 bytes of contract randomness, equal on all replicas; zero in queries. */
  readonly seed: Uint8Array;
}

export type EngineOutcome =
  | {
      readonly status: "ok";
      readonly output: Uint8Array;
      readonly fuelUsed: bigint;
      readonly writes: readonly {
        readonly key: Uint8Array;
        readonly value: Uint8Array | undefined;
      }[];
    }
  | { readonly status: "failed"; readonly code: string; readonly fuelUsed: bigint }
  | {
      readonly status: "trapped";
      readonly reason: "fuel" | "stack" | "memory" | "engine";
      readonly fuelUsed: bigint;
    };

export type EngineRequest =
  /** Forgets state, layers and contracts. */
  | { readonly type: "reset" }
  | { readonly type: "load-state"; readonly entries: readonly StateWrite[] }
  | {
      readonly type: "load-contract";
      readonly contract: Uint8Array;
      /** Artefact as uploaded. */
      readonly code: Uint8Array;
      readonly owner: Uint8Array;
      /** 32 bytes, secret: makes `ctx.pseudonym` of this contract. */
      readonly pseudonymKey: Uint8Array;
    }
  | {
      readonly type: "run";
      readonly job: number;
      readonly block: EngineBlock;
      readonly calls: readonly EngineCall[];
      /** The engine stops before a call when the writes so far exceed this; at least one call runs. */
      readonly softWriteBytes: number;
    }
  /** Layers up to and including this job become the base. */
  | { readonly type: "finalize"; readonly job: number }
  | {
      readonly type: "query";
      readonly query: number;
      readonly block: EngineBlock;
      readonly call: EngineCall;
    };

export type EngineResponse =
  /** One outcome per call that ran, in order; fewer than asked when the writes were too many. */
  | { readonly type: "ran"; readonly job: number; readonly outcomes: readonly EngineOutcome[] }
  | {
      readonly type: "queried";
      readonly query: number;
      readonly outcome: EngineOutcome;
      /** Keys of the contract's entries that it opens to the caller, as they are in the base; of a call that went well. */
      readonly opened: readonly Uint8Array[];
    }
  /** The process ended; the shell has started a new, empty one. */
  | { readonly type: "restarted" };
