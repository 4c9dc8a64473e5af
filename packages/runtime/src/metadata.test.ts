import { blake2b } from "@noble/hashes/blake2.js";
import { decode, encode, toHex, utf8 } from "@pha/scale";
import { Metadata, TypeRegistry } from "@polkadot/types";
import { getDynamicBuilder, getLookupFn } from "@polkadot-api/metadata-builders";
import { decAnyMetadata, unifyMetadata } from "@polkadot-api/substrate-bindings";
import { describe, expect, test } from "vitest";
import { startTestChain } from "./testing/test-chain.ts";

const chain = startTestChain();
const { runtime } = chain;

describe("metadata", () => {
  test("is read by both third-party libraries, versions 14 and 15", () => {
    for (const version of [14, 15] as const) {
      const bytes = runtime.metadata(version);
      expect(decAnyMetadata(bytes).metadata.tag).toBe(`v${version}`);
      const registry = new TypeRegistry();
      const metadata = new Metadata(registry, toHex(bytes) as `0x${string}`);
      expect(metadata.version).toBe(version);
      expect(toHex(metadata.toU8a())).toBe(toHex(bytes));
      registry.setMetadata(metadata);
      expect(metadata.asLatest.pallets.length).toBe(runtime.tables.pallets.length);
    }
  });
});
