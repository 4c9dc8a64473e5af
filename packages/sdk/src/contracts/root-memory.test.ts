import { expect, test } from "vitest";
import { createRootMemory, type RootMemoryStore } from "./root-memory.ts";

const contract = new Uint8Array(32).fill(1);
const root = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const at = (number: number, byte: number) => ({
  root: root(byte),
  stateBlock: { number, hash: root(0) },
});

function createStore(): RootMemoryStore & { text: string | undefined } {
  const store: RootMemoryStore & { text: string | undefined } = {
    text: undefined,
    load: () => store.text,
    save: (text) => {
      store.text = text;
    },
  };
  return store;
}

test("an answer may be as new as the last one or newer", () => {
  const memory = createRootMemory();
  memory.check(contract, at(5, 1));
  memory.check(contract, at(5, 1));
  memory.check(contract, at(6, 2));
});

test("an older answer is refused", () => {
  const memory = createRootMemory();
  memory.check(contract, at(5, 1));
  expect(() => memory.check(contract, at(4, 1))).toThrow(
    expect.objectContaining({ code: "answer/rolled-back" }),
  );
});

test("another root for the same block is refused", () => {
  const memory = createRootMemory();
  memory.check(contract, at(5, 1));
  expect(() => memory.check(contract, at(5, 2))).toThrow(
    expect.objectContaining({ code: "answer/two-roots" }),
  );
});

test("contracts do not mix", () => {
  const memory = createRootMemory();
  memory.check(contract, at(5, 1));
  memory.check(new Uint8Array(32).fill(2), at(1, 9));
});

test("what was seen outlives the program through its store", () => {
  const store = createStore();
  createRootMemory(store).check(contract, at(5, 1));
  const later = createRootMemory(store);
  expect(() => later.check(contract, at(4, 1))).toThrow(
    expect.objectContaining({ code: "answer/rolled-back" }),
  );
});

test("two tabs over one store: neither loses what the other has seen, and each refuses what is older than that", () => {
  const store = createStore();
  const other = new Uint8Array(32).fill(2);
  const [first, second] = [createRootMemory(store), createRootMemory(store)];
  first.check(contract, at(7, 1));
  second.check(other, at(3, 2));
  expect(() => second.check(contract, at(6, 1))).toThrow(
    expect.objectContaining({ code: "answer/rolled-back" }),
  );
  // An own newer one is not given up for a stored one.
  second.check(contract, at(9, 3));
  first.check(other, at(3, 2));
  const later = createRootMemory(store);
  for (const [of, number] of [
    [contract, 8],
    [other, 2],
  ] as const)
    expect(() => later.check(of, at(number, 1))).toThrow(
      expect.objectContaining({ code: "answer/rolled-back" }),
    );
});

test.each([
  "",
  "{",
  "{}",
  "[1]",
  '[["0x01",{"block":"5"}]]',
  "[[null,null]]",
])("a damaged store %j starts anew", (text) => {
  const store = createStore();
  store.text = text;
  const memory = createRootMemory(store);
  memory.check(contract, at(1, 1));
  expect(store.text).toContain('"block":1');
});

test("the least recently seen contract is forgotten first, and memory stays small", () => {
  const store = createStore();
  const memory = createRootMemory(store);
  const id = (n: number): Uint8Array => Uint8Array.of(...new Uint8Array(28), 0, 0, n >> 8, n & 255);
  for (let n = 0; n < 1024; n++) memory.check(id(n), at(5, 1));
  memory.check(id(0), at(5, 1));
  memory.check(id(1024), at(5, 1));
  expect(JSON.parse(store.text ?? "[]")).toHaveLength(1024);
  memory.check(id(1), at(1, 1));
  expect(() => memory.check(id(0), at(1, 1))).toThrow();
});
