/** Debian's Chromium, for scenarios and benches in a browser: an empty profile and no connections of its own. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { ROOT } from "../workspace/files.ts";

export type FoundChromium =
  | { readonly path: string; readonly missing?: undefined }
  /** Why there is none. */
  | { readonly missing: string; readonly path?: undefined };

/** Installs it where that can be done. */
export async function findChromium(): Promise<FoundChromium> {
  const setUp: { ensureChromium(): Promise<FoundChromium> } = await import(
    pathToFileURL(join(ROOT, "bin", "chromium.mjs")).href
  );
  return setUp.ensureChromium();
}

/** @throws Error with the reason when there is none */
export function launchChromium(found: FoundChromium): Promise<Browser> {
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
