/**
 * A deterministic engine in memory with the semantics of `core/engine-job.ts`: layers, base, finalize. Every contract it
 * loads is the same counter.
 */
import { concatBytes, encode, toHex, u32, u64, utf8 } from "@pha/scale";
import type { EngineCall, EngineOutcome, EngineRequest, EngineResponse } from "../core/index.ts";

/** Selectors of the counter. */
export const COUNTER = {
  /** Adds a u32; gives the new value as u64. */
  add: Uint8Array.of(1, 0, 0, 0),
  /** Fails with the code `counter/no`. */
  fail: Uint8Array.of(2, 0, 0, 0),
  /** Writes a value of so many bytes (u32). */
  write: Uint8Array.of(3, 0, 0, 0),
  /** Keeps and gives the call's randomness. */
  random: Uint8Array.of(4, 0, 0, 0),
  /** Runs out of fuel. */
  burn: Uint8Array.of(5, 0, 0, 0),
  /** Keeps its argument under the call's randomness, and gives it. */
  keep: Uint8Array.of(7, 0, 0, 0),
  /** Gives so many bytes (u32). */
  echo: Uint8Array.of(6, 0, 0, 0),
  /** Query: the value as u64. */
  get: Uint8Array.of(16, 0, 0, 0),
  /** Query: the caller. */
  whoami: Uint8Array.of(17, 0, 0, 0),
  /** Query: opens the counter and the caller's own entry, if there is one; gives the counter. */
  open: Uint8Array.of(18, 0, 0, 0),
} as const;

type Writes = Extract<EngineOutcome, { readonly status: "ok" }>["writes"];
type State = Map<string, Uint8Array>;

export interface FakeEngine {
  handle(request: EngineRequest): EngineResponse | undefined;
  /** Forgets everything, as a process that ended. */
  crash(): void;
  /** Calls that ran, by command and instantiation. */
  readonly calls: readonly EngineCall[];
  /** Makes this replica compute something else. */
  dissent: boolean;
}

export function createFakeEngine(): FakeEngine {
  let base: State = new Map();
  let layers: { readonly job: number; readonly state: State }[] = [];
  let contracts = new Set<string>();
  const calls: EngineCall[] = [];
  let dissent = false;

  function run(call: EngineCall, state: State): EngineOutcome {
    const id = toHex(call.contract);
    if (!contracts.has(id)) return { status: "trapped", reason: "engine", fuelUsed: 0n };
    const counterKey = utf8("counter");
    const value = numberOf(state.get(id + toHex(counterKey)));
    const ok = (output: Uint8Array, writes: Writes = []): EngineOutcome => {
      return { status: "ok", output, fuelUsed: 1000n + BigInt(writes.length), writes };
    };
    if (call.kind === "instantiate")
      return ok(new Uint8Array(0), [{ key: counterKey, value: encode(u64, 0n) }]);
    const is = (selector: Uint8Array) => toHex(selector) === toHex(call.selector);
    if (is(COUNTER.add)) {
      const next = encode(u64, value + BigInt(argument(call)) + (dissent ? 1n : 0n));
      const seen = concatBytes(utf8("by/"), call.caller);
      return ok(next, [
        { key: counterKey, value: next },
        { key: seen, value: next },
      ]);
    }
    if (is(COUNTER.fail)) return { status: "failed", code: "counter/no", fuelUsed: 500n };
    if (is(COUNTER.write)) {
      const key = concatBytes(utf8("blob/"), call.seed);
      return ok(new Uint8Array(0), [{ key, value: new Uint8Array(argument(call)).fill(7) }]);
    }
    if (is(COUNTER.random)) return ok(call.seed, [{ key: utf8("random"), value: call.seed }]);
    if (is(COUNTER.keep)) return ok(call.args, [{ key: call.seed, value: call.args }]);
    if (is(COUNTER.burn)) return { status: "trapped", reason: "fuel", fuelUsed: call.fuelLimit };
    if (is(COUNTER.echo)) return ok(new Uint8Array(argument(call)).fill(5));
    if (is(COUNTER.get) || is(COUNTER.open)) return ok(encode(u64, value));
    if (is(COUNTER.whoami)) return ok(call.caller);
    return { status: "failed", code: "counter/unknown", fuelUsed: 1n };
  }

  function keep(contract: string, state: State, outcome: EngineOutcome): number {
    if (outcome.status !== "ok") return 0;
    let bytes = 0;
    for (const { key, value } of outcome.writes) {
      bytes += key.length + (value?.length ?? 0) + 40;
      if (value) state.set(contract + toHex(key), value.slice());
      else state.delete(contract + toHex(key));
    }
    return bytes;
  }

  function openedBy({ contract, selector, caller }: EngineCall): readonly Uint8Array[] {
    if (toHex(selector) !== toHex(COUNTER.open)) return [];
    const own = concatBytes(utf8("by/"), caller);
    return [utf8("counter"), own].filter((key) => base.has(toHex(contract) + toHex(key)));
  }

  function crash(): void {
    base = new Map();
    layers = [];
    contracts = new Set();
  }

  return {
    calls,
    get dissent() {
      return dissent;
    },
    set dissent(value) {
      dissent = value;
    },
    crash,
    handle(request) {
      switch (request.type) {
        case "reset":
          crash();
          return undefined;
        case "load-state":
          for (const { contract, key, value } of request.entries)
            if (value) base.set(toHex(contract) + toHex(key), value.slice());
          return undefined;
        case "load-contract":
          contracts.add(toHex(request.contract));
          return undefined;
        case "run": {
          const state = new Map(layers.at(-1)?.state ?? base);
          const outcomes: EngineOutcome[] = [];
          let bytes = 0;
          for (const call of request.calls) {
            if (outcomes.length > 0 && bytes > request.softWriteBytes) break;
            calls.push(call);
            const outcome = run(call, state);
            bytes += keep(toHex(call.contract), state, outcome);
            outcomes.push(outcome);
          }
          layers.push({ job: request.job, state });
          return { type: "ran", job: request.job, outcomes };
        }
        case "finalize": {
          base = layers.findLast(({ job }) => job <= request.job)?.state ?? base;
          layers = layers.filter(({ job }) => job > request.job);
          return undefined;
        }
        case "query":
          return {
            type: "queried",
            query: request.query,
            outcome: run(request.call, base),
            opened: openedBy(request.call),
          };
      }
    },
  };
}

function numberOf(value: Uint8Array | undefined): bigint {
  return value ? new DataView(value.buffer, value.byteOffset).getBigUint64(0, true) : 0n;
}

function argument({ args }: EngineCall): number {
  return new DataView(args.buffer, args.byteOffset).getUint32(0, true);
}

export function countOf(value: number): Uint8Array {
  return encode(u32, value);
}
