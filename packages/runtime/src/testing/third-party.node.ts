/** Codecs that two independent client libraries build from our metadata, for tests. */
import { createRequire } from "node:module";
import { toHex } from "@pha/scale";
import { Metadata, TypeRegistry } from "@polkadot/types";
import { decAnyMetadata, unifyMetadata } from "@polkadot-api/substrate-bindings";

interface AnyCodec {
  enc(value: unknown): Uint8Array;
  dec(bytes: Uint8Array | string): unknown;
}

/** What is used of polkadot-api's builder of codecs. */
export interface PapiBuilder {
  buildDefinition(id: number): AnyCodec;
  buildCall(
    pallet: string,
    call: string,
  ): { readonly codec: AnyCodec; readonly location: [number, number] };
  buildStorage(
    pallet: string,
    item: string,
  ): {
    readonly keys: { enc(...keys: unknown[]): string; dec(key: string): unknown[] };
    readonly value: AnyCodec;
  };
  buildConstant(pallet: string, name: string): AnyCodec;
  buildRuntimeCall(
    api: string,
    method: string,
  ): { readonly args: AnyCodec; readonly value: AnyCodec };
}

interface PapiModule {
  getLookupFn(metadata: unknown): unknown;
  getDynamicBuilder(lookup: unknown): PapiBuilder;
}

/** The version of the builder that polkadot-api itself uses. */
const papiRequire = createRequire(createRequire(import.meta.url).resolve("polkadot-api"));
const papi: PapiModule = await import(papiRequire.resolve("@polkadot-api/metadata-builders"));

export interface ThirdParties {
  readonly builder: PapiBuilder;
  readonly metadata: ReturnType<typeof unifyMetadata>;
  readonly registry: TypeRegistry;
}

/** polkadot-api reads version 15, @polkadot/types version 14. */
export function thirdParties(runtime: { metadata(version: 14 | 15): Uint8Array }): ThirdParties {
  const metadata = unifyMetadata(decAnyMetadata(runtime.metadata(15)));
  const registry = new TypeRegistry();
  registry.setMetadata(new Metadata(registry, hexOf(runtime.metadata(14))));
  return { builder: papi.getDynamicBuilder(papi.getLookupFn(metadata)), metadata, registry };
}

export function hexOf(bytes: Uint8Array): `0x${string}` {
  return `0x${toHex(bytes).slice(2)}`;
}
