/** Look-up tables of a runtime, made once from its pallets. */
import { twox128 } from "@pha/crypto";
import { assert, type Codec, concatBytes, fromHex, utf8 } from "@pha/scale";
import { type Call, type CallDeclaration, callBuilder } from "../dispatch/call.ts";
import type { AnyImplementation, AnyPallet, Installed } from "../pallet/pallet.ts";
import type { RuntimeApiTable } from "./api.ts";
import { callCodec } from "./call-codec.ts";
import type { RuntimeVersion } from "./version.ts";

/** A call with the place it has in the runtime. */
export interface CallEntry {
  readonly pallet: PalletEntry;
  readonly name: string;
  readonly declaration: CallDeclaration;
}

export interface PalletEntry {
  readonly index: number;
  readonly pallet: AnyPallet;
  readonly config: unknown;
  readonly implementation: AnyImplementation;
  readonly callsByName: ReadonlyMap<string, CallEntry>;
  /** Index → call, with holes. */
  readonly callsByIndex: readonly (CallEntry | undefined)[];
  /** Item name → first 32 bytes of its keys. */
  readonly prefixes: ReadonlyMap<string, Uint8Array>;
}

export interface RuntimeTables {
  /** In the order of the runtime's list: that of hooks and genesis. */
  readonly pallets: readonly PalletEntry[];
  readonly byName: ReadonlyMap<string, PalletEntry>;
  /** Index → pallet, with holes. */
  readonly byIndex: readonly (PalletEntry | undefined)[];
  readonly callCodec: Codec<Call>;
  /** With the runtime APIs of all pallets. */
  readonly version: RuntimeVersion;
}

export function runtimeTables(
  installed: readonly Installed[],
  version: Omit<RuntimeVersion, "apis">,
  core: RuntimeApiTable<never>,
): RuntimeTables {
  const byName = new Map<string, PalletEntry>();
  const byIndex: (PalletEntry | undefined)[] = [];
  const pallets: PalletEntry[] = [];
  const codec = callCodec({ byName, byIndex });
  for (const { index, pallet, config } of installed) {
    assert(index >= 0 && index < 256, `index of ${pallet.name} is a byte`);
    assert(byIndex[index] === undefined, `index ${index} of ${pallet.name} is free`);
    assert(!byName.has(pallet.name), `${pallet.name} is installed once`);
    const entry = palletEntry(index, pallet, config, codec);
    pallets.push(entry);
    byName.set(pallet.name, entry);
    byIndex[index] = entry;
  }
  return {
    pallets,
    byName,
    byIndex,
    callCodec: codec,
    version: { ...version, apis: apisOf(core, pallets) },
  };
}

/** Ids and versions of the APIs, in order of their names. */
function apisOf(
  core: RuntimeApiTable<never>,
  pallets: readonly PalletEntry[],
): readonly (readonly [Uint8Array, number])[] {
  return [
    ...Object.entries(core),
    ...pallets.flatMap(({ implementation }) => Object.entries(implementation.runtimeApis ?? {})),
  ]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { id, version }]) => [fromHex(id), version] as const);
}

function palletEntry(
  index: number,
  pallet: AnyPallet,
  config: unknown,
  runtimeCall: Codec<Call>,
): PalletEntry {
  const implementation = pallet.instantiate({ call: callBuilder(), runtimeCall });
  const callsByName = new Map<string, CallEntry>();
  const callsByIndex: (CallEntry | undefined)[] = [];
  const prefix = twox128(utf8(pallet.name));
  const entry: PalletEntry = {
    index,
    pallet,
    config,
    implementation,
    callsByName,
    callsByIndex,
    prefixes: new Map(
      Object.keys(pallet.storage).map((item) => [item, concatBytes(prefix, twox128(utf8(item)))]),
    ),
  };
  for (const [name, declaration] of Object.entries(implementation.calls)) {
    assert(
      callsByIndex[declaration.index] === undefined,
      `index of ${pallet.name}.${name} is free`,
    );
    const call: CallEntry = { pallet: entry, name, declaration };
    callsByName.set(name, call);
    callsByIndex[declaration.index] = call;
  }
  assertDistinct(pallet.name, "event", pallet.events);
  assertDistinct(pallet.name, "error", pallet.errors);
  return entry;
}

function assertDistinct(
  pallet: string,
  what: string,
  entries: Readonly<Record<string, { readonly index: number }>>,
): void {
  const seen = new Set<number>();
  for (const [name, { index }] of Object.entries(entries)) {
    assert(
      index >= 0 && index < 256 && !seen.has(index),
      `${what} index of ${pallet}.${name} is free`,
    );
    seen.add(index);
  }
}
