/**
 * What the console costs while nobody touches it, and how it answers when somebody does, in Chromium over a devnet: processor
 * time of live pages, memory over an hour of blocks, frames of a table of 10,000 rows, and time from an input to the next paint.
 */
import { findChromium, launchChromium } from "@pha/testing-kit/browser";
import type { Browser, CDPSession, Page } from "playwright-core";
import { type Bench, type Measured, median, percentile } from "./bench.ts";
import { type DevnetProcess, fasterPrograms, startDevnetProcess } from "./devnet-process.ts";

const SETTLE_MS = 10_000;
const IDLE_MS = 10_000;
const STRETCHES = 3;
/** Five blocks a second: an hour of a devnet's blocks in twelve minutes. */
const FAST_SLOT_MS = 200;
const HOUR_OF_BLOCKS = 3_600;
/** Caches of what is read are full after it: they keep for five minutes what nobody looks at. */
const WARM_BLOCKS = 1_600;
/** Looks at the heap for one figure. */
const HEAPS = 3;
const INPUTS = 5;

const PAGES = [
  ["home", "/"],
  ["explorer", "/explorer"],
  ["contract", "/contracts/:counter"],
  ["operate", "/operate"],
] as const;

function addressOf({ console: base, contracts }: DevnetProcess, path: string): string {
  const counter = contracts.find(({ name }) => name === "counter")?.address ?? "";
  return `${base}${path.replace(":counter", counter)}`;
}

async function openPage(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(address);
  await page.waitForSelector('[data-testid="trust-tone"]:not([data-tone="pending"])');
  return page;
}

/** Seconds of processor time that all processes of the browser have had: rendering, and what draws in software. */
async function cpuSeconds(session: CDPSession): Promise<number> {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

async function idle(devnet: DevnetProcess): Promise<readonly Measured[]> {
  const found: Measured[] = [];
  for (const [name, path] of PAGES) {
    // A browser of its own: what ended pages still do would be counted.
    const browser = await launchChromium(await findChromium());
    try {
      const page = await openPage(browser, addressOf(devnet, path));
      await page.waitForTimeout(SETTLE_MS);
      const session = await browser.newBrowserCDPSession();
      const shares: number[] = [];
      for (let i = 0; i < STRETCHES; i++) {
        const began = performance.now();
        const before = await cpuSeconds(session);
        await page.waitForTimeout(IDLE_MS);
        const used = (await cpuSeconds(session)) - before;
        shares.push((used / ((performance.now() - began) / 1_000)) * 100);
      }
      found.push({
        id: `console/idle-${name}`,
        value: median(shares),
        unit: "% of a core",
        better: "smaller",
        against: { name: "allowed by the issue", value: 5 },
        samples: STRETCHES,
        floor: 5,
        goal: 3,
        note: `all processes of the browser, the median of ${STRETCHES} stretches of ${IDLE_MS / 1_000} s, a block each second`,
      });
    } finally {
      await browser.close();
    }
  }
  return found;
}

/** Milliseconds between frames while the longest table of the gallery is scrolled through. */
async function tableFrames(page: Page): Promise<readonly number[]> {
  const table = page.locator('.vtable[aria-rowcount="10001"]');
  await table.scrollIntoViewIfNeeded();
  return table.evaluate(async (element) => {
    const box = [element, ...element.querySelectorAll("*"), element.parentElement].find(
      (one) => one !== null && one.scrollHeight > one.clientHeight * 10,
    );
    if (!box) throw new Error("the table scrolls in a box");
    const frames: number[] = [];
    let last = performance.now();
    for (let i = 0; i < 240; i++) {
      box.scrollTop += 400;
      await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
      const now = performance.now();
      frames.push(now - last);
      last = now;
    }
    return frames;
  });
}

/** Milliseconds from inputs to the paint after them, as the browser tells them. */
async function interactions(page: Page): Promise<readonly number[]> {
  await page.evaluate(() => {
    const durations: number[] = [];
    Object.assign(globalThis, { phaDurations: durations });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (entry instanceof PerformanceEventTiming && entry.interactionId > 0)
          durations.push(entry.duration);
    }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
  const nav = (name: string) => page.getByRole("link", { name, exact: true }).first().click();
  for (let i = 0; i < INPUTS; i++) {
    for (const name of ["Explorer", "Operate", "Verify", "Contracts", "Home"]) {
      await nav(name);
      await page.waitForTimeout(300);
    }
    await page.keyboard.press("l");
    await page.waitForTimeout(200);
    await page.keyboard.press("Control+k");
    await page.waitForTimeout(300);
    await page.keyboard.type("counter");
    await page.waitForTimeout(200);
    await page.keyboard.press("Escape");
    await page.waitForTimeout(200);
  }
  return page.evaluate(() => (globalThis as unknown as { phaDurations: number[] }).phaDurations);
}

async function touched(devnet: DevnetProcess): Promise<readonly Measured[]> {
  const browser = await launchChromium(await findChromium());
  try {
    const gallery = await openPage(browser, addressOf(devnet, "/_states"));
    await gallery.waitForTimeout(2_000);
    const frames = await tableFrames(gallery);
    await gallery.close();
    const page = await openPage(browser, addressOf(devnet, "/"));
    await page.waitForTimeout(2_000);
    const inputs = await interactions(page);
    return [
      {
        id: "console/table-frame",
        value: percentile(frames, 0.95),
        unit: "ms",
        better: "smaller",
        against: { name: "frame of a display of 60 Hz", value: 16.7 },
        samples: frames.length,
        floor: 50,
        goal: 20,
        note: `the 95th of a hundred frames while 10,000 rows are scrolled, 400 pixels a frame; half take ${median(frames).toFixed(1)} ms`,
      },
      {
        id: "console/interaction",
        value: percentile(inputs, 0.95),
        unit: "ms",
        better: "smaller",
        against: { name: "allowed by the issue", value: 100 },
        samples: inputs.length,
        floor: 100,
        goal: 60,
        note: `from a click or key to the paint after it, those of 16 ms and more; half take ${median(inputs)} ms, the longest ${Math.max(...inputs)} ms`,
      },
    ];
  } finally {
    await browser.close();
  }
}

/** Bytes of the page's heap after a collection, the median of a few blocks apart. */
async function heapBytes(page: Page, session: CDPSession): Promise<number> {
  const found: number[] = [];
  for (let i = 0; i < HEAPS; i++) {
    await session.send("HeapProfiler.collectGarbage");
    await session.send("HeapProfiler.collectGarbage");
    found.push((await session.send("Runtime.getHeapUsage")).usedSize);
    await page.waitForTimeout(1_000);
  }
  return median(found);
}

async function finalized(page: Page): Promise<number> {
  const text = await page.getByTestId("trust-head").textContent();
  return Number(/\d[\d\s]*/u.exec(text ?? "")?.[0].replace(/\D/gu, "") ?? 0);
}

async function memory(): Promise<readonly Measured[]> {
  const programs = fasterPrograms(FAST_SLOT_MS);
  const devnet = await startDevnetProcess(programs.dist).catch((error: unknown) => {
    programs.remove();
    throw error;
  });
  const browser = await launchChromium(await findChromium());
  try {
    const page = await openPage(browser, addressOf(devnet, "/"));
    const session = await page.context().newCDPSession(page);
    const first = await finalized(page);
    const reach = async (blocks: number): Promise<number> => {
      while ((await finalized(page)) < first + blocks) await page.waitForTimeout(1_000);
      return heapBytes(page, session);
    };
    const early = await reach(10);
    const warm = await reach(WARM_BLOCKS);
    const late = await reach(HOUR_OF_BLOCKS);
    return [
      {
        id: "console/memory-hour",
        value: (late - warm) / 2 ** 20,
        unit: "MiB",
        better: "smaller",
        against: { name: "heap when its caches are full", value: warm / 2 ** 20 },
        samples: HEAPS,
        floor: 2,
        goal: 0.5,
        note: `growth of Home's heap from block ${WARM_BLOCKS} to ${HOUR_OF_BLOCKS} of its visit; ${(early / 2 ** 20).toFixed(1)} MiB at its beginning, ${(late / 2 ** 20).toFixed(1)} at the end`,
      },
    ];
  } finally {
    await browser.close();
    await devnet.stop();
    programs.remove();
  }
}

export const consoleIdle: Bench = {
  id: "console/idle",
  async run() {
    const devnet = await startDevnetProcess();
    try {
      return [...(await idle(devnet)), ...(await touched(devnet))];
    } finally {
      await devnet.stop();
    }
  },
};

export const consoleMemory: Bench = { id: "console/memory", run: memory };
