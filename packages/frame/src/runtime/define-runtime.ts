/** Composition of a runtime from its pallets. */
import { assert } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import { memoryOverlay } from "../memory-overlay.ts";
import type { Overlay } from "../overlay.ts";
import type { AnyPallet, Installed } from "../pallet/pallet.ts";
import { type BlockEnv, createEnv } from "./env.ts";
import { type RuntimeTables, runtimeTables } from "./tables.ts";
import type { AnyInstalled, GenesisOf, Tx } from "./types.ts";
import type { RuntimeVersion } from "./version.ts";

export interface RuntimeOptions<P extends readonly AnyInstalled[]> {
  readonly version: Omit<RuntimeVersion, "apis">;
  /** In the order of hooks and genesis. */
  readonly pallets: P;
}

export interface Runtime<P extends readonly AnyInstalled[] = readonly AnyInstalled[]> {
  readonly version: RuntimeVersion;
  readonly tables: RuntimeTables;
  /** Calls by name: `tx.Balances.transfer_keep_alive({ dest, value })`. */
  readonly tx: Tx<P>;
  /** The block on an overlay: one per overlay, made at first use. */
  env(overlay: Overlay): BlockEnv;
  /** Entries of the genesis state, in order of keys. */
  genesis(genesis: GenesisOf<P>): readonly (readonly [key: Uint8Array, value: Uint8Array])[];
}

export function defineRuntime<const P extends readonly AnyInstalled[]>(
  options: RuntimeOptions<P>,
): Runtime<P> {
  // Every pallet was made by `definePallet`, whose contexts the tables build: the erased form is the same object.
  const installed = options.pallets as unknown as readonly Installed<AnyPallet>[];
  const tables = runtimeTables(installed, options.version);
  const envs = new WeakMap<Overlay, BlockEnv>();
  const env = (overlay: Overlay): BlockEnv => {
    const known = envs.get(overlay);
    if (known) return known;
    const made = createEnv(tables, overlay);
    envs.set(overlay, made);
    return made;
  };
  return {
    version: tables.version,
    tables,
    tx: txOf<P>(tables),
    env,
    genesis(genesis) {
      const overlay = memoryOverlay();
      const block = env(overlay);
      const parts: Readonly<Record<string, unknown>> = genesis;
      for (const name of Object.keys(parts))
        assert(tables.byName.get(name)?.implementation.genesis, `${name} has a genesis`);
      for (const entry of tables.pallets) {
        const { genesis: write } = entry.implementation;
        if (write && entry.pallet.name in parts)
          write(block.contextOf(entry), parts[entry.pallet.name]);
      }
      return overlay.entries();
    },
  };
}

function txOf<P extends readonly AnyInstalled[]>(tables: RuntimeTables): Tx<P> {
  const tx: Record<string, Record<string, (args?: unknown) => Call>> = {};
  for (const { pallet, callsByName } of tables.pallets) {
    const calls: Record<string, (args?: unknown) => Call> = {};
    for (const name of callsByName.keys())
      calls[name] = (args = {}) => ({ pallet: pallet.name, name, args });
    tx[pallet.name] = calls;
  }
  // One function per call of the declarations, which is what `Tx` says.
  return tx as Tx<P>;
}
