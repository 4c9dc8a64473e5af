import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const { bundleTracker }: { bundleTracker(root: string): Promise<Record<string, Uint8Array>> } =
  await import(join(ROOT, "bin", "bundle-tracker.mjs"));

test("what a page loads is small, and names no host", async () => {
  const files = await bundleTracker(ROOT);
  expect(Object.keys(files)).toEqual(["w.js", "w-x25519.js"]);
  const zipped = (name: string) => gzipSync(files[name] ?? "", { level: 9 }).length;
  expect(zipped("w.js")).toBeGreaterThan(1_000);
  expect(zipped("w.js")).toBeLessThanOrEqual(6 * 1024);
  expect(zipped("w-x25519.js")).toBeGreaterThan(1_000);
  expect(zipped("w-x25519.js")).toBeLessThanOrEqual(15 * 1024);
  const text = Buffer.from(files["w.js"] ?? "").toString();
  expect(text).not.toMatch(/https?:\/\/\w|document\.cookie|\beval\(|innerHTML/);
});
