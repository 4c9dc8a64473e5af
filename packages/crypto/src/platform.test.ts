import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const folder = new URL(".", import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.endsWith(".bench.ts"),
);

function read(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

describe("outside the platform halves", () => {
  const shared = sources.filter((name) => !/\.(node|web)\.ts$/.test(name));

  test("no file imports a Node module or a half", () => {
    expect(shared.length).toBeGreaterThan(20);
    for (const name of shared)
      expect(read(name), name).not.toMatch(/from "(node:|[^"]*\.(node|web)\.ts")/);
  });

  test("nothing is awaited, and entropy is asked for in one file", () => {
    for (const name of shared) expect(read(name), name).not.toMatch(/\bawait\b|\basync\b/);
    const asking = shared.filter((name) => read(name).includes("backend.randomBytes"));
    expect(asking).toEqual(["entropy.ts"]);
  });
});

test("the web half imports nothing of Node", () => {
  expect(read("backend.web.ts")).not.toMatch(/from "(node:|[^"]*\.node\.ts"|sodium|@polkadot)/);
});
