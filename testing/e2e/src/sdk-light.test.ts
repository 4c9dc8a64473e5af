/** The SDK over a light client: no RPC of any node, from the chain spec to a confidential answer. */
import { toHex } from "@pha/scale";
import {
  type Client,
  type ContractHandle,
  createClient,
  createSession,
  devSigner,
  getContract,
} from "@pha/sdk";
import { connectLight, type LightProvider } from "@pha/sdk/light";
import { bundleForWeb } from "@pha/testing-kit";
import { openPage, servePage } from "@pha/testing-kit/browser";
import { start } from "smoldot";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SdkPage } from "./browser/offer-calls.ts";
import { missing, openChromium } from "./browser/open-chromium.ts";
import { counterEntries } from "./counter-entries.ts";
import { hex } from "./counter-network.ts";
import { type DevnetProcess, startDevnet } from "./start-devnet.ts";
import { rpc } from "./start-node.ts";

declare const sdkPage: SdkPage;

const alice = devSigner("Alice");
let devnet: DevnetProcess;
/** As the network's operators would publish it. */
let chainSpec: string;
let light: LightProvider;
let client: Client;
let counter: ContractHandle;

beforeAll(async () => {
  devnet = await startDevnet({
    args: ["--light"],
  });
  const { file } = devnet;
  chainSpec = JSON.stringify(await rpc(file.rpc.http, "sync_state_genSyncSpec", true));
  light = await connectLight({ chainSpec });
  client = await createClient({
    node: light,
    workers: [file.workers[0]?.url ?? ""],
    genesisHash: hex(file.genesis),
    allowSimulated: true,
  });
  const address = hex(file.contracts.find(({ name }) => name === "counter")?.address ?? "");
  counter = getContract(client, { address, entries: counterEntries });
});
afterAll(async () => {
  client?.close();
  await devnet?.cleanUp();
});

test("it knows the chain and reads proven values", async () => {
  expect(devnet.file.peers).toHaveLength(1);
  expect(chainSpec).toContain(devnet.file.peers[0]);
  const { finality } = client.chain;
  const { number } = finality.head;
  const next = await finality.reach(number + 2);
  expect(next.number).toBeGreaterThanOrEqual(number + 2);
  expect(finality.block(number + 1)?.number).toBe(number + 1);
  expect(await client.clusterOf(counter.address)).toHaveLength(32);
  expect(await client.chain.balance(alice.publicKey)).toBeGreaterThan(0n);
});

test("it verifies the contract's whole chain of trust", async () => {
  const { ok, verdicts } = await client.verify(counter.address);
  expect(verdicts.filter((verdict) => !verdict.ok)).toEqual([]);
  expect(ok).toBe(true);
  const finality = verdicts.find(({ link }) => link === "finality");
  expect(finality?.says).toContain("from block 0 to this block");
});

test("a command becomes final, and a query answers at the state after it", async () => {
  await counter.command("add", { n: 5n }, { signer: alice, until: "final" });
  const scopes = [{ contract: counter.address, methods: undefined }];
  const session = await createSession(client.chain, { signer: alice, scopes });
  const { value } = await counter.query("value", {}, { session });
  expect(value).toBe(5n);
});

test("it goes on from what was verified; another network and a spec that is none are refused", async () => {
  const database = await light.database();
  const smoldot = start({ logCallback: () => undefined });
  const again = await connectLight({ chainSpec, database, smoldot });
  const finality = await again.follow(hex(devnet.file.genesis));
  await finality.reach(3);
  await expect(again.follow(new Uint8Array(32))).rejects.toMatchObject({
    code: "chain/other-network",
  });
  for (const bad of ["{", "{}", JSON.stringify({ lightSyncState: { finalizedBlockHeader: "0x" } })])
    await expect(connectLight({ chainSpec: bad, smoldot })).rejects.toMatchObject({
      code: "smoldot/bad-chain-spec",
    });
  const ended = finality.reach(1_000_000_000, 30_000);
  again.rpc.close();
  await expect(ended).rejects.toMatchObject({ code: "smoldot/ended" });
  // It was lent: it still runs.
  await smoldot.addChain({ chainSpec });
  await smoldot.terminate();
});

test.skipIf(missing !== undefined)(
  `a page in Chromium does the same, connected to peers and the worker alone${missing ? `: ${missing}` : ""}`,
  async () => {
    const { code } = await bundleForWeb({ path: "testing/e2e/src/browser/light-page.ts" });
    const served = await servePage(code);
    const browser = await openChromium();
    try {
      const { page, complaints } = await openPage(browser, served.url);
      const sockets: string[] = [];
      page.on("websocket", (socket) => sockets.push(socket.url()));
      await page.waitForFunction(() => "sdkPage" in globalThis);
      const options = {
        node: chainSpec,
        workers: [devnet.file.workers[0]?.url ?? ""],
        genesis: devnet.file.genesis,
        counter: toHex(counter.address),
        allowSimulated: true,
      };
      const connected = await page.evaluate((own) => sdkPage.connect(own), options);
      expect(connected).toEqual({ value: expect.any(Number) });
      const call = (name: "verify" | "add" | "ask", ...args: readonly unknown[]) =>
        page.evaluate(([method, list]) => sdkPage.call(method, list), [name, args] as const);
      expect(await call("verify")).toMatchObject({ value: { ok: true, simulated: true } });
      expect(await call("add", 6)).toMatchObject({ value: { value: "11" } });
      expect(await call("ask", "value", "owner")).toEqual({ value: "11" });
      expect(sockets.length).toBeGreaterThan(0);
      expect(sockets.filter((url) => url.startsWith(devnet.file.rpc.ws))).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await served.stop();
    }
  },
);
