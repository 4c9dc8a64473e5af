import { STORAGE } from "@pha/protocol";
import { encode, equalBytes, toHex } from "@pha/scale";
import { beforeAll, expect, test } from "vitest";
import { type LiveNetwork, liveNetwork } from "../testing/live-network.ts";
import type { Recorded, ScriptedHost } from "../testing/scripted-host.ts";
import { type Input, type Output, startPRuntime } from "./index.ts";

/** Bytes and numbers of a value as text, so that two runs can be compared. */
function print(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof Uint8Array) return toHex(item);
    return typeof item === "bigint" ? `${item}n` : item;
  });
}

function run(inputs: readonly Input[]): readonly (readonly Output[])[] {
  const [first, ...rest] = inputs;
  if (first?.type !== "start") throw new Error("a run starts");
  const started = startPRuntime(first);
  if (!started.ok) throw new Error(started.error.code);
  const { runtime, outputs } = started.value;
  return [outputs, ...rest.map((input) => (input.type === "start" ? [] : runtime.step(input)))];
}

const inputsOf = (host: ScriptedHost) => host.recorded.map(({ input }: Recorded) => input);

let live: LiveNetwork;
let printed: string[];
beforeAll(() => {
  live = liveNetwork({ workers: 1 });
  for (let i = 0; i < 3; i++) {
    live.client.send({ argument: i });
    live.client.ask(live.workers[0]!);
    live.network.blocks(2);
  }
  printed = live.workers[0]!.recorded.map(({ outputs }) => print(outputs));
});

test("recorded inputs replay to the same outputs, byte for byte, in another instance", () => {
  for (const host of [...live.workers, ...live.gatekeepers]) {
    const again = run(inputsOf(host)).map(print);
    expect(again).toEqual(host.recorded.map(({ outputs }) => print(outputs)));
    expect(again.length).toBeGreaterThan(30);
  }
});

test("a run does not change when the host reuses its buffers afterwards", () => {
  const inputs = inputsOf(live.workers[0]!).map((input) => structuredClone(input));
  const [first, ...rest] = inputs;
  if (first?.type !== "start") throw new Error("a run starts");
  const started = startPRuntime(first);
  if (!started.ok) throw new Error(started.error.code);
  for (const [i, input] of rest.entries()) {
    if (input.type === "start") continue;
    const outputs = started.value.runtime.step(input);
    expect(print(outputs)).toBe(printed[i + 1]);
    // What an engine or the pipe's own frame holds stays valid until the step is over, not longer.
    if (input.type !== "query") overwrite(input);
  }
});

function overwrite(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0xee);
  else if (Array.isArray(value)) for (const item of value) overwrite(item);
  else if (typeof value === "object" && value !== null)
    for (const item of Object.values(value)) overwrite(item);
}

test("other entropy gives other keys, nonces and answers, and the same state", () => {
  const other = liveNetwork({ workers: 1 });
  expect(other.chain.genesisHash).toEqual(live.chain.genesisHash);
  const inputs = inputsOf(live.workers[0]!).map((input) =>
    input.type === "start" ? { ...input, entropy: new Uint8Array(32).fill(3) } : input,
  );
  const outputs = run(inputs).flat();
  const ready = outputs.find(({ type }) => type === "ready");
  expect(ready?.type === "ready" && equalBytes(ready.boot, live.workers[0]!.boot)).toBe(false);
  // It is nobody's replica on this chain: nothing to vote on, no secret to leak.
  expect(outputs.some(({ type }) => type === "engine")).toBe(false);
});

test("one flipped byte in any input is refused or changes what comes out", () => {
  const inputs = inputsOf(live.workers[0]!);
  const kinds = new Map<string, number>();
  let tried = 0;
  for (const [at, input] of inputs.entries()) {
    const seen = kinds.get(input.type) ?? 0;
    if (input.type === "tick" || input.type === "register" || seen >= 3) continue;
    kinds.set(input.type, seen + 1);
    for (const spot of [0.1, 0.5, 0.95]) {
      const changed = structuredClone(input);
      const place = flip(changed, spot);
      if (place === undefined) continue;
      tried += 1;
      let again: string[];
      try {
        again = run([...inputs.slice(0, at), changed, ...inputs.slice(at + 1)]).map(print);
      } catch (error) {
        again = [String(error)];
        expect([input.type, String(error)]).toEqual([
          input.type,
          expect.stringMatching(/^Error: start\//),
        ]);
      }
      expect([input.type, place, again.join() === printed.join()]).toEqual([
        input.type,
        place,
        false,
      ]);
    }
  }
  expect(tried).toBeGreaterThan(20);
});

/** Flips a byte among all byte strings of a value; which one. */
function flip(value: unknown, spot: number): string | undefined {
  const found: { bytes: Uint8Array; path: string }[] = [];
  const visit = (item: unknown, path: string): void => {
    if (item instanceof Uint8Array) {
      if (item.length > 0) found.push({ bytes: item, path });
    } else if (typeof item === "object" && item !== null)
      for (const [key, inner] of Object.entries(item)) visit(inner, `${path}.${key}`);
  };
  visit(value, "");
  const total = found.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let at = Math.floor(total * spot);
  for (const { bytes, path } of found) {
    if (at < bytes.length) {
      bytes[at]! ^= 1;
      return `${path}[${at}]`;
    }
    at -= bytes.length;
  }
  return undefined;
}

test("a host that feeds what it thinks is best, and not final, gets nothing out", () => {
  const own = liveNetwork({ workers: 1 });
  const [worker] = own.workers;
  worker!.syncing = false;
  const { number } = worker!.status!.head;
  const best = own.chain.fork(number);
  const sent = own.client.makeCommand({ argument: 1000 });
  const code = own.pallets.command(sent.command);
  expect(code).toBeUndefined();
  best.push({
    sender: { type: "AccountId", value: sent.command.origin },
    destination: new TextEncoder().encode("pha/contract/command"),
    payload: new Uint8Array(0),
  });
  best.put(STORAGE.now.key, encode(STORAGE.now.value, 1n));
  best.addBlock();
  const proposed = best.batch(number + 1)!;
  const own_ = own.chain.justification(number);
  const outputs = worker!.feed({ type: "batch", batch: { ...proposed, justification: own_ } });
  expect(outputs.map(({ type }) => type)).toEqual(["batch-refused"]);
  expect(worker!.engine.calls.filter(({ kind }) => kind === "command")).toEqual([]);
});
