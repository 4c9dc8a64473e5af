/** Registry of types: shapes in, ids out; equal types have one id. */
import { assert, type Field, type Shape, type TypeParameter } from "@pha/scale";
import { type FieldMetadata, PRIMITIVES, type TypeDef, type TypeMetadata } from "./codecs.ts";

export interface TypeRegistry {
  idOf(shape: Shape): number;
  types(): readonly { readonly id: number; readonly type: TypeMetadata }[];
}

/** @param replace puts the runtime's own types in place of those that stand for them */
export function createTypeRegistry(replace: ReadonlyMap<Shape, Shape>): TypeRegistry {
  const byShape = new Map<Shape, number>();
  const byKey = new Map<string, number>();
  const types: (TypeMetadata | undefined)[] = [];

  function idOf(given: Shape): number {
    const shape = replace.get(given) ?? given;
    const known = byShape.get(shape);
    if (known !== undefined) return known;
    if (shape.kind === "lazy") return idOfRecursive(shape);
    const type = typeOf(shape);
    const key = JSON.stringify(keyOf(type));
    const id = byKey.get(key) ?? types.push(type) - 1;
    byKey.set(key, id);
    byShape.set(shape, id);
    return id;
  }

  /** A type that may contain itself has its id before its content. */
  function idOfRecursive(lazy: Shape & { readonly kind: "lazy" }): number {
    let shape = lazy.resolve();
    while (shape.kind === "lazy") shape = shape.resolve();
    const known = byShape.get(shape);
    if (known !== undefined) return known;
    const id = types.push(undefined) - 1;
    byShape.set(shape, id);
    byShape.set(lazy, id);
    const type = typeOf(shape);
    types[id] = type;
    byKey.set(JSON.stringify(keyOf(type)), id);
    return id;
  }

  function typeOf(shape: Exclude<Shape, { readonly kind: "lazy" }>): TypeMetadata {
    const named = shape.kind === "composite" || shape.kind === "variant";
    return {
      path: named ? (shape.path ?? []) : [],
      params: named ? (shape.params ?? []).map(paramOf) : [],
      def: defOf(shape),
      docs: docsOf(shape.docs),
    };
  }

  function paramOf({ name, shape }: TypeParameter) {
    return { name, type: shape && idOf(shape) };
  }

  function defOf(shape: Exclude<Shape, { readonly kind: "lazy" }>): TypeDef {
    switch (shape.kind) {
      case "primitive": {
        const index = PRIMITIVES.indexOf(shape.primitive);
        assert(index >= 0, "every primitive has an index");
        return { type: "Primitive", value: index };
      }
      case "compact":
        return { type: "Compact", value: idOf(shape.inner) };
      case "array":
        return { type: "Array", value: { length: shape.length, type: idOf(shape.inner) } };
      case "sequence":
        return { type: "Sequence", value: idOf(shape.inner) };
      case "tuple":
        return { type: "Tuple", value: shape.inner.map(idOf) };
      case "composite":
        return { type: "Composite", value: shape.fields.map(fieldOf) };
      case "variant":
        return {
          type: "Variant",
          value: shape.variants.map(({ name, index, fields, docs }) => ({
            name,
            index,
            fields: fields.map(fieldOf),
            docs: docsOf(docs),
          })),
        };
    }
  }

  function fieldOf({ name, shape, typeName, docs }: Field): FieldMetadata {
    return {
      name: name === undefined ? undefined : snakeCase(name),
      type: idOf(shape),
      typeName,
      docs: docsOf(docs),
    };
  }

  return {
    idOf,
    types: () =>
      types.map((type, id) => {
        assert(type, "every reserved type was filled in");
        return { id, type };
      }),
  };
}

/** Everything but docs, and names that only readers see. */
function keyOf({ path, params, def }: TypeMetadata): unknown {
  return [path, params.map(({ name, type }) => [name, type ?? -1]), def.type, contentKey(def)];
}

function contentKey(def: TypeDef): unknown {
  const fieldKey = ({ name, type }: FieldMetadata) => [name ?? "", type];
  switch (def.type) {
    case "Composite":
      return def.value.map(fieldKey);
    case "Variant":
      return def.value.map(({ name, index, fields }) => [name, index, fields.map(fieldKey)]);
    default:
      return def.value;
  }
}

export function docsOf(docs: string | undefined): readonly string[] {
  return docs === undefined || docs === "" ? [] : docs.split("\n");
}

/** `newFree` → `new_free`, as names are in metadata. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
