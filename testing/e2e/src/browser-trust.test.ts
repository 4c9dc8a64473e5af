/**
 * The whole chain of trust inside Chromium, from the genesis hash to evidence of every real vendor: what Node says, in
 * time for a page. Evidence of real machines is judged in `browser-crypto.test.ts`; here the vendors are the test's own,
 * because a real machine's evidence is over nobody's keys here.
 */
import { toHex } from "@pha/scale";
import { createClient, type TrustReport } from "@pha/sdk";
import { CONTRACT, fakeChain, TEST_ROOTS, type VendorState, vendorState } from "@pha/sdk/testing";
import { bundleForWeb } from "@pha/testing-kit";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, openChromium, openPage } from "./browser/open-chromium.ts";
import { richJson } from "./browser/rich-json.ts";
import type { TrustInput, TrustOutcome } from "./browser/trust-page.ts";
import { servePage } from "./browser/web-page.ts";
import { type RpcServer, serveRpc } from "./serve-rpc.ts";

declare const trustOutcome: Promise<TrustOutcome>;

/** A page's first verdict, from the navigation on; and each later one. Milliseconds. */
const COLD_MS = 3_000;
const WARM_MS = 300;
const COLD_RUNS = 3;
const WARM_ROUNDS = 9;
/** Of what a page loads to check a chain of trust. */
const MAX_GZIP_BYTES = 350_000;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

describe.skipIf(missing !== undefined)(
  `chains of trust in Chromium${missing ? `: ${missing}` : ""}`,
  () => {
    let browser: Browser;
    let code: string;
    let gzipBytes: number;
    const servers: RpcServer[] = [];

    beforeAll(async () => {
      ({ code, gzipBytes } = await bundleForWeb({
        path: "testing/e2e/src/browser/trust-page.ts",
      }));
      browser = await openChromium();
    });
    afterAll(async () => {
      await browser?.close();
      for (const server of servers) await server.stop();
    });

    async function serve({ entries }: VendorState, without?: string): Promise<RpcServer> {
      const state = [...entries].flatMap(([name, pair]) => (name === without ? [] : [pair]));
      const server = await serveRpc(() => fakeChain(state).rpc);
      servers.push(server);
      return server;
    }

    async function inPage(input: TrustInput): Promise<TrustOutcome> {
      const served = await servePage(code, { "/input.json": richJson(input) });
      const { page, complaints } = await openPage(browser, served.url);
      await page.waitForFunction(() => "trustOutcome" in globalThis);
      const outcome = await page.evaluate(() => trustOutcome);
      expect(complaints).toEqual([]);
      await page.close();
      await served.stop();
      return outcome;
    }

    async function inputOf(server: RpcServer, { workers }: VendorState): Promise<TrustInput> {
      const { chain } = await createClient({ node: fakeRpc(server), workers: [] });
      const genesis = chain.genesisHash;
      chain.close();
      return {
        node: server.url,
        genesis,
        contract: CONTRACT,
        workers: workers.map(({ registration }) => registration.identity),
        trust: { roots: TEST_ROOTS },
        rounds: WARM_ROUNDS,
      };
    }

    test("of a contract on seven kinds of platforms come to Node's verdicts", async () => {
      const state = vendorState();
      const server = await serve(state);
      const input = await inputOf(server, state);
      const outcome = await inPage({ ...input, rounds: 0 });
      const client = await createClient({
        node: fakeRpc(server),
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
      const server = await serve(state, "collateral AmdCrl");
      const input = await inputOf(server, state);
      const { contract } = await inPage({ ...input, rounds: 0 });
      expect(contract.broken).toMatchObject({
        link: "replica/evidence",
        facts: { code: "collateral/missing" },
      });
      const pinned = await inPage({ ...input, trust: {}, rounds: 0 });
      expect(pinned.contract.broken?.link).toBe("replica/evidence");
    });

    test("take a page no longer than it may, cold and warm", async () => {
      const state = vendorState(["IntelTdxDcap", "AmdSevSnp", "AwsNitro"]);
      const server = await serve(state);
      const input = await inputOf(server, state);
      const runs: TrustOutcome[] = [];
      for (let i = 0; i < COLD_RUNS; i++) runs.push(await inPage({ ...input, workers: [] }));
      expect(runs.every(({ contract }) => contract.ok)).toBe(true);
      const coldMs = median(runs.map((run) => run.coldMs));
      const warmMs = median(runs.flatMap((run) => run.warmMs));
      process.stderr.write(
        `chain of trust of three vendors in a page: cold ${coldMs.toFixed(0)} ms, warm ${warmMs.toFixed(0)} ms, ${gzipBytes} bytes\n`,
      );
      expect(gzipBytes).toBeLessThan(MAX_GZIP_BYTES);
      expect(coldMs).toBeLessThan(COLD_MS);
      expect(warmMs).toBeLessThan(WARM_MS);
    });

    const fakeRpc = (server: RpcServer) => server.rpc();
  },
);

/** As it comes out of a page. */
function plainOf(report: TrustReport): unknown {
  return structuredClone(report);
}
