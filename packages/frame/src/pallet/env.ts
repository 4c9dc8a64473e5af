/**
 * What a pallet's code sees of the block being executed.
 *
 * One `Env` lives as long as one block on one overlay; contexts of all pallets hang on it, so there is no ambient
 * state.
 */
import type { Result } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import type { DispatchError } from "../dispatch/dispatch-error.ts";
import type { Origin } from "../dispatch/origin.ts";
import type { DispatchClass, DispatchInfo, PostDispatch, Weight } from "../dispatch/weight.ts";
import type { Extrinsic, ExtrinsicError } from "../extrinsic/extrinsic.ts";
import type { Overlay } from "../overlay.ts";
import type { DigestLog } from "../runtime/header.ts";
import type { ContextOf, PalletDeclaration } from "./pallet.ts";

export interface BlockContext {
  readonly number: number;
  /** 32 bytes. */
  readonly parentHash: Uint8Array;
  /** Index of the extrinsic being applied; `undefined` in hooks. */
  readonly extrinsicIndex: number | undefined;
}

export type DispatchOutcome =
  | { readonly ok: true; readonly post: PostDispatch }
  | { readonly ok: false; readonly error: DispatchError; readonly post: PostDispatch };

export interface Env {
  readonly state: Overlay;
  readonly block: BlockContext;
  /** Digest items of the block so far: those of the header it was initialized with, then deposited ones. */
  readonly digest: readonly DigestLog[];
  readonly usedWeight: Readonly<Record<DispatchClass, Weight>>;
  /** Encoded length of the block's extrinsics so far, in bytes. */
  readonly usedLength: number;
  /** What pallets keep for the length of the block, each under an object of its own. */
  readonly kept: Map<object, unknown>;
  /** Context of a pallet of this runtime. */
  of<D extends PalletDeclaration>(pallet: D): ContextOf<D>;
  /** Runs a call as `origin` in a transaction of its own; nests at most 256 deep. */
  dispatch(call: Call, origin: Origin): DispatchOutcome;
  /** Weight, class and fee of a call before it runs. */
  infoOf(call: Call): DispatchInfo;
  /** Reads an extrinsic of this runtime, its length prefix included. */
  decodeExtrinsic(bytes: Uint8Array): Result<Extrinsic, ExtrinsicError>;
  /** Undoes writes and events of `run` when it fails by `ensure`. */
  transaction(run: () => void): DispatchOutcome;
  depositLog(item: DigestLog): void;
  /** Adds weight that is not of an extrinsic's call. */
  useWeight(weight: Weight, dispatchClass: DispatchClass): void;
}

/** Anything that leads to the block: every context does. */
export interface HasEnv {
  readonly env: Env;
}
