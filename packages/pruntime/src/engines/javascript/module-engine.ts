/**
 * Engine line `javascript/1`: contracts in QuickJS, each call on the pristine heap of a loaded contract.
 *
 * One instance serves all contracts of a cluster: a call puts back its contract's snapshot. The snapshot is a pure
 * function of engine and code. Results and fuel depend on nothing but snapshot, call and host.
 *
 * **Bounds**: `MAX_CONTRACTS` snapshots; memory 16 MiB; fuel, height and C stack by instrumentation. **Trust**: code is
 * hostile and may call mailbox operations with any numbers.
 */
import { assert, equalBytes, fail, ok } from "@pha/scale";
import { keyText } from "../cluster-storage.ts";
import {
  type CallResult,
  type ContractCall,
  type ContractEngine,
  HOST_FUEL,
  MAX_DOMAIN_BYTES,
  MAX_KEY_BYTES,
  MAX_REPLY_BYTES,
  MAX_VALUE_BYTES,
  type TrapReason,
} from "../engine.ts";
import { STACK_LIMITS } from "./layout.ts";
import { BOX_BYTES, DATA_AT, FRAME, MAX_CODE_LENGTH, OP } from "./mailbox.ts";
import { BOX_MARK, CLOSE_DOOR, DOOR, OPERATION, PRELUDE } from "./prelude.ts";
import { createQuickJs, findWords, heapTop, type QuickJs } from "./quickjs.ts";
import { restore, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { ENGINE_TRAP, EngineTrap, FUEL_TRAP, HostRefusal } from "./traps.ts";

export const ENGINE_LINE = "javascript/1";
/** Most contracts loaded at once. */
export const MAX_CONTRACTS = 64;
/** Fuel of running a contract's top level, once, when it loads. */
export const LOAD_FUEL = 500_000_000n;
/** Fuel of asking an exception for its name and message. */
const DESCRIBE_FUEL = 1_000_000n;
const MAX_FUEL = 1n << 62n;
const DATA_BYTES = BOX_BYTES - DATA_AT;
const KINDS = { instantiate: 0, command: 1, query: 2 } as const;

interface Loaded {
  readonly snapshot: Snapshot;
  /** Address of the pointer to the registered entry. */
  readonly entry: number;
  /** Address of the mailbox. */
  readonly box: number;
}

export interface ModuleEngine extends ContractEngine {
  /** Of a loaded contract. */
  snapshotOf(contract: Uint8Array): Snapshot | undefined;
  /** Puts the contract's heap back and gives the whole memory; for tests of pristineness. */
  pristineMemory(contract: Uint8Array): Uint8Array | undefined;
}

/** @param module the pinned engine, instrumented with `STACK_LIMITS` */
export function createModuleEngine(module: WebAssembly.Module): ModuleEngine {
  const contracts = new Map<string, Loaded>();
  let engine: QuickJs | undefined;
  /** As a contract, but `entry` is the address of the door. */
  let emptyEngine: Loaded | undefined;
  /** Greatest end of the heap since memory was last put back. */
  let highest = 0;
  let current: { readonly call: ContractCall; readonly box: number } | undefined;
  let outcome: { readonly ok: Uint8Array } | { readonly failed: string } | undefined;

  function onOperation(op: number, a: number, b: number): void {
    if (current === undefined || engine === undefined) throw ENGINE_TRAP;
    // The contract gave its answer: nothing may follow it.
    if (outcome !== undefined) throw ENGINE_TRAP;
    const { memory, view } = engine;
    const { box } = current;
    const { host, args, kind } = current.call;
    const data = box + DATA_AT;
    const bounded = (length: number, most: number) => {
      if (length < 0 || length > most) throw ENGINE_TRAP;
    };
    const pay = (amount: bigint) => {
      const { fuel } = engine ?? { fuel: { value: 0n } };
      fuel.value -= amount;
      if (fuel.value < 0n) throw FUEL_TRAP;
    };
    const payBytes = (count: number) => pay(HOST_FUEL.byte * BigInt(count));
    const answer = (value: number) => view.setInt32(box, value, true);
    pay(HOST_FUEL.operation);
    switch (op) {
      case OP.args: {
        bounded(a, args.length);
        const count = Math.min(args.length - a, DATA_BYTES);
        payBytes(count);
        memory.set(args.subarray(a, a + count), data);
        answer(count);
        return;
      }
      case OP.get: {
        checkKey(a);
        const value = host.get(memory.slice(data, data + a));
        payBytes(a + (value?.length ?? 0));
        if (value === undefined) {
          answer(-1);
          return;
        }
        memory.set(value, data);
        answer(value.length);
        return;
      }
      case OP.put:
      case OP.delete: {
        if (kind === "query") throw new HostRefusal("contract/query-writes");
        checkKey(a);
        const deletes = op === OP.delete;
        if (!deletes) bounded(b, MAX_VALUE_BYTES);
        payBytes(deletes ? a : a + b);
        const key = memory.slice(data, data + a);
        const value = deletes ? undefined : memory.slice(data + a, data + a + b);
        const refusal = host.write(key, value);
        if (refusal !== undefined) throw new HostRefusal(refusal);
        return;
      }
      case OP.scan: {
        bounded(a, MAX_KEY_BYTES);
        bounded(b, MAX_KEY_BYTES);
        const prefix = memory.slice(data, data + a);
        const after = b === 0 ? undefined : memory.slice(data + a, data + a + b);
        const entries = host.scan(prefix, after, DATA_BYTES);
        let at = data;
        for (const { key, value } of entries) {
          pay(HOST_FUEL.entry);
          view.setUint32(at, key.length, true);
          view.setUint32(at + 4, value.length, true);
          memory.set(key, at + 8);
          memory.set(value, at + 8 + key.length);
          at += 8 + key.length + value.length;
        }
        payBytes(at - data);
        answer(entries.length);
        return;
      }
      case OP.random: {
        pay(HOST_FUEL.hash);
        const bytes = host.random();
        if (bytes === undefined) throw new HostRefusal("contract/query-random");
        memory.set(bytes, data);
        return;
      }
      case OP.pseudonym: {
        bounded(a, DATA_BYTES);
        bounded(b, DATA_BYTES - a);
        pay(HOST_FUEL.hash);
        payBytes(a + b);
        const domain = memory.slice(data, data + a);
        memory.set(host.pseudonym(domain, memory.slice(data + a, data + a + b)), data);
        return;
      }
      case OP.boxKey: {
        bounded(a, MAX_DOMAIN_BYTES);
        pay(HOST_FUEL.box);
        memory.set(host.boxKey(memory.slice(data, data + a)), data);
        return;
      }
      case OP.openBox: {
        bounded(a, MAX_DOMAIN_BYTES);
        bounded(b, DATA_BYTES - a);
        pay(HOST_FUEL.box);
        payBytes(a + b);
        const box = memory.slice(data + a, data + a + b);
        const plain = host.openBox(memory.slice(data, data + a), box);
        if (plain) memory.set(plain, data);
        answer(plain?.length ?? -1);
        return;
      }
      case OP.open: {
        checkKey(a);
        pay(HOST_FUEL.open);
        payBytes(a);
        const refusal = host.open(memory.slice(data, data + a));
        if (refusal !== undefined) throw new HostRefusal(refusal);
        return;
      }
      case OP.output:
        bounded(a, MAX_REPLY_BYTES);
        payBytes(a);
        outcome = { ok: memory.slice(data, data + a) };
        return;
      case OP.fail: {
        bounded(a, MAX_CODE_LENGTH);
        outcome = { failed: codeText(memory.subarray(data, data + a)) };
        return;
      }
      default:
        throw ENGINE_TRAP;
    }
  }

  function onText(bytes: Uint8Array | undefined): void {
    if (current === undefined || engine === undefined || outcome !== undefined) throw ENGINE_TRAP;
    const { memory, view, fuel } = engine;
    const { box } = current;
    fuel.value -= HOST_FUEL.operation + HOST_FUEL.byte * BigInt(bytes?.length ?? 0);
    if (fuel.value < 0n) throw FUEL_TRAP;
    view.setInt32(box, bytes?.length ?? -1, true);
    if (bytes) memory.set(bytes, box + DATA_AT);
  }

  function clock(): number {
    if (current === undefined) return 0;
    if (current.call.kind !== "query") throw ENGINE_TRAP;
    return Number(current.call.block.timestampMs);
  }

  /** Puts memory back; afterwards `highest` is the snapshot's own. */
  function putBack(target: QuickJs, loaded: Loaded): void {
    highest = Math.max(highest, heapTop(target));
    restore(target, loaded.snapshot, highest);
    highest = loaded.snapshot.top;
  }

  function trapReason(target: QuickJs, error: unknown): TrapReason {
    if (error instanceof EngineTrap) return error.reason;
    if (!(error instanceof WebAssembly.RuntimeError)) {
      // A RangeError would be the native stack or memory: a fault of this machine that must not decide a call.
      throw error;
    }
    if (target.fuel.value < 0n) return "fuel";
    if (target.height.value > STACK_LIMITS.height) return "stack";
    if (target.stackPointer.value < STACK_LIMITS.pointer) return "stack";
    return "engine";
  }

  /** The engine with the prelude done, and its snapshot, from which every contract is loaded. */
  function openEngine(): { readonly target: QuickJs; readonly empty: Loaded } {
    if (engine !== undefined && emptyEngine !== undefined)
      return { target: engine, empty: emptyEngine };
    const target = createQuickJs(module, {
      onOperation,
      onText,
      textOperation: OP.text,
      maxTextBytes: DATA_BYTES,
      clock,
    });
    target.defineOperation(OPERATION);
    assert(!target.isException(target.evaluate(PRELUDE)), "the prelude runs");
    const box = findWords(target, BOX_MARK);
    assert(box !== undefined, "the prelude made one mailbox");
    target.memory.fill(0, box, box + 4 * BOX_MARK.length);
    const door = target.property(target.globalObject(), DOOR);
    // Kept by this reference, so that the mailbox outlives whatever a contract does to the door.
    target.property(door, "box");
    engine = target;
    emptyEngine = { snapshot: takeSnapshot(target), entry: door, box };
    highest = heapTop(target);
    return { target, empty: emptyEngine };
  }

  return {
    load({ id, code }) {
      const name = keyText(id);
      if (!contracts.has(name) && contracts.size >= MAX_CONTRACTS)
        return fail({ code: "engine/too-many-contracts", limit: MAX_CONTRACTS });
      contracts.delete(name);
      const { target, empty } = openEngine();
      putBack(target, empty);
      target.fuel.value = LOAD_FUEL;
      const broken = (reason: TrapReason | "threw") =>
        fail({ code: "engine/contract-does-not-load", reason } as const);
      try {
        if (target.isException(target.evaluate(code))) return broken("threw");
        const entry = target.property(empty.entry, "entry");
        if (target.isException(target.evaluate(CLOSE_DOOR))) return broken("engine");
        contracts.set(name, { snapshot: takeSnapshot(target), entry, box: empty.box });
      } catch (error) {
        return broken(trapReason(target, error));
      }
      return ok(undefined);
    },

    call(call) {
      const loaded = contracts.get(keyText(call.contract));
      if (loaded === undefined || engine === undefined)
        return { status: "trapped", reason: "engine", fuelUsed: 0n };
      const target = engine;
      putBack(target, loaded);
      const limit = call.fuelLimit < MAX_FUEL ? call.fuelLimit : MAX_FUEL;
      const used = () => {
        const left = target.fuel.value;
        return left < 0n ? limit : limit - left;
      };
      target.fuel.value = limit - HOST_FUEL.call - HOST_FUEL.byte * BigInt(call.args.length);
      if (target.fuel.value < 0n) return { status: "trapped", reason: "fuel", fuelUsed: limit };
      writeFrame(target, loaded.box, call);
      current = { call, box: loaded.box };
      outcome = undefined;
      let result: CallResult;
      try {
        const value = target.call(loaded.entry);
        const fuelUsed = used();
        if (target.isException(value)) {
          // What the exception's own code does while it is described must not reach the host.
          current = undefined;
          result = { ...judgeException(target, value), fuelUsed };
        } else if (outcome === undefined)
          result = { status: "trapped", reason: "engine", fuelUsed };
        else result = concluded(outcome, fuelUsed);
      } catch (error) {
        const fuelUsed = used();
        result =
          error instanceof HostRefusal
            ? { status: "failed", code: error.code, fuelUsed }
            : { status: "trapped", reason: trapReason(target, error), fuelUsed };
      } finally {
        current = undefined;
        outcome = undefined;
      }
      return result;
    },

    reset() {
      contracts.clear();
      // A cluster's first request is a reset, and its keys are still on their way: what all contracts need is made now.
      openEngine();
    },

    snapshotOf: (contract) => contracts.get(keyText(contract))?.snapshot,
    pristineMemory(contract) {
      const loaded = contracts.get(keyText(contract));
      if (loaded === undefined || engine === undefined) return undefined;
      putBack(engine, loaded);
      return engine.memory;
    },
  };
}

function checkKey(length: number): void {
  if (length < 1 || length > MAX_KEY_BYTES) throw ENGINE_TRAP;
}

function concluded(
  outcome: { readonly ok: Uint8Array } | { readonly failed: string },
  fuelUsed: bigint,
): CallResult {
  return "ok" in outcome
    ? { status: "ok", output: outcome.ok, fuelUsed }
    : { status: "failed", code: outcome.failed, fuelUsed };
}

/** An exception that the contract let out: exhausted engine, or the contract's own fault. */
function judgeException(
  target: QuickJs,
  value: number,
):
  | { readonly status: "failed"; readonly code: string }
  | { readonly status: "trapped"; readonly reason: TrapReason } {
  target.fuel.value = DESCRIBE_FUEL;
  let text = "";
  try {
    text = target.describeException(value);
  } catch (error) {
    if (!(error instanceof EngineTrap || error instanceof WebAssembly.RuntimeError)) throw error;
  }
  if (text.includes('"InternalError"') && text.includes('"out of memory"'))
    return { status: "trapped", reason: "memory" };
  return { status: "failed", code: "contract/threw" };
}

function writeFrame({ memory, view }: QuickJs, box: number, call: ContractCall): void {
  const word = (offset: number, value: number) => view.setUint32(box + offset, value, true);
  word(FRAME.kind, KINDS[call.kind]);
  memory.set(call.selector, box + FRAME.selector);
  word(FRAME.argsLength, call.args.length);
  word(FRAME.callerIsOwner, equalBytes(call.caller, call.owner) ? 1 : 0);
  word(FRAME.blockNumber, call.block.number);
  view.setBigUint64(box + FRAME.timestampMs, call.block.timestampMs, true);
  memory.set(call.caller, box + FRAME.caller);
  memory.set(call.owner, box + FRAME.owner);
  const first = call.args.length <= DATA_BYTES ? call.args : call.args.subarray(0, DATA_BYTES);
  memory.set(first, box + DATA_AT);
}

/** Printable ASCII of a code; other characters become `?`. */
function codeText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte >= 33 && byte < 127 ? String.fromCharCode(byte) : "?";
  return text;
}
