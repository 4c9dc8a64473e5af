/**
 * Why a call failed, as clients see it in `System.ExtrinsicFailed`.
 *
 * **Trust**: reasons are decided by pallets through `ensure`; anything else thrown during dispatch is our own bug and
 * passes through the dispatcher untouched.
 */
import {
  type Codec,
  type EnumOf,
  fixedBytes,
  struct,
  u8,
  unit,
  variant,
  variants,
} from "@pha/scale";

export const TokenError = variants(
  {
    FundsUnavailable: variant(0, unit),
    OnlyProvider: variant(1, unit),
    BelowMinimum: variant(2, unit),
    CannotCreate: variant(3, unit),
    UnknownAsset: variant(4, unit),
    Frozen: variant(5, unit),
    Unsupported: variant(6, unit),
    CannotCreateHold: variant(7, unit),
    NotExpendable: variant(8, unit),
    Blocked: variant(9, unit),
  },
  { path: ["sp_runtime", "TokenError"] },
);

export const ArithmeticError = variants(
  {
    Underflow: variant(0, unit),
    Overflow: variant(1, unit),
    DivisionByZero: variant(2, unit),
  },
  { path: ["sp_arithmetic", "ArithmeticError"] },
);

export const TransactionalError = variants(
  { LimitReached: variant(0, unit), NoLayer: variant(1, unit) },
  { path: ["sp_runtime", "TransactionalError"] },
);

/** Error of a pallet: pallet index, and error index in the first of four bytes. */
export const ModuleError = struct(
  { index: u8, error: fixedBytes(4) },
  {
    path: ["sp_runtime", "ModuleError"],
    typeNames: { error: "[u8; MAX_MODULE_ERROR_ENCODED_SIZE]" },
  },
);

const dispatchErrorCases = {
  Other: variant(0, unit),
  CannotLookup: variant(1, unit),
  BadOrigin: variant(2, unit),
  /** The value is a named type of its own in metadata. */
  Module: variant(3, ModuleError),
  ConsumerRemaining: variant(4, unit),
  NoProviders: variant(5, unit),
  TooManyConsumers: variant(6, unit),
  Token: variant(7, TokenError),
  Arithmetic: variant(8, ArithmeticError),
  Transactional: variant(9, TransactionalError),
  Exhausted: variant(10, unit),
  Corruption: variant(11, unit),
  Unavailable: variant(12, unit),
  RootNotAllowed: variant(13, unit),
};

export type DispatchError = EnumOf<typeof dispatchErrorCases>;
export const DispatchError: Codec<DispatchError> = variants(dispatchErrorCases, {
  path: ["sp_runtime", "DispatchError"],
});

/** Thrown by `ensure` and caught by the dispatcher alone. */
export class DispatchFailure {
  readonly error: DispatchError;
  constructor(error: DispatchError) {
    this.error = error;
  }
}

/** Ends the call with `error` unless `condition` holds; everything the call wrote is undone. */
export function ensure(condition: unknown, error: DispatchError): asserts condition {
  if (!condition) throw new DispatchFailure(error);
}

/** Ends the call with `error`; everything the call wrote is undone. */
export function refuse(error: DispatchError): never {
  throw new DispatchFailure(error);
}

export const BAD_ORIGIN: DispatchError = { type: "BadOrigin", value: undefined };
export const CANNOT_LOOKUP: DispatchError = { type: "CannotLookup", value: undefined };
export const EXHAUSTED: DispatchError = { type: "Exhausted", value: undefined };

export function tokenError(type: NamesOf<typeof TokenError>): DispatchError {
  return { type: "Token", value: { type, value: undefined } };
}

export function arithmeticError(type: NamesOf<typeof ArithmeticError>): DispatchError {
  return { type: "Arithmetic", value: { type, value: undefined } };
}

type NamesOf<C> =
  C extends Codec<infer V> ? (V extends { readonly type: infer T } ? T : never) : never;
