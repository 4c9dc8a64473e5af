import { expect, test } from "vitest";
import { FIRST_SOURCE, keepSource, loadSource, MAX_SOURCE, type Shelf } from "./kept-source.ts";

function shelfOf(kept: string | null = null): { readonly shelf: Shelf; read(): string | null } {
  let value = kept;
  return {
    shelf: {
      getItem: () => value,
      setItem: (_key, text) => {
        value = text;
      },
    },
    read: () => value,
  };
}

test("what was written is there again", () => {
  const { shelf } = shelfOf();
  const kept = { template: "ballot", source: "export {};\n" } as const;
  expect(keepSource(kept, () => shelf)).toBe(true);
  expect(loadSource(() => shelf)).toEqual(kept);
});

test("a browser that keeps nothing, because it is full or does not let us, is told of", () => {
  const full: Shelf = {
    getItem: () => null,
    setItem() {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  const forbidden = (): Shelf => {
    throw new DOMException("no", "SecurityError");
  };
  expect(keepSource(FIRST_SOURCE, () => full)).toBe(false);
  expect(keepSource(FIRST_SOURCE, forbidden)).toBe(false);
  expect(loadSource(forbidden)).toEqual(FIRST_SOURCE);
  const { shelf, read } = shelfOf();
  expect(keepSource({ template: "ballot", source: "x".repeat(MAX_SOURCE + 1) }, () => shelf)).toBe(
    false,
  );
  expect(read()).toBeNull();
});

test.each([
  null,
  "",
  "{",
  "7",
  "null",
  "[]",
  '{"template":"counter"}',
  '{"template":"__proto__","source":"x"}',
  '{"template":"counter","source":7}',
  JSON.stringify({ template: "counter", source: "x".repeat(MAX_SOURCE + 1) }),
])("what is no kept source is the sample: %#", (text) => {
  expect(loadSource(() => shelfOf(text).shelf)).toEqual(FIRST_SOURCE);
});
