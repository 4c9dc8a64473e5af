/** The whole chain of trust in a page of Chromium: three vendors' evidence, from the navigation on, and again later. */
import { createClient } from "@pha/sdk";
import { CONTRACT, TEST_ROOTS, vendorState } from "@pha/sdk/testing";
import {
  findChromium,
  launchChromium,
  type TrustOutcome,
  trustInPages,
} from "@pha/testing-kit/browser";
import { type Bench, type Measured, median } from "./bench.ts";

const COLD_RUNS = 5;
const WARM_ROUNDS = 9;

async function run(): Promise<readonly Measured[]> {
  const browser = await launchChromium(await findChromium());
  const pages = await trustInPages(browser);
  try {
    const state = vendorState(["IntelTdxDcap", "AmdSevSnp", "AwsNitro"]);
    const server = await pages.serve(state);
    const input = { ...(await pages.inputOf(server, state, WARM_ROUNDS)), workers: [] };
    const outcomes: TrustOutcome[] = [];
    for (let i = 0; i < COLD_RUNS; i++) outcomes.push(await pages.outcomeOf(input));
    if (!outcomes.every(({ contract }) => contract.ok)) throw new Error("a page found it broken");
    // The native back end of the same checks is the peer.
    const trust = { roots: TEST_ROOTS };
    const client = await createClient({ node: server.rpc(), workers: [], trust });
    const native: number[] = [];
    for (let i = 0; i < WARM_ROUNDS; i++) {
      const began = performance.now();
      await client.verify(CONTRACT);
      native.push(performance.now() - began);
    }
    client.close();
    const common = {
      unit: "ms",
      better: "smaller",
      against: { name: "the same checks in Node", value: median(native) },
    } as const;
    return [
      {
        id: "browser/chain-of-trust-cold",
        value: median(outcomes.map(({ coldMs }) => coldMs)),
        samples: COLD_RUNS,
        floor: 3_000,
        goal: 1_000,
        note: `from the navigation on: page, ${pages.gzipBytes} B of program compressed, connection, proofs`,
        ...common,
      },
      {
        id: "browser/chain-of-trust-warm",
        value: median(outcomes.flatMap(({ warmMs }) => warmMs)),
        samples: COLD_RUNS * WARM_ROUNDS,
        floor: 300,
        goal: 100,
        ...common,
      },
    ];
  } finally {
    await browser.close();
    await pages.stop();
  }
}

export const browserTrust: Bench = { id: "browser/", run };
