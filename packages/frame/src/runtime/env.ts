/**
 * The block being executed: contexts of all pallets, nested dispatch, events and digest.
 *
 * **Bounds**: dispatch nests at most `MAX_CALL_DEPTH` deep. **Trust**: only `DispatchFailure` decides a call; every
 * other exception passes through, because it is our bug or the machine's end.
 */
import { assert, type Codec, encode } from "@pha/scale";
import type { Call, HandlerResult } from "../dispatch/call.ts";
import {
  BAD_ORIGIN,
  type DispatchError,
  DispatchFailure,
  EXHAUSTED,
} from "../dispatch/dispatch-error.ts";
import {
  addWeights,
  type DispatchClass,
  type DispatchInfo,
  NO_WEIGHT,
  type PostDispatch,
  type Weight,
} from "../dispatch/weight.ts";
import type { AnyExtension } from "../extrinsic/extension.ts";
import { decodeExtrinsic, type ExtrinsicFormat } from "../extrinsic/extrinsic.ts";
import type { Overlay } from "../overlay.ts";
import type { RuntimeFacts } from "../pallet/declare.ts";
import type { BlockContext, DispatchOutcome, Env } from "../pallet/env.ts";
import type { ContextOf, PalletDeclaration } from "../pallet/pallet.ts";
import { MAX_CALL_DEPTH } from "./call-codec.ts";
import type { BlockHeader, DigestLog } from "./header.ts";
import type { CallEntry, PalletEntry, RuntimeTables } from "./tables.ts";
import type { RuntimeVersion } from "./version.ts";

const NOTHING: PostDispatch = {};
const DISPATCHED: DispatchOutcome = { ok: true, post: NOTHING };

/** Moment of a block, as events say it. */
export type Phase =
  | { readonly type: "ApplyExtrinsic"; readonly index: number }
  | { readonly type: "Finalization" }
  | { readonly type: "Initialization" };

/** The executive's side of `Env`: what one block accumulates. */
export interface BlockEnv extends Env {
  /** That the block was begun with. */
  header: BlockHeader | undefined;
  readonly block: { -readonly [P in keyof BlockContext]: BlockContext[P] };
  readonly digest: DigestLog[];
  /** Encoded event records in order. */
  readonly events: Uint8Array[];
  readonly usedWeight: Record<DispatchClass, Weight>;
  /** Encoded length of all extrinsics so far. */
  usedLength: number;
  phase: Phase;
  contextOf(entry: PalletEntry): object;
  emitRecord<T>(pallet: number, event: number, codec: Codec<T>, fields: T): void;
}

export function createEnv(
  tables: RuntimeTables,
  state: Overlay,
  extensions: readonly AnyExtension[],
): BlockEnv {
  const format: ExtrinsicFormat = { call: tables.callCodec, extensions };
  const contexts: (object | undefined)[] = [];
  let depth = 0;
  let phaseBytes = encodePhase({ type: "Initialization" });
  let phase: Phase = { type: "Initialization" };

  function contextOf(entry: PalletEntry): object {
    const made = contexts[entry.index];
    if (made) return made;
    const context = palletContext(env, entry, tables.version);
    contexts[entry.index] = context;
    return context;
  }

  function entryOf(call: Call): CallEntry {
    const entry = tables.byName.get(call.pallet)?.callsByName.get(call.name);
    assert(entry, `the runtime has the call ${call.pallet}.${call.name}`);
    return entry;
  }

  function transaction(run: () => HandlerResult): DispatchOutcome {
    const events = env.events.length;
    const logs = env.digest.length;
    state.begin();
    try {
      const post = run();
      state.commit();
      return post ? { ok: true, post } : DISPATCHED;
    } catch (error) {
      if (!(error instanceof DispatchFailure)) throw error;
      state.rollback();
      env.events.length = events;
      env.digest.length = logs;
      return { ok: false, error: error.error, post: NOTHING };
    }
  }

  const env: BlockEnv = {
    header: undefined,
    kept: new Map(),
    state,
    block: { number: 0, parentHash: new Uint8Array(32), extrinsicIndex: undefined },
    digest: [],
    events: [],
    usedWeight: { Normal: NO_WEIGHT, Operational: NO_WEIGHT, Mandatory: NO_WEIGHT },
    usedLength: 0,
    get phase() {
      return phase;
    },
    set phase(next) {
      phase = next;
      phaseBytes = encodePhase(next);
    },
    contextOf,
    of<D extends PalletDeclaration>(pallet: D): ContextOf<D> {
      const entry = tables.byName.get(pallet.name);
      assert(entry, `the runtime has the pallet ${pallet.name}`);
      // Built from the declaration of that name, which is this one: a runtime has a name once.
      return contextOf(entry) as ContextOf<D>;
    },
    dispatch(call, origin) {
      if (depth >= MAX_CALL_DEPTH) return failed(EXHAUSTED);
      const entry = entryOf(call);
      const gain = entry.declaration.origin.accept(origin);
      if (gain === undefined) return failed(BAD_ORIGIN);
      const context = { ...contextOf(entry.pallet), ...gain };
      depth++;
      try {
        return transaction(() => entry.declaration.handle(context, call.args));
      } finally {
        depth--;
      }
    },
    infoOf(call): DispatchInfo {
      const { declaration, pallet } = entryOf(call);
      return {
        weight: declaration.weight(call.args, pallet.config, env),
        dispatchClass: declaration.dispatchClass,
        paysFee: declaration.paysFee,
      };
    },
    decodeExtrinsic: (bytes) => decodeExtrinsic(format, bytes),
    transaction,
    depositLog(item) {
      env.digest.push(item);
    },
    useWeight(weight, dispatchClass) {
      env.usedWeight[dispatchClass] = addWeights(env.usedWeight[dispatchClass], weight);
    },
    emitRecord(pallet, event, codec, fields) {
      env.events.push(
        encode(
          {
            write(writer) {
              writer.raw(phaseBytes);
              writer.u8(pallet);
              writer.u8(event);
              codec.write(writer, fields);
              // No topics.
              writer.u8(0);
            },
          },
          undefined,
        ),
      );
    },
  };
  return env;
}

function failed(error: DispatchError): DispatchOutcome {
  return { ok: false, error, post: NOTHING };
}

function encodePhase(phase: Phase): Uint8Array {
  switch (phase.type) {
    case "ApplyExtrinsic": {
      const { index } = phase;
      return Uint8Array.of(0, index, index >> 8, index >> 16, index >>> 24);
    }
    case "Finalization":
      return Uint8Array.of(1);
    case "Initialization":
      return Uint8Array.of(2);
  }
}

/** Context of a pallet: what `Context` declares, assembled by name from the declaration. */
function palletContext(env: BlockEnv, entry: PalletEntry, version: RuntimeVersion): object {
  const { errors, constants, Storage, Emit } = factsOf(entry, version);
  return {
    env,
    config: entry.config,
    storage: new Storage(env),
    emit: new Emit(env),
    errors,
    constants,
    block: env.block,
  };
}

interface PalletFacts {
  readonly errors: Readonly<Record<string, DispatchError>>;
  readonly constants: Readonly<Record<string, unknown>>;
  readonly Storage: MembersOf;
  readonly Emit: MembersOf;
}

/** What is the same in every block. */
const FACTS = new WeakMap<PalletEntry, PalletFacts>();

function factsOf(entry: PalletEntry, version: RuntimeVersion): PalletFacts {
  const known = FACTS.get(entry);
  if (known) return known;
  const { index, pallet, config } = entry;
  const errors: Record<string, DispatchError> = {};
  for (const [name, error] of Object.entries(pallet.errors))
    errors[name] = {
      type: "Module",
      value: { index, error: Uint8Array.of(error.index, 0, 0, 0) },
    };
  const constants: Record<string, unknown> = {};
  for (const [name, constant] of Object.entries(pallet.constants)) {
    // Constants of a pallet take the configuration of that pallet.
    const read = constant.value as (config: unknown, runtime: RuntimeFacts) => unknown;
    constants[name] = read(config, { version });
  }
  const facts = { errors, constants, Storage: storageOf(entry), Emit: emitOf(entry) };
  FACTS.set(entry, facts);
  return facts;
}

type MembersOf = new (env: BlockEnv) => object;

function storageOf({ pallet, prefixes }: PalletEntry): MembersOf {
  return membersMadeWhenAsked(pallet.storage, (env, item, name) => {
    const prefix = prefixes.get(name);
    assert(prefix, "every item has a prefix");
    return item.open(env.state, prefix);
  });
}

function emitOf({ index, pallet }: PalletEntry): MembersOf {
  return membersMadeWhenAsked(
    pallet.events,
    (env, event) =>
      (fields: Record<string, unknown> = {}) =>
        env.emitRecord(index, event.index, event.codec, fields),
  );
}

/** Class with a member per declaration: a block opens all pallets, and most of them use few of theirs or none. */
function membersMadeWhenAsked<D>(
  declarations: Readonly<Record<string, D>>,
  make: (env: BlockEnv, declaration: D, name: string) => unknown,
): MembersOf {
  class Members {
    readonly env: BlockEnv;
    readonly made: unknown[] = [];

    constructor(env: BlockEnv) {
      this.env = env;
    }
  }
  for (const [at, [name, declaration]] of Object.entries(declarations).entries())
    Object.defineProperty(Members.prototype, name, {
      get(this: Members) {
        this.made[at] ??= make(this.env, declaration, name);
        return this.made[at];
      },
    });
  return Members;
}
