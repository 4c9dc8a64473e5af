/** Types that only a composed runtime knows; metadata puts the real ones in their place. */
import type { Codec, Shape } from "@pha/scale";

/** Stands for the enum of all events. */
export const RUNTIME_EVENT_SHAPE: Shape = {
  kind: "variant",
  path: ["pha_runtime", "RuntimeEvent"],
  variants: [],
};

const PHASE_SHAPE: Shape = {
  kind: "variant",
  path: ["frame_system", "Phase"],
  variants: [
    {
      name: "ApplyExtrinsic",
      index: 0,
      fields: [{ shape: { kind: "primitive", primitive: "u32" }, typeName: "u32" }],
    },
    { name: "Finalization", index: 1, fields: [] },
    { name: "Initialization", index: 2, fields: [] },
  ],
};

const H256_SHAPE: Shape = {
  kind: "composite",
  path: ["primitive_types", "H256"],
  fields: [
    {
      shape: { kind: "array", inner: { kind: "primitive", primitive: "u8" }, length: 32 },
      typeName: "[u8; 32]",
    },
  ],
};

const EVENT_RECORD_SHAPE: Shape = {
  kind: "composite",
  path: ["frame_system", "EventRecord"],
  params: [
    { name: "E", shape: RUNTIME_EVENT_SHAPE },
    { name: "T", shape: H256_SHAPE },
  ],
  fields: [
    { name: "phase", shape: PHASE_SHAPE, typeName: "Phase" },
    { name: "event", shape: RUNTIME_EVENT_SHAPE, typeName: "E" },
    { name: "topics", shape: { kind: "sequence", inner: H256_SHAPE }, typeName: "Vec<T>" },
  ],
};

/** `Vec<EventRecord>` whose records are encoded already; read back as one opaque run of bytes. */
export const runtimeEvents: Codec<readonly Uint8Array[]> = {
  shape: { kind: "sequence", inner: EVENT_RECORD_SHAPE },
  minBytes: 1,
  write(writer, records) {
    writer.compact(records.length);
    for (const record of records) writer.raw(record);
  },
  read(reader) {
    reader.compact();
    return [reader.raw(reader.remaining)];
  },
};

/** Stands for the runtime's extrinsic type. */
export const UNCHECKED_EXTRINSIC_SHAPE: Shape = {
  kind: "composite",
  path: ["sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic"],
  fields: [],
};

/** An extrinsic as it comes, its length prefix included; for runtime APIs. */
export const opaqueExtrinsic: Codec<Uint8Array> = {
  shape: UNCHECKED_EXTRINSIC_SHAPE,
  minBytes: 1,
  write: (writer, bytes) => writer.raw(bytes),
  read(reader) {
    const start = reader.offset;
    reader.raw(reader.count(1));
    return reader.bytes.subarray(start, reader.offset);
  },
};
