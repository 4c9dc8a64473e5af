/** The console's first visit, in Chromium over a devnet: what is painted when, and what travels until the network is verified. */
import { findChromium, launchChromium } from "@pha/testing-kit/browser";
import { type Bench, type Measured, median } from "./bench.ts";
import { startDevnetProcess } from "./devnet-process.ts";

const VISITS = 7;

interface Visit {
  /** Milliseconds until the largest part is painted, and until the chain of trust is verified. */
  readonly paintMs: number;
  readonly verifiedMs: number;
  /** Compressed bytes of scripts: all but the light client, and the light client. */
  readonly bytes: number;
  readonly lightBytes: number;
}

async function visits(url: string): Promise<readonly Visit[]> {
  const browser = await launchChromium(await findChromium());
  const found: Visit[] = [];
  try {
    for (let i = 0; i < VISITS; i++) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      const began = performance.now();
      await page.goto(url);
      await page.waitForSelector('[data-testid="trust-tone"]:not([data-tone="pending"])');
      const verifiedMs = performance.now() - began;
      await page.waitForSelector(".ticker li");
      const seen = await page.evaluate(async () => {
        const paintMs = await new Promise<number>((resolve) => {
          new PerformanceObserver((list) =>
            resolve(list.getEntries().at(-1)?.startTime ?? Number.NaN),
          ).observe({ type: "largest-contentful-paint", buffered: true });
        });
        const sizes = performance
          .getEntriesByType("resource")
          .flatMap((entry) =>
            entry instanceof PerformanceResourceTiming && entry.name.endsWith(".js")
              ? [{ isLight: /\/light-[^/]*$/.test(entry.name), size: entry.encodedBodySize }]
              : [],
          );
        const sum = (isLight: boolean): number =>
          sizes.reduce((all, one) => all + (one.isLight === isLight ? one.size : 0), 0);
        return { paintMs, bytes: sum(false), lightBytes: sum(true) };
      });
      found.push({ ...seen, verifiedMs });
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return found;
}

async function run(): Promise<readonly Measured[]> {
  const devnet = await startDevnetProcess();
  try {
    const found = await visits(devnet.console);
    const of = (pick: (visit: Visit) => number): number => median(found.map(pick));
    const common = { better: "smaller", samples: VISITS } as const;
    const network = { name: "slot time", value: 1_000 };
    const allowed = { name: "budget of the issue", value: 250_000 };
    return [
      {
        id: "console/largest-paint",
        value: of(({ paintMs }) => paintMs),
        unit: "ms",
        against: network,
        floor: 2_000,
        goal: 800,
        ...common,
      },
      {
        id: "console/verified",
        value: of(({ verifiedMs }) => verifiedMs),
        unit: "ms",
        against: network,
        floor: 5_000,
        goal: 1_500,
        note: "from the address to the whole chain of trust of the first contract",
        ...common,
      },
      {
        id: "console/first-load",
        value: of(({ bytes }) => bytes),
        unit: "B",
        against: allowed,
        floor: 250_000,
        goal: 200_000,
        note: `compressed scripts without the light client, which has ${of(({ lightBytes }) => lightBytes)} B more`,
        ...common,
      },
    ];
  } finally {
    await devnet.stop();
  }
}

export const consoleVisits: Bench = { id: "console", run };
