/**
 * Runtime metadata V14 as bytes: the type registry and the pallets.
 *
 * @see substrate-frame-metadata "v14"
 */
import {
  boundedBytes,
  type CodecType,
  compact,
  fixedBytes,
  option,
  str,
  struct,
  u8,
  u32,
  variant,
  variants,
  vec,
} from "@pha/scale";

const TypeId = compact(u32);
const docs = vec(str, 4096);

const Field = struct({ name: option(str), type: TypeId, typeName: option(str), docs });
export type MetadataField = CodecType<typeof Field>;

const PRIMITIVES = [
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
export type PrimitiveName = (typeof PRIMITIVES)[number];

export function primitiveName(index: number): PrimitiveName | undefined {
  return PRIMITIVES[index];
}

const TypeDef = variants({
  Composite: variant(0, vec(Field)),
  Variant: variant(1, vec(struct({ name: str, fields: vec(Field), index: u8, docs }))),
  Sequence: variant(2, TypeId),
  Array: variant(3, struct({ length: u32, type: TypeId })),
  Tuple: variant(4, vec(TypeId)),
  Primitive: variant(5, u8),
  Compact: variant(6, TypeId),
  BitSequence: variant(7, struct({ store: TypeId, order: TypeId })),
});

const PortableType = struct({
  id: TypeId,
  path: vec(str),
  params: vec(struct({ name: str, type: option(TypeId) })),
  def: TypeDef,
  docs,
});
export type PortableType = CodecType<typeof PortableType>;

const StorageEntry = struct({
  name: str,
  modifier: u8,
  type: variants({
    Plain: variant(0, TypeId),
    Map: variant(1, struct({ hashers: vec(u8), key: TypeId, value: TypeId })),
  }),
  default: boundedBytes(1 << 20),
  docs,
});

const PalletMetadata = struct({
  name: str,
  storage: option(struct({ prefix: str, entries: vec(StorageEntry) })),
  calls: option(TypeId),
  events: option(TypeId),
  constants: vec(struct({ name: str, type: TypeId, value: boundedBytes(1 << 20), docs })),
  errors: option(TypeId),
  index: u8,
});
export type PalletMetadata = CodecType<typeof PalletMetadata>;

/** `meta` ‖ 14 in front. */
export const MetadataV14 = struct({
  magic: fixedBytes(4),
  version: u8,
  types: vec(PortableType, 1 << 16),
  pallets: vec(PalletMetadata, 256),
  extrinsic: struct({
    type: TypeId,
    version: u8,
    signedExtensions: vec(struct({ identifier: str, type: TypeId, additionalSigned: TypeId })),
  }),
  type: TypeId,
});
export type MetadataV14 = CodecType<typeof MetadataV14>;
