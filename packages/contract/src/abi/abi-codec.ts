/** Codecs of ABI types; values are plain: objects, arrays, bigint, `Uint8Array`, `{ type, value }` for enums. */
import {
  array,
  bytes,
  type Codec,
  compact,
  fixedBytes,
  option,
  PRIMITIVE_CODECS,
  struct,
  tuple,
  u8,
  u16,
  u32,
  u64,
  u128,
  unit,
  type VariantOf,
  variant,
  variants,
  vec,
} from "@pha/scale";
import type { AbiPrimitive, AbiType } from "./abi-type.ts";

const PRIMITIVES: Readonly<Record<AbiPrimitive, Codec<unknown>>> = {
  ...PRIMITIVE_CODECS,
  unit,
  bytes,
};

const COMPACTS: Readonly<Record<string, Codec<unknown>>> = {
  u8: compact(u8),
  u16: compact(u16),
  u32: compact(u32),
  u64: compact(u64),
  u128: compact(u128),
};

export function codecFromAbi(type: AbiType): Codec<unknown> {
  if (typeof type === "string") return PRIMITIVES[type];
  if ("compact" in type) return COMPACTS[type.compact] ?? unit;
  if ("fixed" in type) return fixedBytes(type.fixed);
  if ("seq" in type) return vec(codecFromAbi(type.seq));
  if ("array" in type) return array(codecFromAbi(type.array[0]), type.array[1]);
  if ("tuple" in type) return tuple(...type.tuple.map(codecFromAbi));
  if ("option" in type) return option(codecFromAbi(type.option));
  if ("struct" in type)
    return struct(Object.fromEntries(type.struct.map(([name, of]) => [name, codecFromAbi(of)])));
  const cases: Record<string, VariantOf<unknown>> = {};
  for (const [name, index, of] of type.enum) cases[name] = variant(index, codecFromAbi(of));
  return variants(cases);
}
