import { inspect } from "node:util";
import { expect, test } from "vitest";
import { secretBytes } from "./secret.ts";

const secret = secretBytes(Uint8Array.of(222, 173, 190, 239));

test("the bytes are given to who asks for them by name", () => {
  expect(secret.expose()).toEqual(Uint8Array.of(222, 173, 190, 239));
  expect(secret).toHaveLength(4);
});

test("every way to text shows that it is a secret, and nothing of it", () => {
  const texts = [
    String(secret),
    `${secret}`,
    JSON.stringify(secret),
    JSON.stringify({ nested: [secret] }),
    inspect(secret),
    inspect({ nested: [secret] }, { depth: 9, showHidden: true }),
    inspect(secret, { customInspect: false, showHidden: true, depth: 9 }),
  ];
  for (const text of texts) expect(text).not.toMatch(/222|173|de, ?ad|dead/i);
  for (const text of texts.slice(0, 6)) expect(text).toContain("[secret]");
});

test("it cannot be cloned, and so not sent to another thread", () => {
  expect(() => structuredClone(secret)).toThrow();
  expect(() => structuredClone({ nested: [secret] })).toThrow();
});

test("it cannot be changed, and copies of its members hold no bytes", () => {
  expect(() => Object.assign(secret, { expose: () => new Uint8Array(0) })).toThrow();
  expect(Object.values(secret).some((member) => ArrayBuffer.isView(member))).toBe(false);
});

test("wiping leaves zeros", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const wiped = secretBytes(bytes);
  wiped.wipe();
  expect(wiped.expose()).toEqual(new Uint8Array(3));
  expect(bytes).toEqual(new Uint8Array(3));
});
