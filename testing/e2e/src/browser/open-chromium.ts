/** Chromium for the browser scenarios. */
import { findChromium, launchChromium } from "@pha/testing-kit/browser";
import type { Browser } from "playwright-core";
import { describe } from "vitest";

const found = await findChromium();

/** Why there is no Chromium here; the scenarios are then skipped and show this. */
export const missing: string | undefined = found.missing;

export function describeInChromium(name: string, scenarios: () => void): void {
  describe.skipIf(missing !== undefined)(`${name}${missing ? `: ${missing}` : ""}`, scenarios);
}

export function openChromium(): Promise<Browser> {
  return launchChromium(found);
}
