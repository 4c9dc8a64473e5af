/**
 * What the node needs of the state transition: the composed runtime of `@pha/runtime` fits it as it is.
 *
 * The runtime remembers signatures that were good, so what the pool has validated is not verified again in a block.
 */
import type { Header } from "@pha/consensus";
import type { InvalidTransaction, TransactionSource, ValidTransaction } from "@pha/frame";
import type { Result } from "@pha/scale";
import type { Overlay } from "@pha/state";

export interface RuntimeVersion {
  readonly specName: string;
  readonly implName: string;
  readonly authoringVersion: number;
  readonly specVersion: number;
  readonly implVersion: number;
  readonly apis: readonly (readonly [Uint8Array, number])[];
  readonly transactionVersion: number;
  readonly stateVersion: number;
}

/** Data of inherents by their identifier of eight characters. */
export type InherentData = ReadonlyMap<string, Uint8Array>;

export interface NodeRuntime {
  readonly version: RuntimeVersion;
  /** Begins a block on the overlay; the header's roots are not known yet. */
  initializeBlock(overlay: Overlay, header: Header): void;
  inherentExtrinsics(overlay: Overlay, data: InherentData): readonly Uint8Array[];
  /** What the own data says against the inherents of a block. */
  checkInherents(
    overlay: Overlay,
    extrinsics: readonly Uint8Array[],
    data: InherentData,
  ): readonly { readonly identifier: string; readonly reason: string }[];
  /** Refused extrinsics leave no trace; those that fail in dispatch are part of the block. */
  applyExtrinsic(overlay: Overlay, bytes: Uint8Array): Result<unknown, InvalidTransaction>;
  /** Ends the block; the header's digest is complete, its roots are not set. */
  finalizeBlock(overlay: Overlay): Header;
  /** Executes a received block and compares all but the state root. */
  executeBlock(
    overlay: Overlay,
    header: Header,
    extrinsics: readonly Uint8Array[],
  ): Result<Header, { readonly code: string }>;
  /** @param blockHash of the block whose state the overlay is on */
  validateTransaction(
    overlay: Overlay,
    source: TransactionSource,
    bytes: Uint8Array,
    blockHash: Uint8Array,
  ): Result<ValidTransaction, InvalidTransaction>;
  /** Answer of an entry point such as `AccountNonceApi_account_nonce`. */
  runtimeApi(
    overlay: Overlay,
    entry: string,
    args: Uint8Array,
  ): Result<Uint8Array, { readonly code: string }>;
}
