/** Composition of a runtime from its pallets. */
import { assert, type DecodeError, DecodeFailure, fail, ok, Reader, type Result } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import type { AnyExtension } from "../extrinsic/extension.ts";
import type { ExtrinsicFormat } from "../extrinsic/extrinsic.ts";
import { cachedVerifier, type SignatureVerifier } from "../extrinsic/signature-cache.ts";
import type {
  InvalidTransaction,
  TransactionSource,
  ValidTransaction,
} from "../extrinsic/validity.ts";
import { memoryOverlay } from "../memory-overlay.ts";
import { describeRuntime, type MetadataVersion } from "../metadata/describe.ts";
import type { Overlay } from "../overlay.ts";
import type { AnyPallet, Installed } from "../pallet/pallet.ts";
import type { RuntimeApiTable } from "./api.ts";
import { apiEntryPoints, type RuntimeApiError } from "./call-api.ts";
import type { SignatureRules } from "./check-signature.ts";
import { coreApis } from "./core-apis.ts";
import { type BlockEnv, createEnv } from "./env.ts";
import { type EventRecord, eventReader } from "./event-codec.ts";
import { createExecutive, type Executive } from "./executive.ts";
import {
  checkInherents,
  type InherentData,
  type InherentObjection,
  inherentExtrinsics,
} from "./inherents.ts";
import type { SystemPort } from "./system-port.ts";
import { type RuntimeTables, runtimeTables } from "./tables.ts";
import type { AnyInstalled, GenesisOf, Tx } from "./types.ts";
import { validateTransaction } from "./validate.ts";
import type { RuntimeVersion } from "./version.ts";

export interface RuntimeOptions<P extends readonly AnyInstalled[]> {
  readonly version: Omit<RuntimeVersion, "apis">;
  /** In the order of hooks and genesis. */
  readonly pallets: P;
  /** Keeper of the block's own records. */
  readonly system: SystemPort;
  /** In the order in which they are encoded, checked and run. */
  readonly extensions: readonly AnyExtension[];
  /** Default: the three schemes. Its good verdicts are remembered, so that nothing is verified twice. */
  readonly verifySignature?: SignatureVerifier;
}

/** A composed runtime. State, blocks and transactions come in; nothing is kept between blocks but on the overlay. */
export interface Runtime<P extends readonly AnyInstalled[] = readonly AnyInstalled[]>
  extends Executive {
  readonly version: RuntimeVersion;
  readonly tables: RuntimeTables;
  readonly format: ExtrinsicFormat;
  /** Calls by name: `tx.Balances.transfer_keep_alive({ dest, value })`. */
  readonly tx: Tx<P>;
  /** The block on an overlay: one per overlay, made at first use. */
  env(overlay: Overlay): BlockEnv;
  /** Entries of the genesis state, in order of keys. */
  genesis(genesis: GenesisOf<P>): readonly (readonly [key: Uint8Array, value: Uint8Array])[];
  /** Signed by nobody, first in the block that was just initialized on the overlay. */
  inherentExtrinsics(overlay: Overlay, data: InherentData): readonly Uint8Array[];
  checkInherents(
    overlay: Overlay,
    extrinsics: readonly Uint8Array[],
    data: InherentData,
  ): readonly InherentObjection[];
  /** @param blockHash of the block whose state the overlay is on, 32 bytes */
  validateTransaction(
    overlay: Overlay,
    source: TransactionSource,
    bytes: Uint8Array,
    blockHash: Uint8Array,
  ): Result<ValidTransaction, InvalidTransaction>;
  /**
   * Answer of a runtime API, as `state_call` gives it.
   *
   * @param entryPoint such as `Core_version`
   * @param args encoded one after the other
   */
  runtimeApi(
    overlay: Overlay,
    entryPoint: string,
    args: Uint8Array,
  ): Result<Uint8Array, RuntimeApiError>;
  /** Encoded metadata, with magic number and version. */
  metadata(version: MetadataVersion): Uint8Array;
  /** All runtime APIs: those of every runtime, and those of the pallets. */
  readonly apis: RuntimeApiTable<never>;
  /** Reads the value of `System.Events`. */
  decodeEvents(bytes: Uint8Array): Result<readonly EventRecord[], DecodeError>;
  /** Invariants of all pallets, by `assert`. */
  tryState(overlay: Overlay): void;
}

export function defineRuntime<const P extends readonly AnyInstalled[]>(
  options: RuntimeOptions<P>,
): Runtime<P> {
  // Every pallet was made by `definePallet`, whose contexts the tables build: the erased form is the same object.
  const installed = options.pallets as unknown as readonly Installed<AnyPallet>[];
  const core = coreApis(() => runtime);
  const tables = runtimeTables(installed, options.version, core);
  const { extensions } = options;
  const format = { call: tables.callCodec, extensions, known: new WeakMap() };
  const rules: SignatureRules = {
    extensions,
    verify: cachedVerifier(options.verifySignature),
  };
  const envs = keptWithOverlays<BlockEnv>();
  const poolEnvs = keptWithOverlays<BlockEnv>();

  const makeEnv = (overlay: Overlay): BlockEnv => {
    const made = createEnv(tables, overlay, extensions);
    made.block.number = options.system.numberOf({ env: made });
    return made;
  };
  const cached = (cache: KeptWithOverlays<BlockEnv>, overlay: Overlay): BlockEnv => {
    const known = cache.get(overlay);
    if (known) return known;
    const made = makeEnv(overlay);
    cache.set(overlay, made);
    return made;
  };
  const env = (overlay: Overlay): BlockEnv => cached(envs, overlay);
  const executive = createExecutive({
    tables,
    format,
    rules,
    system: options.system,
    env,
    startEnv(overlay) {
      const made = createEnv(tables, overlay, extensions);
      envs.set(overlay, made);
      return made;
    },
  });

  const apis: RuntimeApiTable<never> = Object.assign(
    {},
    core,
    ...tables.pallets.map((entry) => entry.implementation.runtimeApis ?? {}),
  );
  const entryPoints = apiEntryPoints(tables, core);
  const events = eventReader(tables);
  const described = new Map<MetadataVersion, Uint8Array>();

  const runtime: Runtime<P> = {
    ...executive,
    version: tables.version,
    tables,
    format,
    tx: txOf<P>(tables),
    env,
    genesis: (genesis) => genesisEntries(tables, genesis),
    inherentExtrinsics: (overlay, data) => inherentExtrinsics(tables, env(overlay), data),
    checkInherents: (overlay, extrinsics, data) =>
      checkInherents(tables, env(overlay), format, extrinsics, data),
    validateTransaction(overlay, source, bytes, blockHash) {
      const pool = cached(poolEnvs, overlay);
      pool.block.number = options.system.numberOf({ env: pool }) + 1;
      pool.block.parentHash = blockHash;
      return validateTransaction(pool, format, source, bytes, rules, tables);
    },
    runtimeApi(overlay, entryPoint, args) {
      const answer = entryPoints.get(entryPoint);
      return answer
        ? answer(env(overlay), args)
        : fail({ code: "runtime/unknown-api", entryPoint });
    },
    metadata(version) {
      const known = described.get(version);
      if (known) return known;
      const made = describeRuntime({ tables, extensions, apis }, version);
      described.set(version, made);
      return made;
    },
    apis,
    decodeEvents(bytes) {
      const reader = new Reader(bytes);
      try {
        return ok(events.read(reader));
      } catch (error) {
        if (!(error instanceof DecodeFailure)) throw error;
        return fail({ code: "scale/malformed", reason: error.reason, offset: reader.offset });
      }
    },
    tryState(overlay) {
      const block = env(overlay);
      for (const entry of tables.pallets)
        entry.implementation.hooks?.tryState?.(block.contextOf(entry));
    },
  };
  return runtime;
}

/** One value for each overlay. */
interface KeptWithOverlays<T> {
  get(overlay: Overlay): T | undefined;
  set(overlay: Overlay, value: T): void;
}

function keptWithOverlays<T>(): KeptWithOverlays<T> {
  const own = {};
  return {
    // Nobody else puts anything under it.
    get: (overlay) => overlay.kept.get(own) as T | undefined,
    set: (overlay, value) => overlay.kept.set(own, value),
  };
}

function genesisEntries(
  tables: RuntimeTables,
  parts: Readonly<Record<string, unknown>>,
): readonly (readonly [Uint8Array, Uint8Array])[] {
  const overlay = memoryOverlay();
  const block = createEnv(tables, overlay, []);
  for (const name of Object.keys(parts))
    assert(tables.byName.get(name)?.implementation.genesis, `${name} has a genesis`);
  for (const entry of tables.pallets) {
    const { genesis } = entry.implementation;
    if (genesis && entry.pallet.name in parts)
      genesis(block.contextOf(entry), parts[entry.pallet.name]);
  }
  return overlay.entries();
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
