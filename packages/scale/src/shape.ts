/**
 * Shape of a SCALE type: what metadata, forms and generated codecs derive from.
 *
 * `path` and `docs` become the type's path and documentation in runtime metadata; two shapes with equal paths and
 * equal structure are one type there.
 */
export type Primitive =
  | "bool"
  | "str"
  | "char"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "u128"
  | "u256"
  | "i8"
  | "i16"
  | "i32"
  | "i64"
  | "i128";

/** Length of the primitives of which every encoding has the same. Not of `bool`, of whose byte two values mean something. */
export const FIXED_BYTES: Readonly<Partial<Record<Primitive, number>>> = {
  char: 4,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  u128: 16,
  u256: 32,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  i128: 16,
};

export interface Field {
  /** Absent in tuples and tuple variants. */
  readonly name?: string;
  readonly shape: Shape;
  /** Rust name of the type, for tools that show it. */
  readonly typeName?: string;
  readonly docs?: string;
}

export interface Variant {
  readonly name: string;
  /** 0 to 255, unique in the enum. */
  readonly index: number;
  readonly fields: readonly Field[];
  readonly docs?: string;
}

export interface TypeParameter {
  readonly name: string;
  readonly shape?: Shape;
}

interface Named {
  readonly path?: readonly string[];
  readonly params?: readonly TypeParameter[];
  readonly docs?: string;
}

export type Shape = Named &
  (
    | { readonly kind: "primitive"; readonly primitive: Primitive }
    | { readonly kind: "compact"; readonly inner: Shape }
    | { readonly kind: "array"; readonly inner: Shape; readonly length: number }
    | {
        readonly kind: "sequence";
        readonly inner: Shape;
        /** Items at most; no part of metadata. Absent: only the input bounds it. */
        readonly max?: number;
      }
    | { readonly kind: "tuple"; readonly inner: readonly Shape[] }
    | { readonly kind: "composite"; readonly fields: readonly Field[] }
    | { readonly kind: "variant"; readonly variants: readonly Variant[] }
    /** Resolved when asked, so that types can contain themselves. */
    | { readonly kind: "lazy"; readonly resolve: () => Shape }
  );
