/**
 * The port of contract engines: load code, run one call, say what it cost.
 *
 * **Bounds**: constants below, equal for every engine. **Trust**: code and arguments are hostile; the host is ours. A
 * call that fails or traps leaves no trace: its writes stay with the host, which drops them. **Not here**: state across
 * calls (`cluster-machine.ts`).
 */
import type { Result } from "@pha/scale";
import type { EngineBlock } from "../core/index.ts";

export const MAX_REPLY_BYTES = 64 << 10;
export const MAX_KEY_BYTES = 128;
/** Longest domain of boxes. */
export const MAX_DOMAIN_BYTES = 128;
export const MAX_VALUE_BYTES = 64 << 10;
/** What one call may write, by `writeBytes`: with what the core lets a block hold before it, one delta takes it. */
export const MAX_CALL_WRITE_BYTES = 88 << 10;
/** What a write takes in a delta beside key and value: contract id and lengths. */
const WRITE_OVERHEAD_BYTES = 40;

/** Upper bound of a write's bytes in a delta. */
export function writeBytes(key: Uint8Array, value: Uint8Array | undefined): number {
  return WRITE_OVERHEAD_BYTES + key.length + (value?.length ?? 0);
}

/** Fuel of what the host does for a call; one unit is about one instruction of the engine. */
export const HOST_FUEL = {
  call: 2_000n,
  /** Any operation. */
  operation: 400n,
  /** Beside it, per byte that passes. */
  byte: 2n,
  /** Per entry of a scan. */
  entry: 200n,
  /** A keyed hash. */
  hash: 2_000n,
  /** An entry that is opened: pRuntime proves and signs it. */
  open: 50_000n,
  /** A box's key, or a box that is opened: one or two products on the curve. */
  box: 150_000n,
} as const;

export interface EngineEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Storage and secrets of one call. Byte strings given are copies or never change; taken ones are copied. */
export interface EngineHost {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Code of a failure that ends the call, or nothing. */
  write(key: Uint8Array, value: Uint8Array | undefined): string | undefined;
  /** Entries with `prefix` behind `after`, in byte order of keys, while they fit `maxBytes`; at least one if any. */
  scan(prefix: Uint8Array, after: Uint8Array | undefined, maxBytes: number): readonly EngineEntry[];
  /** Opens an entry to the caller; code of a failure that ends the call, or nothing. */
  open(key: Uint8Array): string | undefined;
  /** 32 bytes. */
  pseudonym(domain: Uint8Array, data: Uint8Array): Uint8Array;
  /** X25519 public key, 32 bytes. */
  boxKey(domain: Uint8Array): Uint8Array;
  /** Plain bytes, never more than the box has; nothing for whatever is no box of this key. */
  openBox(domain: Uint8Array, box: Uint8Array): Uint8Array | undefined;
  /** 32 bytes, others at each call; absent in a query. */
  random(): Uint8Array | undefined;
}

export interface ContractCall {
  /** Id of a loaded contract. */
  readonly contract: Uint8Array;
  readonly kind: "instantiate" | "command" | "query";
  /** 4 bytes. */
  readonly selector: Uint8Array;
  readonly args: Uint8Array;
  /** 32 bytes. */
  readonly caller: Uint8Array;
  /** 32 bytes. */
  readonly owner: Uint8Array;
  readonly block: EngineBlock;
  readonly fuelLimit: bigint;
  readonly host: EngineHost;
}

export type TrapReason = "fuel" | "stack" | "memory" | "engine";

export type CallResult =
  | { readonly status: "ok"; readonly output: Uint8Array; readonly fuelUsed: bigint }
  | { readonly status: "failed"; readonly code: string; readonly fuelUsed: bigint }
  | { readonly status: "trapped"; readonly reason: TrapReason; readonly fuelUsed: bigint };

export type EngineError =
  /** The code ran out of fuel, memory or stack while it loaded, or threw. */
  | { readonly code: "engine/contract-does-not-load"; readonly reason: TrapReason | "threw" }
  | { readonly code: "engine/too-many-contracts"; readonly limit: number };

export interface ContractEngine {
  /** Loads or replaces a contract. */
  load(contract: { readonly id: Uint8Array; readonly code: string }): Result<void, EngineError>;
  /** Runs a call of a loaded contract. */
  call(call: ContractCall): CallResult;
  /** Forgets all contracts. */
  reset(): void;
}
