/** A chain's metadata made useful: calls, storage values, events, errors and constants by name. */
import { blake2b128, blake2b256, twox64, twox128, twox256 } from "@pha/crypto";
import { type HasherName, METADATA_MAGIC, MetadataV14 } from "@pha/frame/metadata";
import {
  assert,
  type Codec,
  checked,
  concatBytes,
  type DecodeError,
  decode,
  encode,
  fail,
  ok,
  type Result,
  struct,
  u8,
  u32,
  utf8,
} from "@pha/scale";
import { createTypeCodecs, type TypeCodecs } from "./codec-of.ts";

export type MetadataError =
  | DecodeError
  | { readonly code: "metadata/other-version"; readonly version: number };

/** How an item of storage is found and read. */
export interface StorageItem {
  /** Key of the item with these map keys. */
  key(...keys: readonly unknown[]): Uint8Array;
  readonly value: Codec<unknown>;
  /** Value of an absent entry, when the item has a default. */
  readonly fallback: Uint8Array | undefined;
}

/** Calls, storage, constants, errors and events of a runtime, by their names. */
export interface RuntimeMetadata {
  readonly types: TypeCodecs;
  readonly pallets: MetadataV14["pallets"];
  readonly signedExtensions: readonly {
    readonly identifier: string;
    readonly extra: Codec<unknown>;
    readonly additional: Codec<unknown>;
  }[];
  /** Pallet index ‖ call index ‖ arguments; `undefined` when the chain has no such call. */
  encodeCall(pallet: string, call: string, args: unknown): Uint8Array | undefined;
  storage(pallet: string, item: string): StorageItem | undefined;
  constant(pallet: string, name: string): unknown;
  /** Name and documentation of a module error. */
  errorOf(
    palletIndex: number,
    errorIndex: number,
  ): { readonly name: string; readonly docs: string } | undefined;
  readonly events: Codec<unknown>;
}

const Prefixed = struct({
  magic: checked(u32, (magic) => magic === METADATA_MAGIC),
  version: u8,
  metadata: MetadataV14,
});

/** Reads a runtime's metadata (V14). */
export function decodeMetadata(bytes: Uint8Array): Result<RuntimeMetadata, MetadataError> {
  if (bytes[4] !== undefined && bytes[4] !== 14)
    return fail({ code: "metadata/other-version", version: bytes[4] });
  const decoded = decode(Prefixed, bytes);
  return decoded.ok ? ok(createMetadata(decoded.value.metadata)) : decoded;
}

function createMetadata(metadata: MetadataV14): RuntimeMetadata {
  const types = createTypeCodecs(metadata.types);
  const typeById = new Map(metadata.types.map(({ id, type }) => [id, type]));
  const palletByName = new Map(metadata.pallets.map((pallet) => [pallet.name, pallet]));

  function variantsOf(id: number | undefined) {
    const type = id === undefined ? undefined : typeById.get(id);
    return type?.def.type === "Variant" ? type.def.value : [];
  }

  const events = (): Codec<unknown> => {
    const item = storage("System", "Events");
    assert(item, "every chain has System.Events");
    return item.value;
  };

  function storage(pallet: string, item: string): StorageItem | undefined {
    const entry = palletByName.get(pallet)?.storage?.items.find(({ name }) => name === item);
    const prefix = palletByName.get(pallet)?.storage?.prefix;
    if (entry === undefined || prefix === undefined) return undefined;
    const start = concatBytes(twox128(utf8(prefix)), twox128(utf8(item)));
    const { type } = entry;
    const fallback = entry.modifier.type === "Default" ? entry.fallback : undefined;
    if (type.type === "Plain") return { key: () => start, value: types.of(type.value), fallback };
    const { hashers, key, value } = type.value;
    const keyType = typeById.get(key);
    const keyCodecs =
      hashers.length === 1
        ? [types.of(key)]
        : keyType?.def.type === "Tuple"
          ? keyType.def.value.map(types.of)
          : [];
    return {
      value: types.of(value),
      fallback,
      key: (...keys) =>
        concatBytes(
          start,
          ...keys.map((part, i) => {
            const codec = keyCodecs[i];
            assert(codec, `${pallet}.${item} has ${keyCodecs.length} keys`);
            const hasher = hashers[i];
            assert(hasher, `${pallet}.${item} has a hasher for each key`);
            return hashKey(hasher.type, encode(codec, part));
          }),
        ),
    };
  }

  return {
    types,
    pallets: metadata.pallets,
    signedExtensions: metadata.extrinsic.signedExtensions.map(
      ({ identifier, type, additionalSigned }) => ({
        identifier,
        extra: types.of(type),
        additional: types.of(additionalSigned),
      }),
    ),
    encodeCall(pallet, call, args) {
      const found = palletByName.get(pallet);
      if (found?.calls === undefined) return undefined;
      if (!variantsOf(found.calls).some(({ name }) => name === call)) return undefined;
      const codec = types.of(found.calls);
      return concatBytes(Uint8Array.of(found.index), encode(codec, { type: call, value: args }));
    },
    storage,
    constant(pallet, name) {
      const found = palletByName.get(pallet)?.constants.find((constant) => constant.name === name);
      if (found === undefined) return undefined;
      const value = decode(types.of(found.type), found.value);
      return value.ok ? value.value : undefined;
    },
    errorOf(palletIndex, errorIndex) {
      const pallet = metadata.pallets.find(({ index }) => index === palletIndex);
      const found = variantsOf(pallet?.errors).find(({ index }) => index === errorIndex);
      return found && { name: `${pallet?.name}.${found.name}`, docs: found.docs.join(" ") };
    },
    get events() {
      return events();
    },
  };
}

function hashKey(hasher: HasherName, key: Uint8Array): Uint8Array {
  switch (hasher) {
    case "Blake2_128":
      return blake2b128(key);
    case "Blake2_256":
      return blake2b256(key);
    case "Blake2_128Concat":
      return concatBytes(blake2b128(key), key);
    case "Twox128":
      return twox128(key);
    case "Twox256":
      return twox256(key);
    case "Twox64Concat":
      return concatBytes(twox64(key), key);
    case "Identity":
      return key;
  }
}
