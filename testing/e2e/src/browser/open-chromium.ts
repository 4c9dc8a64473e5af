/** Chromium for the browser scenarios. */
import { findChromium, launchChromium } from "@pha/testing-kit/browser";
import type { Browser } from "playwright-core";

const found = await findChromium();

/** Why there is no Chromium here; the scenarios are then skipped and show this. */
export const missing: string | undefined = found.missing;

export function openChromium(): Promise<Browser> {
  return launchChromium(found);
}
