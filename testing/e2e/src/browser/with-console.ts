/** What every scenario of the console begins with and ends: a devnet, and a Chromium to open its console in. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { type DevnetProcess, startDevnet } from "../start-devnet.ts";
import { openChromium } from "./open-chromium.ts";

export interface ConsoleDevnet {
  readonly devnet: DevnetProcess;
  readonly browser: Browser;
  /** Address of the console. */
  readonly url: string;
  /** Address of the sample contract. */
  readonly counter: string;
}

/** For the `describe` that calls it. @param take given what is there before the first test runs */
export function withConsole(take: (started: ConsoleDevnet) => void | Promise<void>): void {
  let devnet: DevnetProcess | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    devnet = await startDevnet();
    browser = await openChromium();
    const { console: url, contracts } = devnet.file;
    const counter = contracts.find(({ name }) => name === "counter")?.address ?? "";
    await take({ devnet, browser, url: url ?? "", counter });
  });
  afterAll(async () => {
    await browser?.close();
    await devnet?.cleanUp();
  });
}
