/** Metadata of foreign runtimes, versions 14 and 15: decodes to its end, encodes to itself, and its types work. */
import assert from "node:assert/strict";
import { METADATA_MAGIC, MetadataV14, MetadataV15 } from "@pha/frame/metadata";
import { boundedBytes, type Codec, decode, encode, equalBytes, option, Reader } from "@pha/scale";
import { decodeMetadata, type RuntimeMetadata } from "@pha/sdk";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

const opaque = boundedBytes(16 << 20);
/** Magic and version come before the body. */
const PREFIX = 5;
/** Indexes of the original network, where a client could see them. */
const ORIGINAL_INDEXES: Readonly<Record<string, number>> = {
  PhalaMq: 85,
  PhalaRegistry: 86,
  PhalaComputation: 87,
  PhalaStakePoolv2: 93,
  PhalaVault: 94,
  PhalaWrappedBalances: 95,
  PhalaBasePool: 96,
};

export const loadMetadataVectors: VectorLoader = ({ name, bytes }) => {
  if (!/\.(scale|bin|hex)$/.test(name)) return undefined;
  const binary = unwrapped(name.endsWith(".hex") ? fromHexText(bytes) : bytes);
  if (binary === undefined || binary.length < PREFIX) return undefined;
  const reader = new Reader(binary);
  if (reader.u32() !== METADATA_MAGIC) return undefined;
  const version = reader.u8();
  return version === 14
    ? [...formCases(MetadataV14, binary), ...typeCases(binary)]
    : version === 15
      ? formCases(MetadataV15, binary)
      : [{ name: "decodes", run: () => ({ skip: `metadata version ${version} is not ours` }) }];
};

/** The runtime call answers with the metadata as bytes, or as optional bytes. */
function unwrapped(bytes: Uint8Array | undefined): Uint8Array | undefined {
  for (const codec of bytes ? [opaque, option(opaque)] : []) {
    const inner = decode<Uint8Array | undefined>(codec, bytes ?? new Uint8Array(0));
    if (inner.ok && inner.value !== undefined) return inner.value;
  }
  return bytes;
}

function fromHexText(bytes: Uint8Array): Uint8Array | undefined {
  const digits = new TextDecoder().decode(bytes).trim().replace(/^0x/, "");
  return /^([0-9a-f]{2})+$/i.test(digits) ? Uint8Array.from(Buffer.from(digits, "hex")) : undefined;
}

function formCases<T>(codec: Codec<T>, binary: Uint8Array): readonly VectorCase[] {
  const body = binary.subarray(PREFIX);
  return [
    {
      name: "decodes to its end and encodes to itself",
      run: () => {
        const decoded = decode(codec, body);
        assert(decoded.ok, decoded.ok ? "" : `${decoded.error.reason} at ${decoded.error.offset}`);
        assert(equalBytes(encode(codec, decoded.value), body), "encodes to the same bytes");
        return undefined;
      },
    },
    {
      name: "is refused when cut or longer",
      run: () => {
        for (let i = 0; i < 64; i++)
          assert.equal(
            decode(codec, body.subarray(0, Math.floor((body.length * i) / 64))).ok,
            false,
          );
        const longer = new Uint8Array(body.length + 1);
        longer.set(body);
        assert.equal(decode(codec, longer).ok, false);
        return undefined;
      },
    },
  ];
}

/** What a client does with the types. */
function typeCases(binary: Uint8Array): readonly VectorCase[] {
  const opened = (): RuntimeMetadata => {
    const metadata = decodeMetadata(binary);
    assert(metadata.ok, metadata.ok ? "" : metadata.error.code);
    return metadata.value;
  };
  return [
    { name: "defaults of storage decode by their types", run: () => checkDefaults(opened()) },
    { name: "constants decode by their types", run: () => checkConstants(opened()) },
    { name: "pallets have one name and index each", run: () => checkPallets(opened()) },
    {
      name: "is refused with another magic or version",
      run: () => {
        const other = binary.slice();
        other[4] = 9;
        assert.equal(decodeMetadata(other).ok, false);
        return undefined;
      },
    },
  ];
}

function checkDefaults({ pallets, storage }: RuntimeMetadata): undefined {
  for (const pallet of pallets)
    for (const { name } of pallet.storage?.items ?? []) {
      const item = storage(pallet.name, name);
      assert(item, `${pallet.name}.${name}`);
      if (item.fallback === undefined) continue;
      const value = decode(item.value, item.fallback);
      assert(value.ok, `${pallet.name}.${name} has a readable default`);
      assert(equalBytes(encode(item.value, value.value), item.fallback), `${pallet.name}.${name}`);
    }
  return undefined;
}

function checkConstants({ pallets, types }: RuntimeMetadata): undefined {
  for (const { name: pallet, constants } of pallets)
    for (const { name, type, value } of constants) {
      const codec = types.of(type);
      const decoded = decode(codec, value);
      assert(decoded.ok, `${pallet}.${name} is readable`);
      assert(equalBytes(encode(codec, decoded.value), value), `${pallet}.${name}`);
    }
  return undefined;
}

function checkPallets({ pallets }: RuntimeMetadata): undefined {
  assert.equal(new Set(pallets.map(({ name }) => name)).size, pallets.length);
  assert.equal(new Set(pallets.map(({ index }) => index)).size, pallets.length);
  for (const { name, index } of pallets)
    if (ORIGINAL_INDEXES[name] !== undefined) assert.equal(index, ORIGINAL_INDEXES[name], name);
  return undefined;
}
