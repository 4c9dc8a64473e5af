/**
 * Types of arguments and results as JSON, so that clients encode and print them without the contract's source.
 *
 * Text for primitives (`"u64"`, `"bool"`, `"str"`), one-key objects for the rest. **Bounds**: `MAX_TYPE_DEPTH`.
 */
import { assert, isPrimitiveName, type PrimitiveName, type Shape } from "@pha/scale";

export type AbiPrimitive = PrimitiveName | "unit" | "bytes";

export type AbiType =
  | AbiPrimitive
  | { readonly compact: "u8" | "u16" | "u32" | "u64" | "u128" }
  /** Fixed number of bytes. */
  | { readonly fixed: number }
  | { readonly seq: AbiType }
  | { readonly array: readonly [AbiType, number] }
  | { readonly tuple: readonly AbiType[] }
  | { readonly option: AbiType }
  | { readonly struct: readonly (readonly [name: string, type: AbiType])[] }
  | { readonly enum: readonly (readonly [name: string, index: number, type: AbiType])[] };

export const MAX_TYPE_DEPTH = 32;

/** @throws AssertionError for shapes that arguments and results may not have (`char`, recursive types) */
export function abiTypeOf(shape: Shape, depth = 0): AbiType {
  assert(depth < MAX_TYPE_DEPTH, "types of a contract nest at most 32 deep");
  const inner = (of: Shape): AbiType => abiTypeOf(of, depth + 1);
  switch (shape.kind) {
    case "primitive":
      assert(isPrimitiveName(shape.primitive), `${shape.primitive} is no ABI type`);
      return shape.primitive;
    case "compact": {
      const { inner: of } = shape;
      assert(of.kind === "primitive", "only integers are compact");
      // `compact` takes no others than the unsigned integers.
      return { compact: of.primitive as "u32" };
    }
    case "array":
      return isByte(shape.inner)
        ? { fixed: shape.length }
        : { array: [inner(shape.inner), shape.length] };
    case "sequence":
      return isByte(shape.inner) ? "bytes" : { seq: inner(shape.inner) };
    case "tuple":
      return shape.inner.length === 0 ? "unit" : { tuple: shape.inner.map(inner) };
    case "composite":
      return {
        struct: shape.fields.map(
          ({ name, shape: of }, i) => [name ?? String(i), inner(of)] as const,
        ),
      };
    case "variant": {
      if (shape.path?.[0] === "Option" && shape.path.length === 1) {
        const some = shape.variants[1]?.fields[0]?.shape;
        assert(some, "an option has a value");
        return { option: inner(some) };
      }
      return {
        enum: shape.variants.map(({ name, index, fields }) => {
          const named = fields[0]?.name !== undefined;
          const type: AbiType =
            fields.length === 0
              ? "unit"
              : named
                ? {
                    struct: fields.map(
                      ({ name: field, shape: of }) => [field ?? "", inner(of)] as const,
                    ),
                  }
                : fields.length === 1 && fields[0]
                  ? inner(fields[0].shape)
                  : { tuple: fields.map(({ shape: of }) => inner(of)) };
          return [name, index, type] as const;
        }),
      };
    }
    case "lazy":
      return abiTypeOf(shape.resolve(), depth + 1);
  }
}

function isByte(shape: Shape): boolean {
  return shape.kind === "primitive" && shape.primitive === "u8";
}

/** True when foreign JSON is a type. */
export function isAbiType(value: unknown, depth = 0): value is AbiType {
  if (depth >= MAX_TYPE_DEPTH) return false;
  if (typeof value === "string")
    return value === "unit" || value === "bytes" || isPrimitiveName(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) return false;
  const [kind, of] = entry;
  const type = (one: unknown): boolean => isAbiType(one, depth + 1);
  switch (kind) {
    case "compact":
      return typeof of === "string" && ["u8", "u16", "u32", "u64", "u128"].includes(of);
    case "fixed":
      return isCount(of);
    case "seq":
    case "option":
      return type(of);
    case "array":
      return Array.isArray(of) && of.length === 2 && type(of[0]) && isCount(of[1]);
    case "tuple":
      return Array.isArray(of) && of.every(type);
    case "struct":
      return Array.isArray(of) && of.every((field) => isNamed(field, 2) && type(field[1]));
    case "enum":
      return (
        Array.isArray(of) &&
        of.every((one) => isNamed(one, 3) && isCount(one[1]) && one[1] < 256 && type(one[2]))
      );
    default:
      return false;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_536;
}

/** Names become properties of objects: no `__proto__`, nothing long. */
const FIELD_NAME = /^(?!__proto__$)[A-Za-z0-9_-]{1,64}$/;

function isNamed(value: unknown, length: number): value is readonly [string, unknown, unknown] {
  if (!Array.isArray(value) || value.length !== length) return false;
  const name: unknown = value[0];
  return typeof name === "string" && FIELD_NAME.test(name);
}
