/** Chromium for the browser scenarios, with an empty profile and no connections of its own. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { root } from "../start-devnet.ts";

const setUp: {
  ensureChromium(): Promise<
    | { readonly path: string; readonly missing?: undefined }
    | { readonly missing: string; readonly path?: undefined }
  >;
} = await import(pathToFileURL(join(root, "bin", "chromium.mjs")).href);

const found = await setUp.ensureChromium();

/** Why there is no Chromium here; the scenarios are then skipped and show this. */
export const missing: string | undefined = found.missing;

export function openChromium(): Promise<Browser> {
  if (found.path === undefined) throw new Error(found.missing);
  return chromium.launch({
    executablePath: found.path,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface OpenPage {
  readonly page: Page;
  /** What the page complained of: errors nobody caught, and breaches of its policy. */
  readonly complaints: string[];
}

export async function openPage(browser: Browser, url: string): Promise<OpenPage> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}
