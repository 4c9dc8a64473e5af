export {
  type FieldMetadata,
  type HasherName,
  METADATA_MAGIC,
  MetadataV14,
  MetadataV15,
  type PortableType,
  PRIMITIVES,
} from "./codecs.ts";
