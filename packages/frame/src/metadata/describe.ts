/** Metadata of a runtime, versions 14 and 15, from its declarations. */
import { concatBytes, encode, type Shape, u8, u32 } from "@pha/scale";
import type { AnyExtension } from "../extrinsic/extension.ts";
import { EXTRINSIC_VERSION } from "../extrinsic/extrinsic.ts";
import { MultiAddress } from "../extrinsic/multi-address.ts";
import { MultiSignature } from "../extrinsic/multi-signature.ts";
import type { RuntimeFacts } from "../pallet/declare.ts";
import type { RuntimeApiTable } from "../runtime/api.ts";
import { palletCallShape } from "../runtime/call-codec.ts";
import type { PalletEntry, RuntimeTables } from "../runtime/tables.ts";
import type { StorageItem } from "../storage/item.ts";
import {
  METADATA_MAGIC,
  MetadataV14,
  MetadataV15,
  type PalletMetadata,
  type StorageEntryMetadata,
} from "./codecs.ts";
import { createTypeRegistry, docsOf, snakeCase, type TypeRegistry } from "./registry.ts";
import {
  hasErrors,
  hasEvents,
  palletErrorShape,
  palletEventShape,
  type RuntimeShapes,
  runtimeShapes,
} from "./shapes.ts";

export type MetadataVersion = 14 | 15;
export const METADATA_VERSIONS: readonly MetadataVersion[] = [14, 15];

export interface MetadataInput {
  readonly tables: RuntimeTables;
  readonly extensions: readonly AnyExtension[];
  readonly apis: RuntimeApiTable<never>;
}

/** Encoded metadata with magic number and version in front. */
export function describeRuntime(input: MetadataInput, version: MetadataVersion): Uint8Array {
  const shapes = runtimeShapes(input.tables, input.extensions);
  const types = createTypeRegistry(shapes.replace);
  const pallets = input.tables.pallets.map((entry) => palletMetadata(types, entry, input.tables));
  const body =
    version === 14
      ? encode(MetadataV14, v14(input, shapes, types, pallets))
      : encode(MetadataV15, v15(input, shapes, types, pallets));
  return concatBytes(encode(u32, METADATA_MAGIC), encode(u8, version), body);
}

function v14(
  { extensions }: MetadataInput,
  shapes: RuntimeShapes,
  types: TypeRegistry,
  pallets: readonly PalletMetadata[],
): MetadataV14 {
  const extrinsic = {
    type: types.idOf(shapes.extrinsic),
    version: EXTRINSIC_VERSION,
    signedExtensions: extensions.map((one) => extensionMetadata(types, one)),
  };
  const type = types.idOf(runtimeShape());
  return { types: types.types(), pallets, extrinsic, type };
}

function v15(
  { extensions, apis }: MetadataInput,
  shapes: RuntimeShapes,
  types: TypeRegistry,
  pallets: readonly PalletMetadata[],
): MetadataV15 {
  const extrinsic = {
    version: EXTRINSIC_VERSION,
    address: types.idOf(MultiAddress.shape),
    call: types.idOf(shapes.call),
    signature: types.idOf(MultiSignature.shape),
    extra: types.idOf(shapes.extra),
    signedExtensions: extensions.map((one) => extensionMetadata(types, one)),
  };
  const type = types.idOf(runtimeShape());
  const described = Object.entries(apis).map(([name, api]) => ({
    name,
    docs: docsOf(api.docs),
    methods: Object.entries(api.methods).map(([method, { docs, inputs, output }]) => ({
      name: method,
      inputs: Object.entries(inputs).map(([input, codec]) => ({
        name: snakeCase(input),
        type: types.idOf(codec.shape),
      })),
      output: types.idOf(output.shape),
      docs: docsOf(docs),
    })),
  }));
  const outerEnums = {
    call: types.idOf(shapes.call),
    event: types.idOf(shapes.event),
    error: types.idOf(shapes.error),
  };
  return {
    types: types.types(),
    pallets,
    extrinsic,
    type,
    apis: described,
    outerEnums,
    custom: [],
  };
}

function runtimeShape(): Shape {
  return { kind: "composite", path: ["pha_runtime", "Runtime"], fields: [] };
}

function extensionMetadata(types: TypeRegistry, { name, extra, additional }: AnyExtension) {
  return {
    identifier: name,
    type: types.idOf(extra.shape),
    additionalSigned: types.idOf(additional.shape),
  };
}

function palletMetadata(
  types: TypeRegistry,
  entry: PalletEntry,
  runtime: RuntimeFacts,
): PalletMetadata {
  const { pallet, config, index } = entry;
  const items = Object.entries(pallet.storage).map(([name, item]) =>
    storageMetadata(types, name, item),
  );
  const constants = Object.entries(pallet.constants).map(([name, { codec, value, docs }]) => {
    // Constants of a pallet take the configuration of that pallet.
    const read = value as (config: unknown, runtime: RuntimeFacts) => unknown;
    return {
      name,
      type: types.idOf(codec.shape),
      value: encode(codec, read(config, runtime)),
      docs: docsOf(docs),
    };
  });
  return {
    name: pallet.name,
    storage: items.length > 0 ? { prefix: pallet.name, items } : undefined,
    calls: entry.callsByName.size > 0 ? types.idOf(palletCallShape(entry)) : undefined,
    events: hasEvents(entry) ? types.idOf(palletEventShape(entry)) : undefined,
    constants,
    errors: hasErrors(entry) ? types.idOf(palletErrorShape(entry)) : undefined,
    index,
    docs: docsOf(pallet.docs),
  };
}

function storageMetadata(
  types: TypeRegistry,
  name: string,
  { keys, value, fallback, docs }: StorageItem<unknown>,
): StorageEntryMetadata {
  const valueType = types.idOf(value.shape);
  const [first] = keys;
  return {
    name,
    modifier: { type: fallback ? "Default" : "Optional", value: undefined },
    type:
      first === undefined
        ? { type: "Plain", value: valueType }
        : {
            type: "Map",
            value: {
              hashers: keys.map(({ hasher }) => ({ type: hasher.name, value: undefined })),
              key: types.idOf(
                keys.length === 1
                  ? first.codec.shape
                  : { kind: "tuple", inner: keys.map(({ codec }) => codec.shape) },
              ),
              value: valueType,
            },
          },
    fallback: fallback ?? Uint8Array.of(0),
    docs: docsOf(docs),
  };
}
