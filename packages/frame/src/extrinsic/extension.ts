/**
 * Signed extensions: what a signer says beside the call, and the checks and effects that surround every call.
 *
 * In order, for one extrinsic: `implied` of all (the signature covers it), `prepare` of all, the call, `settle` of all.
 */
import { type Codec, ok, type Result } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import type { DispatchInfo } from "../dispatch/weight.ts";
import type { DispatchOutcome, HasEnv } from "../pallet/env.ts";
import type { AccountId } from "../primitives.ts";
import type { InvalidTransaction, ValidTransaction } from "./validity.ts";

export interface ExtensionInput<E> {
  readonly signer: AccountId;
  readonly call: Call;
  readonly info: DispatchInfo;
  /** Encoded length of the extrinsic, its length prefix included. */
  readonly length: number;
  readonly extra: E;
}

export type ValidityPart = Partial<ValidTransaction>;

export interface SignedExtension<E, A> {
  /** As tools know it: `CheckNonce`. */
  readonly name: string;
  /** Transmitted with the call. */
  readonly extra: Codec<E>;
  /** Signed, not transmitted. */
  readonly additional: Codec<A>;
  implied(ctx: HasEnv, extra: E): Result<A, InvalidTransaction>;
  /** For the pool: reads only. */
  validate?(ctx: HasEnv, input: ExtensionInput<E>): Result<ValidityPart, InvalidTransaction>;
  /** Before dispatch; what it returns goes to `settle`. Default: `validate`. */
  prepare?(ctx: HasEnv, input: ExtensionInput<E>): Result<unknown, InvalidTransaction>;
  settle?(ctx: HasEnv, input: ExtensionInput<E>, prepared: unknown, outcome: DispatchOutcome): void;
  /** Before the dispatch of an extrinsic without signer. */
  prepareUnsigned?(
    ctx: HasEnv,
    info: DispatchInfo,
    length: number,
  ): Result<undefined, InvalidTransaction>;
}

/** An extension whose types are erased; the runtime passes each what its own codecs read. */
export type AnyExtension = SignedExtension<unknown, unknown>;

export function signedExtension<E, A>(extension: SignedExtension<E, A>): AnyExtension {
  return {
    ...extension,
    // `extra` was read by the codec of this very extension, which gives E.
    implied: (ctx, extra) => extension.implied(ctx, extra as E),
  };
}

/** What an extension says that has nothing against a transaction. */
export const NO_OBJECTION: Result<ValidityPart, never> = ok({});

const MAX_U64 = (1n << 64n) - 1n;

export const UNCONDITIONAL: ValidTransaction = {
  priority: 0n,
  requires: [],
  provides: [],
  longevity: MAX_U64,
  propagate: true,
};

/** Both at once: sum of priorities, union of tags, the shorter life. */
export function combineValidity(a: ValidTransaction, b: ValidityPart): ValidTransaction {
  const priority = a.priority + (b.priority ?? 0n);
  const longevity = b.longevity ?? MAX_U64;
  return {
    priority: priority > MAX_U64 ? MAX_U64 : priority,
    requires: b.requires ? [...a.requires, ...b.requires] : a.requires,
    provides: b.provides ? [...a.provides, ...b.provides] : a.provides,
    longevity: longevity < a.longevity ? longevity : a.longevity,
    propagate: a.propagate && (b.propagate ?? true),
  };
}
