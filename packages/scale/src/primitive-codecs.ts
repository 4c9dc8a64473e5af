/** Codec of each primitive under the name that shapes, metadata and ABIs give it. */
import type { Codec } from "./codec.ts";
import { bool, i8, i16, i32, i64, i128, str, u8, u16, u32, u64, u128, u256 } from "./codecs.ts";
import type { Primitive } from "./shape.ts";

/** Primitives that have a codec: no chain that we know encodes a `char`. */
export type PrimitiveName = Exclude<Primitive, "char">;

export const PRIMITIVE_CODECS: Readonly<Record<PrimitiveName, Codec<unknown>>> = {
  bool,
  str,
  u8,
  u16,
  u32,
  u64,
  u128,
  u256,
  i8,
  i16,
  i32,
  i64,
  i128,
};

export function isPrimitiveName(text: string): text is PrimitiveName {
  return Object.hasOwn(PRIMITIVE_CODECS, text);
}
