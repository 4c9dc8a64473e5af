/** Whether a transaction may enter the pool or a block, in Substrate's encoding. */
import {
  bool,
  bytes,
  type Codec,
  type EnumOf,
  struct,
  u8,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";

const invalidCases = {
  /** The call is not one that may be asked. */
  Call: variant(0, unit),
  /** The account cannot pay. */
  Payment: variant(1, unit),
  /** The nonce is not reached yet. */
  Future: variant(2, unit),
  /** The nonce is used. */
  Stale: variant(3, unit),
  /** The signature does not verify. */
  BadProof: variant(4, unit),
  /** The block that starts its mortal era is not known any more. */
  AncientBirthBlock: variant(5, unit),
  ExhaustsResources: variant(6, unit),
  Custom: variant(7, u8),
  /** A mandatory call failed. */
  BadMandatory: variant(8, unit),
  /** A mandatory call was signed or sent to the pool. */
  MandatoryValidation: variant(9, unit),
  BadSigner: variant(10, unit),
};
export type InvalidReason = EnumOf<typeof invalidCases>;
export const InvalidReason: Codec<InvalidReason> = variants(invalidCases, {
  path: ["sp_runtime", "transaction_validity", "InvalidTransaction"],
});

const unknownCases = {
  CannotLookup: variant(0, unit),
  NoUnsignedValidator: variant(1, unit),
  Custom: variant(2, u8),
};
export type UnknownReason = EnumOf<typeof unknownCases>;
export const UnknownReason: Codec<UnknownReason> = variants(unknownCases, {
  path: ["sp_runtime", "transaction_validity", "UnknownTransaction"],
});

/** Why a transaction is refused: Substrate's `TransactionValidityError`. */
export type InvalidTransaction =
  | { readonly type: "Invalid"; readonly value: InvalidReason }
  | { readonly type: "Unknown"; readonly value: UnknownReason };
export const InvalidTransaction: Codec<InvalidTransaction> = variants(
  { Invalid: variant(0, InvalidReason), Unknown: variant(1, UnknownReason) },
  { path: ["sp_runtime", "transaction_validity", "TransactionValidityError"] },
);

/** `invalid("Stale")`, `invalid("Custom", 7)`. */
export function invalid(
  type: Exclude<InvalidReason["type"], "Custom">,
): InvalidTransaction & { type: "Invalid" };
export function invalid(type: "Custom", custom: number): InvalidTransaction & { type: "Invalid" };
export function invalid(
  type: InvalidReason["type"],
  custom = 0,
): InvalidTransaction & { type: "Invalid" } {
  return {
    type: "Invalid",
    value: type === "Custom" ? { type, value: custom } : { type, value: undefined },
  };
}

export interface ValidTransaction {
  readonly priority: bigint;
  readonly requires: readonly Uint8Array[];
  readonly provides: readonly Uint8Array[];
  /** Blocks. */
  readonly longevity: bigint;
  readonly propagate: boolean;
}
export const ValidTransaction: Codec<ValidTransaction> = struct(
  {
    priority: u64,
    requires: vec(bytes),
    provides: vec(bytes),
    longevity: u64,
    propagate: bool,
  },
  { path: ["sp_runtime", "transaction_validity", "ValidTransaction"] },
);

const sourceCases = {
  InBlock: variant(0, unit),
  Local: variant(1, unit),
  External: variant(2, unit),
};
export const TransactionSource: Codec<EnumOf<typeof sourceCases>> = variants(sourceCases, {
  path: ["sp_runtime", "transaction_validity", "TransactionSource"],
});
export type TransactionSource = "InBlock" | "Local" | "External";
