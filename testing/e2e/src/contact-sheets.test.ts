/**
 * Contact sheets of all pages and states, for people: `PHA_SHOTS=DIR` names a folder of pictures that the tests of the
 * console took before; without it a page of one colour shows that sheets are made.
 */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeSheets } from "./browser/contact-sheet.ts";
import { missing, openChromium } from "./browser/open-chromium.ts";

const SHOTS = process.env["PHA_SHOTS"];

test.skipIf(missing !== undefined)(
  `one sheet for each width and theme${missing ? `: ${missing}` : ""}`,
  async () => {
    const browser = await openChromium();
    const folder = SHOTS ?? mkdtempSync(join(tmpdir(), "pha-sheets-"));
    try {
      if (SHOTS === undefined) {
        const page = await browser.newPage({ viewport: { width: 360, height: 200 } });
        for (const name of ["a-360-light.png", "b-360-light.png", "a-1280-dark.png"])
          writeFileSync(join(folder, name), await page.screenshot());
      }
      const counts = await makeSheets(browser, folder);
      if (SHOTS === undefined)
        expect(counts).toEqual({
          "-360-light.png": 2,
          "-360-dark.png": 0,
          "-1280-light.png": 0,
          "-1280-dark.png": 1,
        });
      for (const [suffix, count] of Object.entries(counts)) {
        const sheet = join(folder, `sheet${suffix}`);
        expect(existsSync(sheet)).toBe(count > 0);
        if (count > 0) expect(statSync(sheet).size).toBeGreaterThan(1_000);
      }
    } finally {
      await browser.close();
      if (SHOTS === undefined) rmSync(folder, { recursive: true, force: true });
    }
  },
);
