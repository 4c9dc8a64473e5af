/** The web half of crypto inside Chromium: vectors, golden vectors and hostile input give what Node's half gives. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleForWeb, cryptoVectorFiles, evidenceVectorFiles } from "@pha/testing-kit";
import { type OpenPage, openPage, servePage, type WebPage } from "@pha/testing-kit/browser";
import {
  type CryptoResults,
  cryptoResults,
  type SignedText,
  signTexts,
  verifyTexts,
} from "@pha/testing-kit/crypto-results";
import { evidenceResults } from "@pha/testing-kit/evidence-results";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CryptoPage } from "./browser/crypto-page.ts";
import { describeInChromium, openChromium } from "./browser/open-chromium.ts";
import { root } from "./start-devnet.ts";

declare const cryptoPage: CryptoPage;

const vectorFiles = cryptoVectorFiles();
const evidence = evidenceVectorFiles();
const input = { seed: 314_159, draws: 20, vectorFiles };

describeInChromium("crypto in Chromium", () => {
  let browser: Browser | undefined;
  let served: WebPage | undefined;
  let open: OpenPage;
  let theirs: CryptoResults;
  let ours: CryptoResults;

  beforeAll(async () => {
    ours = cryptoResults(input);
    const { code, files } = await bundleForWeb({ path: "testing/e2e/src/browser/crypto-page.ts" });
    expect(files).toContain("packages/crypto/src/backend.web.ts");
    browser = await openChromium();
    served = await servePage(code);
    open = await openPage(browser, served.url);
    await open.page.waitForFunction(() => "cryptoPage" in globalThis);
    theirs = await open.page.evaluate((given) => cryptoPage.run(given), input);
  });

  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  test.skipIf(vectorFiles.length === 0)("passes every third-party vector", () => {
    expect(theirs.vectors).toEqual(ours.vectors);
    expect(new Set(Object.values(theirs.vectors))).toEqual(new Set(["pass"]));
  });

  test.skipIf(evidence === undefined)("says of real evidence what Node's half says", async () => {
    if (evidence === undefined) return;
    const told = await open.page.evaluate((given) => cryptoPage.evidence(given), evidence);
    expect(Object.keys(told).length).toBeGreaterThan(40);
    expect(told).toEqual(evidenceResults(evidence));
    expect(Object.values(told).filter((text) => text.includes('"ok":true')).length).toBeGreaterThan(
      20,
    );
  });

  test("makes the golden vectors of our protocols, threshold keys included", () => {
    expect(Object.keys(theirs.golden)).toContain("threshold.json");
    for (const [name, text] of Object.entries(theirs.golden))
      expect(text, name).toBe(readFileSync(join(root, "docs", "vectors", name), "utf8"));
  });

  test("answers drawn and hostile input as Node's half does", () => {
    expect(Object.keys(theirs.probes).length).toBeGreaterThan(200);
    expect(theirs.probes).toEqual(ours.probes);
  });

  test("accepts signatures with Node's entropy, and Node accepts its own", async () => {
    const good = Array.from({ length: 8 }, () => ({ own: true, flipped: false }));
    const signed: readonly SignedText[] = await open.page.evaluate(() => cryptoPage.sign(8));
    expect(verifyTexts(signed)).toEqual(good);
    const texts = signTexts(8);
    expect(await open.page.evaluate((given) => cryptoPage.verify(given), texts)).toEqual(good);
  });

  test("needs nothing that the page's policy forbids", () => {
    expect(open.complaints).toEqual([]);
  });
});
