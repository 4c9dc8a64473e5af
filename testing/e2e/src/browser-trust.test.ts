/**
 * The whole chain of trust inside Chromium, from the genesis hash to evidence of every real vendor: what Node says.
 * Evidence of real machines is judged in `browser-crypto.test.ts`; here the vendors are the test's own, because a real
 * machine's evidence is over nobody's keys here. `npm run bench -- browser/` takes the time of it.
 */
import { toHex } from "@pha/scale";
import { createClient, type TrustReport } from "@pha/sdk";
import { CONTRACT, TEST_ROOTS, vendorState } from "@pha/sdk/testing";
import { type InPage, trustInPages } from "@pha/testing-kit/browser";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeInChromium, openChromium } from "./browser/open-chromium.ts";

/** Of what a page loads to check a chain of trust. */
const MAX_GZIP_BYTES = 350_000;

describeInChromium("chains of trust in Chromium", () => {
  let browser: Browser;
  let pages: InPage;

  beforeAll(async () => {
    browser = await openChromium();
    pages = await trustInPages(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await pages?.stop();
  });

  test("of a contract on eight kinds of platforms come to Node's verdicts", async () => {
    const state = vendorState();
    const server = await pages.serve(state);
    const input = await pages.inputOf(server, state, 0);
    const outcome = await pages.outcomeOf(input);
    const client = await createClient({
      node: server.rpc(),
      workers: [],
      trust: { roots: TEST_ROOTS },
    });
    expect(outcome.contract).toEqual(plainOf(await client.verify(CONTRACT)));
    expect(outcome.contract).toMatchObject({ ok: true, simulated: false });
    for (const [i, identity] of input.workers.entries())
      expect(outcome.workers[i], toHex(identity)).toEqual(
        plainOf(await client.verifyWorker(identity)),
      );
    expect(outcome.workers.every(({ ok }) => ok)).toBe(true);
    client.close();
  });

  test("end at the leaf that does not hold", async () => {
    const state = vendorState(["IntelTdxDcap", "AmdSevSnp", "AwsNitro"]);
    const server = await pages.serve(state, "collateral AmdCrl");
    const input = await pages.inputOf(server, state, 0);
    const { contract } = await pages.outcomeOf(input);
    expect(contract.broken).toMatchObject({
      link: "replica/evidence",
      facts: { code: "collateral/missing" },
    });
    const pinned = await pages.outcomeOf({ ...input, trust: {} });
    expect(pinned.contract.broken?.link).toBe("replica/evidence");
  });

  test("need a program that a page can load", () => {
    expect(pages.gzipBytes).toBeGreaterThan(100_000);
    expect(pages.gzipBytes).toBeLessThan(MAX_GZIP_BYTES);
  });
});

/** As it comes out of a page. */
function plainOf(report: TrustReport): unknown {
  return structuredClone(report);
}
