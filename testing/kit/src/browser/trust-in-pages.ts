/** Pages that check a chain of trust, each loaded anew; and the test's own chains with evidence of real vendors' kinds. */
import { createClient } from "@pha/sdk";
import { CONTRACT, fakeChain, TEST_ROOTS, type VendorState } from "@pha/sdk/testing";
import type { Browser } from "playwright-core";
import { bundleForWeb } from "../web/bundle-for-web.ts";
import { openPage } from "./chromium.ts";
import { richJson } from "./rich-json.ts";
import { type RpcServer, serveRpc } from "./serve-rpc.ts";
import type { TrustInput, TrustOutcome } from "./trust-page.ts";
import { servePage } from "./web-page.ts";

declare const trustOutcome: Promise<TrustOutcome>;

export interface InPage {
  /** Of the page's program, compressed. */
  readonly gzipBytes: number;
  /** A chain with that state but for one entry, on loopback, until `stop`. */
  serve(state: VendorState, without?: string): Promise<RpcServer>;
  inputOf(server: RpcServer, state: VendorState, rounds: number): Promise<TrustInput>;
  /** What a page comes to; refused when the page complained of anything. */
  outcomeOf(input: TrustInput): Promise<TrustOutcome>;
  stop(): Promise<void>;
}

export async function trustInPages(browser: Browser): Promise<InPage> {
  const { code, gzipBytes } = await bundleForWeb({ path: "testing/kit/src/browser/trust-page.ts" });
  const servers: RpcServer[] = [];
  return {
    gzipBytes,
    async serve({ entries }, without) {
      const state = [...entries].flatMap(([name, pair]) => (name === without ? [] : [pair]));
      const server = await serveRpc(() => fakeChain(state).rpc);
      servers.push(server);
      return server;
    },
    async inputOf(server, { workers }, rounds) {
      const { chain } = await createClient({ node: server.rpc(), workers: [] });
      const genesis = chain.genesisHash;
      chain.close();
      return {
        node: server.url,
        genesis,
        contract: CONTRACT,
        workers: workers.map(({ registration }) => registration.identity),
        trust: { roots: TEST_ROOTS },
        rounds,
      };
    },
    async outcomeOf(input) {
      const served = await servePage(code, { "/input.json": richJson(input) });
      const { page, complaints } = await openPage(browser, served.url);
      try {
        await page.waitForFunction(() => "trustOutcome" in globalThis);
        const outcome = await page.evaluate(() => trustOutcome);
        if (complaints.length > 0) throw new Error(complaints.join("; "));
        return outcome;
      } finally {
        await page.close();
        await served.stop();
      }
    },
    async stop() {
      for (const server of servers) await server.stop();
    },
  };
}
