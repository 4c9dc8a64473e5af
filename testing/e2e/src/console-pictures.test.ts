/**
 * The pictures of the README: a devnet's console as the tour leaves it. `PHA_PICTURES=1` writes them into `docs/images`;
 * without it they are taken and looked at for what they must show.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { openConsole, verified } from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import { root } from "./start-devnet.ts";

const IMAGES = join(root, "docs", "images");
const isWritten = process.env["PHA_PICTURES"] === "1";
const MAX_BYTES = 400_000;
const SIZE = { width: 1100, height: 720 } as const;

describeInChromium("pictures of the README", () => {
  let browser: Browser;
  let url: string;
  let counter: string;

  withConsole((started) => {
    ({ browser, url, counter } = started);
  });

  /** What is in view, as WebP. */
  async function take(page: Page, name: string): Promise<void> {
    await page.evaluate(async () => {
      window.scrollTo(0, 0);
      await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    });
    const session = await page.context().newCDPSession(page);
    const { data } = await session.send("Page.captureScreenshot", {
      format: "webp",
      quality: 70,
    });
    const bytes = Buffer.from(data, "base64");
    expect(bytes.length).toBeGreaterThan(5_000);
    expect(bytes.length).toBeLessThan(MAX_BYTES / 5);
    if (!isWritten) return;
    mkdirSync(IMAGES, { recursive: true });
    writeFileSync(join(IMAGES, `${name}.webp`), bytes);
  }

  test("a call as its sender sees it and as the network does, the evidence, the fleet", async () => {
    const { page, context } = await openConsole(browser, url, SIZE);
    await verified(page);
    await page.goto(`${url}/contracts/${counter}`);
    await page.getByRole("textbox", { name: /^n/ }).fill("5");
    await page.getByRole("button", { name: "Send as Alice" }).click();
    const sent = page.getByTestId("activity").first();
    await sent.locator(".result .revealed").waitFor();
    await verified(page);
    await take(page, "call-mine");
    await page.locator(".lens-switch label", { hasText: "Network" }).click();
    await page.locator(".ciphertext").first().waitFor();
    await take(page, "call-network");
    await page.locator(".lens-switch label", { hasText: "Mine" }).click();
    await page.goto(`${url}/verify?subject=${counter}`);
    await page.getByTestId("verdict").waitFor();
    await take(page, "verify");
    await page.goto(`${url}/operate`);
    await page.locator(".vtable-row", { hasText: /worker-3.*Serves/ }).waitFor();
    await page.locator(".plot canvas").first().waitFor();
    await take(page, "operate");
    await context.close();
  });

  test("those in docs/images are small, and the README shows each with words", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const names = readdirSync(IMAGES);
    const sizes = names.map((name) => statSync(join(IMAGES, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES);
    expect(names.length).toBeGreaterThan(2);
    for (const name of names)
      expect(readme).toMatch(new RegExp(`!\\[[^\\]]{20,}\\]\\(docs/images/${name}\\)`));
  });
});
