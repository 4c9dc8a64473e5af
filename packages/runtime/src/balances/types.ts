/** Values of the Balances pallet beside the account data in System. */
import {
  assert,
  type Codec,
  type EnumOf,
  fixedBytes,
  mapCodec,
  struct,
  u128,
  unit,
  utf8,
  variant,
  variants,
} from "@pha/scale";

/** Why funds are held: eight characters. */
export const holdReason: Codec<string> = mapCodec(
  fixedBytes(8),
  (id) => String.fromCharCode(...id),
  (text) => {
    const id = utf8(text);
    assert(id.length === 8, "a hold reason has eight characters");
    return id;
  },
);

export const Hold = struct(
  { id: holdReason, amount: u128 },
  { path: ["frame_support", "traits", "tokens", "misc", "IdAmount"] },
);

const reasons = variants(
  { Fee: variant(0, unit), Misc: variant(1, unit), All: variant(2, unit) },
  { path: ["pallet_balances", "types", "Reasons"] },
);
/** A lock of older chains; none is ever made here, tools ask for them. */
export const BalanceLock = struct(
  { id: fixedBytes(8), amount: u128, reasons },
  { path: ["pallet_balances", "types", "BalanceLock"] },
);
export const ReserveData = struct(
  { id: fixedBytes(8), amount: u128 },
  { path: ["pallet_balances", "types", "ReserveData"] },
);

const directions = { Increase: variant(0, unit), Decrease: variant(1, unit) };
export const AdjustmentDirection: Codec<EnumOf<typeof directions>> = variants(directions, {
  path: ["pallet_balances", "types", "AdjustmentDirection"],
});

const statuses = { Free: variant(0, unit), Reserved: variant(1, unit) };
export const BalanceStatus: Codec<EnumOf<typeof statuses>> = variants(statuses, {
  path: ["frame_support", "traits", "tokens", "misc", "BalanceStatus"],
});
