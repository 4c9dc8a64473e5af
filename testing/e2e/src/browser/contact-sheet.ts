/** Puts pictures of pages side by side, so that a person can look at all of them at once. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";

/** Pixels of a column; what is longer than `TALLEST` is cut. */
const COLUMN = { 1280: 480, 360: 240 } as const;
const COLUMNS = { 1280: 4, 360: 8 } as const;
const TALLEST = 900;

export const WIDTHS = [360, 1280] as const;
export const SCHEMES = ["light", "dark"] as const;

/**
 * One sheet for each width and theme: `sheet-360-light.png` and so on, of the pictures `NAME-360-light.png` of the folder.
 *
 * @returns how many pictures each sheet has
 */
export async function makeSheets(
  browser: Browser,
  folder: string,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const width of WIDTHS)
    for (const scheme of SCHEMES) {
      const suffix = `-${width}-${scheme}.png`;
      const names = readdirSync(folder)
        .filter((name) => name.endsWith(suffix) && !name.startsWith("sheet"))
        .sort();
      counts[suffix] = names.length;
      if (names.length === 0) continue;
      const column = COLUMN[width];
      const figures = names.map((name) => {
        const data = readFileSync(join(folder, name)).toString("base64");
        const title = name.slice(0, -suffix.length);
        return `<figure><figcaption>${title}</figcaption><div><img src="data:image/png;base64,${data}"></div></figure>`;
      });
      const page = await browser.newPage({
        viewport: { width: COLUMNS[width] * (column + 16) + 16, height: 900 },
      });
      await page.setContent(`<!doctype html><style>
        body { margin: 8px; display: flex; flex-wrap: wrap; gap: 8px; background: #888; font: 14px sans-serif; }
        figure { margin: 4px; width: ${column}px; } figcaption { color: #fff; padding: 2px 0; }
        div { max-height: ${TALLEST}px; overflow: hidden; } img { width: 100%; display: block; }
      </style>${figures.join("")}`);
      writeFileSync(join(folder, `sheet${suffix}`), await page.screenshot({ fullPage: true }));
      await page.close();
    }
  return counts;
}
