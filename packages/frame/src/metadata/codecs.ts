/**
 * Codecs of runtime metadata, versions 14 and 15.
 *
 * **Bounds**: `MAX_TYPES`, `MAX_PALLETS`, `MAX_DOC_LINES`, `MAX_VALUE_BYTES`; other counts by the input. **Trust**: our
 * own when encoding; foreign when a chain's metadata is read to decode its events and extrinsics.
 *
 * @see substrate-frame-metadata "v14"
 */
import {
  boundedBytes,
  compact,
  type EnumOf,
  option,
  type StructOf,
  str,
  struct,
  tuple,
  u8,
  u32,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";

/** "meta", read as little-endian u32. */
export const METADATA_MAGIC = 0x6174656d;

const MAX_TYPES = 1 << 16;
/** A pallet's index is one byte. */
const MAX_PALLETS = 256;
const MAX_DOC_LINES = 4096;
const MAX_VALUE_BYTES = 1 << 20;

const typeId = compact(u32);
const valueBytes = boundedBytes(MAX_VALUE_BYTES);
const docs = vec(str, MAX_DOC_LINES);

const FieldMetadata = struct({
  name: option(str),
  type: typeId,
  typeName: option(str),
  docs,
});
export type FieldMetadata = StructOf<{
  name: ReturnType<typeof option<string>>;
  type: typeof typeId;
  typeName: ReturnType<typeof option<string>>;
  docs: typeof docs;
}>;

const VariantMetadata = struct({
  name: str,
  fields: vec(FieldMetadata),
  index: u8,
  docs,
});

export const PRIMITIVES = [
  "bool",
  "char",
  "str",
  "u8",
  "u16",
  "u32",
  "u64",
  "u128",
  "u256",
  "i8",
  "i16",
  "i32",
  "i64",
  "i128",
  "i256",
] as const;

const typeDefCases = {
  Composite: variant(0, vec(FieldMetadata)),
  Variant: variant(1, vec(VariantMetadata)),
  Sequence: variant(2, typeId),
  Array: variant(3, struct({ length: u32, type: typeId })),
  Tuple: variant(4, vec(typeId)),
  /** Index into `PRIMITIVES`. */
  Primitive: variant(5, u8),
  Compact: variant(6, typeId),
  BitSequence: variant(7, struct({ store: typeId, order: typeId })),
};
export type TypeDef = EnumOf<typeof typeDefCases>;

const typeFields = {
  path: vec(str),
  params: vec(struct({ name: str, type: option(typeId) })),
  def: variants(typeDefCases),
  docs,
};
export type TypeMetadata = StructOf<typeof typeFields>;
const portableFields = { id: typeId, type: struct(typeFields) };
const PortableType = struct(portableFields);
export type PortableType = StructOf<typeof portableFields>;

const hasherCases = {
  Blake2_128: variant(0, unit),
  Blake2_256: variant(1, unit),
  Blake2_128Concat: variant(2, unit),
  Twox128: variant(3, unit),
  Twox256: variant(4, unit),
  Twox64Concat: variant(5, unit),
  Identity: variant(6, unit),
};
const hashers = variants(hasherCases);
export type HasherName = keyof typeof hasherCases;

const storageEntryFields = {
  name: str,
  modifier: variants({
    Optional: variant(0, unit),
    Default: variant(1, unit),
    Required: variant(2, unit),
  }),
  type: variants({
    Plain: variant(0, typeId),
    Map: variant(1, struct({ hashers: vec(hashers), key: typeId, value: typeId })),
  }),
  fallback: valueBytes,
  docs,
};
export type StorageEntryMetadata = StructOf<typeof storageEntryFields>;

const palletFields = {
  name: str,
  storage: option(struct({ prefix: str, items: vec(struct(storageEntryFields)) })),
  calls: option(typeId),
  events: option(typeId),
  constants: vec(struct({ name: str, type: typeId, value: valueBytes, docs })),
  errors: option(typeId),
  index: u8,
};
const palletFields15 = { ...palletFields, docs };
export type PalletMetadata = StructOf<typeof palletFields15>;

const SignedExtensionMetadata = struct({ identifier: str, type: typeId, additionalSigned: typeId });

const v14Fields = {
  types: vec(PortableType, MAX_TYPES),
  pallets: vec(struct(palletFields), MAX_PALLETS),
  extrinsic: struct({
    type: typeId,
    version: u8,
    signedExtensions: vec(SignedExtensionMetadata),
  }),
  type: typeId,
};
export const MetadataV14 = struct(v14Fields);
export type MetadataV14 = StructOf<typeof v14Fields>;

const v15Fields = {
  types: vec(PortableType, MAX_TYPES),
  pallets: vec(struct(palletFields15), MAX_PALLETS),
  extrinsic: struct({
    version: u8,
    address: typeId,
    call: typeId,
    signature: typeId,
    extra: typeId,
    signedExtensions: vec(SignedExtensionMetadata),
  }),
  type: typeId,
  apis: vec(
    struct({
      name: str,
      methods: vec(
        struct({
          name: str,
          inputs: vec(struct({ name: str, type: typeId })),
          output: typeId,
          docs,
        }),
      ),
      docs,
    }),
  ),
  outerEnums: struct({ call: typeId, event: typeId, error: typeId }),
  custom: vec(tuple(str, struct({ type: typeId, value: valueBytes }))),
};
export const MetadataV15 = struct(v15Fields);
export type MetadataV15 = StructOf<typeof v15Fields>;
