/**
 * A contract's end of the engine's mailbox: what the build puts behind a contract's own code.
 *
 * The engine fills in the call, runs the registered entry once on this heap, and answers operations in place.
 * `mailbox.ts` has the layout. Views are made when the contract loads, so that they are part of its snapshot.
 */
import type { CallContext } from "../context.ts";
import type { Contract } from "../define-contract.ts";
import { ContractFailure, MAX_CODE_LENGTH } from "../failure.ts";
import type { ContractHost, StoredEntry } from "../host.ts";
import { createRunner } from "../run-call.ts";
import { setPlainEncoder } from "../text.ts";
import { DATA_AT, FRAME, OP } from "./mailbox.ts";

interface Mailbox {
  readonly box: ArrayBuffer;
  readonly operation: (op: number, a: number | string, b: number) => void;
  entry: (() => void) | undefined;
}

declare const __pha: Mailbox;

const KINDS = ["instantiate", "command", "query"] as const;

/** @param selectors selector as a u32 LE number → entry name */
export function serve(contract: Contract, selectors: Readonly<Record<number, string>>): void {
  const { box, operation } = __pha;
  const bytes = new Uint8Array(box);
  const data = new Uint8Array(box, DATA_AT);
  const words = new Uint32Array(box, 0, DATA_AT / 4);
  const result = new Int32Array(box, FRAME.result, 1);
  const word = (offset: number): number => words[offset / 4] ?? 0;

  const ask = (op: number, a: number, b: number): number => {
    operation(op, a, b);
    return result[0] ?? 0;
  };
  const taken = (at: number, length: number) => bytes.slice(at, at + length);

  setPlainEncoder((plain) => {
    operation(OP.text, plain, 0);
    const length = result[0] ?? -1;
    return length < 0 ? undefined : data.slice(0, length);
  });

  const host: ContractHost = {
    get(key) {
      data.set(key);
      const length = ask(OP.get, key.length, 0);
      return length < 0 ? undefined : data.slice(0, length);
    },
    put(key, value) {
      data.set(key);
      data.set(value, key.length);
      ask(OP.put, key.length, value.length);
    },
    delete(key) {
      data.set(key);
      ask(OP.delete, key.length, 0);
    },
    scan(prefix, after) {
      data.set(prefix);
      if (after) data.set(after, prefix.length);
      const count = ask(OP.scan, prefix.length, after?.length ?? 0);
      const page = data.slice();
      const view = new DataView(page.buffer);
      const entries: StoredEntry[] = [];
      let at = 0;
      for (let i = 0; i < count; i++) {
        const keyAt = at + 8;
        const valueAt = keyAt + view.getUint32(at, true);
        const end = valueAt + view.getUint32(at + 4, true);
        entries.push({ key: page.subarray(keyAt, valueAt), value: page.subarray(valueAt, end) });
        at = end;
      }
      return entries;
    },
    open(key) {
      data.set(key);
      ask(OP.open, key.length, 0);
    },
    random() {
      ask(OP.random, 0, 0);
      return data.slice(0, 32);
    },
    pseudonym(domain, input) {
      if (domain.length + input.length > data.length)
        throw new ContractFailure("contract/value-too-long");
      data.set(domain);
      data.set(input, domain.length);
      ask(OP.pseudonym, domain.length, input.length);
      return data.slice(0, 32);
    },
    boxKey(domain) {
      if (domain.length > data.length) throw new ContractFailure("contract/value-too-long");
      data.set(domain);
      ask(OP.boxKey, domain.length, 0);
      return data.slice(0, 32);
    },
    openBox(domain, box) {
      if (domain.length + box.length > data.length)
        throw new ContractFailure("contract/value-too-long");
      data.set(domain);
      data.set(box, domain.length);
      const length = ask(OP.openBox, domain.length, box.length);
      return length < 0 ? undefined : data.slice(0, length);
    },
  };

  let caller: Uint8Array | undefined;
  let owner: Uint8Array | undefined;
  const block = {
    get number() {
      return word(FRAME.blockNumber);
    },
    get timestampMs() {
      return (BigInt(word(FRAME.timestampMs + 4)) << 32n) | BigInt(word(FRAME.timestampMs));
    },
  };
  // Read when asked: most handlers ask for one of these.
  const context: CallContext = {
    block,
    get caller() {
      caller ??= taken(FRAME.caller, 32);
      return caller;
    },
    get owner() {
      owner ??= taken(FRAME.owner, 32);
      return owner;
    },
    get callerIsOwner() {
      return word(FRAME.callerIsOwner) === 1;
    },
  };
  const runner = createRunner(contract, host, context);
  const noArgs = new Uint8Array(0);

  function args(): Uint8Array {
    const length = word(FRAME.argsLength);
    if (length === 0) return noArgs;
    if (length <= data.length) return data.slice(0, length);
    const all = new Uint8Array(length);
    all.set(data);
    let at = data.length;
    while (at < length) {
      const count = ask(OP.args, at, 0);
      all.set(data.subarray(0, count), at);
      at += count;
    }
    return all;
  }

  __pha.entry = () => {
    let output: Uint8Array;
    try {
      const kind = KINDS[word(FRAME.kind)] ?? "query";
      output = runner.run(kind, selectors[word(FRAME.selector)], args());
    } catch (error) {
      // Anything but a failure is the engine's to judge: exhausted memory, or a fault of the contract.
      if (!(error instanceof ContractFailure)) throw error;
      const { code } = error;
      const length = Math.min(code.length, MAX_CODE_LENGTH);
      for (let i = 0; i < length; i++) data[i] = code.charCodeAt(i);
      ask(OP.fail, length, 0);
      return;
    }
    data.set(output);
    ask(OP.output, output.length, 0);
  };
}
