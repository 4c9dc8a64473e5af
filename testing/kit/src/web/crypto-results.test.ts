import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { ROOT, readText } from "../workspace/files.ts";
import { bundleForWeb } from "./bundle-for-web.ts";
import * as node from "./crypto-results.ts";
import { cryptoVectorFiles } from "./crypto-vector-files.ts";

/** The web half, bundled as for a page, under Node. */
async function webHalf(): Promise<typeof node> {
  const { code } = await bundleForWeb({ path: "testing/kit/src/web/crypto-results.ts" });
  const folder = join(ROOT, "node_modules/.cache/pha-web");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "crypto-results.mjs"), code);
  return import(pathToFileURL(join(folder, "crypto-results.mjs")).href);
}

describe("the web half, bundled for browsers", async () => {
  const web = await webHalf();
  const input = { seed: 20_261_128, draws: 8, vectorFiles: cryptoVectorFiles() };
  const [ours, theirs] = [node.cryptoResults(input), web.cryptoResults(input)];

  test.skipIf(input.vectorFiles.length === 0)(
    "passes every vector of crypto that the other half passes",
    () => {
      expect(theirs.vectors).toEqual(ours.vectors);
      expect(new Set(Object.values(theirs.vectors))).toEqual(new Set(["pass"]));
    },
  );

  test("makes the golden vectors of our protocols", () => {
    expect(theirs.golden).toEqual(ours.golden);
    for (const [name, text] of Object.entries(theirs.golden))
      expect(text, name).toBe(readText(`docs/vectors/${name}`));
  });

  test("answers drawn and hostile input as the other half does", () => {
    expect(theirs.probes).toEqual(ours.probes);
  });

  test("accepts what the other signs with fresh entropy, and the other way round", () => {
    const good = Array.from({ length: 6 }, () => ({ own: true, flipped: false }));
    expect(web.verifyTexts(node.signTexts(6))).toEqual(good);
    expect(node.verifyTexts(web.signTexts(6))).toEqual(good);
  });
});

describe("a bundle for browsers", () => {
  test.each([
    ["a module of Node", 'import { readFileSync } from "node:fs"; console.log(readFileSync);'],
    ["a native addon", 'import sodium from "sodium-native"; console.log(sodium);'],
    ["Node's half", 'export * from "../../packages/crypto/src/backend.node.ts";'],
  ])("with %s is refused", async (_what, source) => {
    await expect(bundleForWeb({ source })).rejects.toThrow(/node:|not for browsers|Could not/);
  });
});
