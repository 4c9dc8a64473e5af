/**
 * Codecs of a chain's types, made from its metadata.
 *
 * Plain values: structs as objects, enums as `{ type, value }`, options as the value or `undefined`, byte sequences and
 * arrays as `Uint8Array`, unnamed single fields as the field itself.
 */
import { type FieldMetadata, type PortableType, PRIMITIVES } from "@pha/frame/metadata";
import {
  array,
  assert,
  bytes,
  type Codec,
  compact,
  fixedBytes,
  isPrimitiveName,
  lazy,
  option,
  PRIMITIVE_CODECS,
  struct,
  tuple,
  unit,
  type VariantOf,
  variant,
  variants,
  vec,
} from "@pha/scale";

export interface TypeCodecs {
  of(id: number): Codec<unknown>;
}

export function createTypeCodecs(types: readonly PortableType[]): TypeCodecs {
  const byId = new Map(types.map(({ id, type }) => [id, type]));
  const made = new Map<number, Codec<unknown>>();
  const busy = new Set<number>();

  function of(id: number): Codec<unknown> {
    const known = made.get(id);
    if (known) return known;
    if (busy.has(id)) return lazy(() => of(id));
    busy.add(id);
    const codec = build(id);
    busy.delete(id);
    made.set(id, codec);
    return codec;
  }

  function typeOf(id: number): PortableType["type"] {
    const type = byId.get(id);
    assert(type, `metadata has the type ${id}`);
    return type;
  }

  function build(id: number): Codec<unknown> {
    const { def, path, params } = typeOf(id);
    switch (def.type) {
      case "Composite":
        return fields(def.value);
      case "Variant": {
        const first = params[0]?.type;
        if (path.length === 1 && path[0] === "Option" && first !== undefined)
          return option(of(first));
        const cases: Record<string, VariantOf<unknown>> = {};
        for (const { name, index, fields: own } of def.value)
          cases[name] = variant(index, fields(own));
        return variants(cases);
      }
      case "Sequence":
        return isByte(def.value) ? bytes : vec(of(def.value));
      case "Array":
        return isByte(def.value.type)
          ? fixedBytes(def.value.length)
          : array(of(def.value.type), def.value.length);
      case "Tuple":
        return def.value.length === 0 ? unit : tuple(...def.value.map(of));
      case "Primitive": {
        const name = PRIMITIVES[def.value] ?? "";
        assert(isPrimitiveName(name), `the primitive ${name || def.value} is supported`);
        return PRIMITIVE_CODECS[name];
      }
      case "Compact":
        return compactOf(def.value);
      case "BitSequence":
        return bytes;
    }
  }

  function isByte(id: number): boolean {
    const { def } = typeOf(id);
    return def.type === "Primitive" && PRIMITIVES[def.value] === "u8";
  }

  /** Compact of an integer, through wrappers with one field. */
  function compactOf(id: number): Codec<unknown> {
    const { def } = typeOf(id);
    if (def.type === "Composite" && def.value.length === 1 && def.value[0])
      return compactOf(def.value[0].type);
    if (def.type === "Tuple" && def.value.length === 0) return unit;
    assert(def.type === "Primitive", "compact types are integers");
    const codec = of(id);
    // The shape says which: unsigned integers only reach this line.
    return compact(codec as Codec<number> | Codec<bigint> as Codec<bigint>);
  }

  function fields(own: readonly FieldMetadata[]): Codec<unknown> {
    const [first] = own;
    if (first === undefined) return unit;
    if (first.name === undefined)
      return own.length === 1 ? of(first.type) : tuple(...own.map(({ type }) => of(type)));
    const named: Record<string, Codec<unknown>> = {};
    for (const { name, type } of own) if (name !== undefined) named[name] = of(type);
    return struct(named);
  }

  return { of };
}
