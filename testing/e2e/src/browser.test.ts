/**
 * The SDK in a browser: a page under a strict policy follows the chain, seals, asks and verifies by itself, and servers
 * that lie to it get nowhere.
 */
import { QueryResponse } from "@pha/protocol";
import { decode, encode, parseHex, toHex } from "@pha/scale";
import { createClient, parseAddress } from "@pha/sdk";
import { bundleForWeb, codeBlocks, documents, type WebBundle } from "@pha/testing-kit";
import { type OpenPage, openPage, servePage, type WebPage } from "@pha/testing-kit/browser";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Connected, Outcome, PageOptions, SdkPage } from "./browser/offer-calls.ts";
import { describeInChromium, openChromium } from "./browser/open-chromium.ts";
import { plain } from "./browser/plain.ts";
import {
  type HttpExchange,
  type NodeProxy,
  startNodeProxy,
  startWorkerProxy,
  type WorkerProxy,
} from "./hostile-proxy.ts";
import { type DevnetProcess, startDevnet } from "./start-devnet.ts";

declare const sdkPage: SdkPage;

/** What a page may cost to load, all of it: SDK, light client, cryptography and the verifiers of every vendor's evidence. */
const MAX_GZIP_BYTES = 200_000;

describe("the SDK bundled for browsers", () => {
  test("has our own code, audited packages and nothing of Node, in a size that a page can load", async () => {
    const { packages, files, gzipBytes } = await bundleForWeb({
      path: "packages/sdk/src/index.ts",
    });
    expect(packages).toEqual([
      "@noble/ciphers",
      "@noble/curves",
      "@noble/hashes",
      "@scure/base",
      "@scure/bip39",
      "@scure/sr25519",
      "hash-wasm",
      "xxhash-wasm",
    ]);
    expect(files).toContain("packages/crypto/src/backend.web.ts");
    expect(
      files.filter((path) => /^packages\/(node|worker|pruntime|runtime)\//.test(path)),
    ).toEqual([]);
    expect(gzipBytes).toBeGreaterThan(20_000);
    expect(gzipBytes).toBeLessThan(MAX_GZIP_BYTES);
  });
});

describeInChromium("a page in Chromium", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let served: WebPage;
  let open: OpenPage;
  let honest: PageOptions;
  let liar: NodeProxy;
  let worker: WorkerProxy;

  beforeAll(async () => {
    devnet = await startDevnet();
    const bundle: WebBundle = await bundleForWeb({ path: "testing/e2e/src/browser/sdk-page.ts" });
    served = await servePage(bundle.code);
    browser = await openChromium();
    open = await openPage(browser, served.url);
    liar = await startNodeProxy(devnet.file.rpc.ws);
    worker = await startWorkerProxy(devnet.file.workers[0]?.url ?? "");
    honest = {
      node: devnet.file.rpc.ws,
      workers: devnet.file.workers.map(({ url }) => url),
      genesis: devnet.file.genesis,
      counter: devnet.file.contracts.find(({ name }) => name === "counter")?.address ?? "",
      allowSimulated: true,
    };
  });

  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    await liar?.stop();
    await worker?.stop();
    await devnet?.cleanUp();
  });

  afterEach(async () => {
    liar.change = undefined;
    worker.change = undefined;
  });

  async function connect(options: Partial<PageOptions> = {}): Promise<Outcome<number>> {
    await open.page.waitForFunction(() => "sdkPage" in globalThis);
    return open.page.evaluate((own) => sdkPage.connect(own), { ...honest, ...options });
  }

  async function call<N extends keyof Connected>(
    name: N,
    ...args: Parameters<Connected[N]>
  ): Promise<Outcome<Awaited<ReturnType<Connected[N]>>>> {
    const outcome = await open.page.evaluate(([method, list]) => sdkPage.call(method, list), [
      name,
      args,
    ] as [keyof Connected, unknown[]]);
    return outcome as Outcome<Awaited<ReturnType<Connected[N]>>>;
  }

  /** The value of a call that must succeed. */
  function given<T>(outcome: Outcome<T>): T {
    if ("value" in outcome) return outcome.value;
    throw new Error(`refused: ${outcome.code}`);
  }

  test("follows finality from the genesis hash and verifies every link of the chain of trust", async () => {
    expect(given(await connect())).toBeGreaterThan(0);
    expect(given(await call("head")).genesis).toBe(devnet.file.genesis);
    const { ok, simulated, links } = given(await call("verify"));
    expect(links.filter(({ holds }) => !holds)).toEqual([]);
    expect({ ok, simulated }).toEqual({ ok: true, simulated: true });
    expect(new Set(links.map(({ link }) => link.replace("replica/", "")))).toEqual(
      new Set([
        "genesis",
        "finality",
        "audit",
        "contract",
        "cluster",
        "exposure",
        "registered",
        "evidence",
        "measurement",
        "policy",
        "standing",
        "root-key",
        "sealing-key",
        "state-root",
      ]),
    );
  });

  test("seals a command, opens the reply and waits until its state is final", async () => {
    const { value, sealed, stages } = given(await call("add", 41));
    expect(value).toBe("41");
    expect(stages).toEqual(["sealed", "in-block", "executed", "final"]);
    expect(sealed).toMatch(/^0x01[0-9a-f]{200,}$/);
    expect(given(await call("add", 1)).value).toBe("42");
  });

  test("reads as the owner with a certificate, and not without", async () => {
    expect(await call("ask", "value", "owner")).toEqual({ value: "42" });
    expect(await call("ask", "total", "owner")).toEqual({ value: "42" });
    expect(await call("ask", "total", "nobody")).toEqual({ code: "contract/failed" });
    expect(await call("ask", "value", "nobody")).toEqual({ value: "0" });
  });

  test("asks many queries over one WebSocket to the worker", async () => {
    expect(await call("askInSession")).toEqual({ value: ["42", "42"] });
  });

  test("reads storage with a proof, and reads what another client reads at that block", async () => {
    const address = devnet.file.accounts[0]?.address ?? "";
    const { block, record } = given(await call("account", address));
    expect(JSON.parse(record)).toMatchObject({
      nonce: 2,
      data: { free: expect.stringMatching(/^[1-9]\d+$/) },
    });
    const { chain } = await createClient({
      node: { url: honest.node, webSocket: WebSocket, reconnectMs: 0 },
      workers: [],
    });
    await chain.finality.reach(block);
    const item = chain.metadata.storage("System", "Account");
    const account = parseAddress(address);
    if (item === undefined || !account.ok) throw new Error("no such account");
    const key = item.key(account.value);
    const ours = await chain.read({ key, value: item.value }, chain.finality.block(block));
    expect(JSON.stringify(ours, plain)).toBe(record);
    chain.close();
  });

  test("refuses simulated TEEs unless it says that it allows them", async () => {
    expect(await connect({ allowSimulated: false })).toHaveProperty("value");
    expect(await call("add", 1)).toEqual({ code: "verify/simulated" });
    expect(await call("ask", "value", "owner")).toEqual({ code: "verify/simulated" });
  });

  test("may ask worker hosts of other origins, in all the ways the SDK does", async () => {
    const [url] = honest.workers;
    const answers = await open.page.evaluate(async (base) => {
      const ask = async (path: string, init: RequestInit = {}) => {
        const response = await fetch(`${base}${path}`, init);
        return { status: response.status, type: response.type, text: await response.text() };
      };
      const binary = { "content-type": "application/octet-stream" };
      return {
        info: await ask("/v1/info"),
        // Not a simple request: the browser asks first whether it may send it.
        query: await ask("/v1/query", { method: "POST", headers: binary, body: "no query" }),
        reply: await ask(`/v1/replies/${"00".repeat(32)}`),
        absent: await ask("/nowhere"),
      };
    }, url);
    expect(answers.info).toMatchObject({ status: 200, type: "cors" });
    expect(JSON.parse(answers.info.text).boots.length).toBeGreaterThan(0);
    expect(answers.query).toMatchObject({ type: "cors" });
    expect(JSON.parse(answers.query.text).code).toMatch(/^query\//);
    expect(answers.reply).toMatchObject({ status: 404, type: "cors" });
    expect(JSON.parse(answers.absent.text).code).toBe("http/not-found");
  });

  describe("between it and servers that lie", () => {
    const isQuery = ({ path, method }: HttpExchange): boolean =>
      path === "/v1/query" && method === "POST";

    test("another network is refused before anything else", async () => {
      const genesis = `0x${"00".repeat(32)}`;
      expect(await connect({ genesis })).toEqual({ code: "chain/other-network" });
    });

    test("forged finality is refused", async () => {
      liar.change = ({ method, result }) =>
        method === "pha_finality" && typeof result === "string"
          ? toHex(flipped(hex(result), hex(result).length - 60))
          : undefined;
      expect(await connect({ node: liar.url })).toEqual({ code: "light/refused" });
    });

    test("a forged storage proof is refused", async () => {
      given(await connect({ node: liar.url }));
      const [alice] = devnet.file.accounts;
      liar.change = ({ method, result }) => {
        if (method !== "state_getReadProof") return undefined;
        const { at, proof } = result as { at: string; proof: string[] };
        return { at, proof: proof.map((bytes) => toHex(flipped(hex(bytes), 7))) };
      };
      expect(await call("account", alice?.address ?? "")).toEqual({ code: "chain/bad-proof" });
      expect(await call("ask", "value", "owner")).toEqual({ code: "chain/bad-proof" });
      liar.change = undefined;
      expect(await call("ask", "value", "owner")).toEqual({ value: "42" });
    });

    test("an old answer, and a changed proof beside a good one, are refused", async () => {
      given(await connect({ workers: [worker.url] }));
      expect(await call("ask", "value", "owner")).toEqual({ value: "42" });
      const old = worker.exchanges.findLast(isQuery)?.response;
      expect(old?.length).toBeGreaterThan(100);
      worker.change = (exchange) => (isQuery(exchange) ? old : undefined);
      expect(await call("ask", "value", "owner")).toEqual({ code: "answer/not-opened" });
      worker.change = (exchange) => {
        if (!isQuery(exchange)) return undefined;
        const response = decode(QueryResponse, exchange.response);
        if (!response.ok) throw new Error("the host's answer is no QueryResponse");
        const proof = response.value.proof.map((bytes) => flipped(bytes, 5));
        return encode(QueryResponse, { ...response.value, proof });
      };
      const forged = await call("ask", "value", "owner");
      expect(forged).toEqual({ code: expect.stringMatching(/^answer\/(bad-proof|unproven)$/) });
    });

    test("state older than the page has seen is refused, after a reload too", async () => {
      given(await connect());
      given(await call("ask", "value", "owner"));
      const kept = await open.page.evaluate(() => localStorage.getItem("pha-seen"));
      const [[id, { block, root }]] = JSON.parse(kept ?? "[]");
      await remember(JSON.stringify([[id, { block: block + 1000, root }]]));
      expect(await call("ask", "value", "owner")).toEqual({ code: "answer/rolled-back" });
      await remember(kept ?? "");
      expect(await call("ask", "value", "owner")).toEqual({ value: "42" });
    });

    /** What a former visit of the page kept. */
    async function remember(text: string): Promise<void> {
      await open.page.evaluate((value) => localStorage.setItem("pha-seen", value), text);
      await open.page.reload();
      given(await connect());
    }
  });

  test("breaks no rule of its policy, which forbids eval", async () => {
    expect(open.complaints).toEqual([]);
    const attempt = await open.page.evaluate(async () => {
      const violated = new Promise<string>((resolve) => {
        addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
      });
      const script = document.createElement("script");
      try {
        script.text = "globalThis.injected = true";
        document.body.append(script);
      } catch {
        // Trusted types refuse the text.
      }
      return { injected: "injected" in globalThis, directive: await violated };
    });
    expect(attempt).toEqual({
      injected: false,
      directive: expect.stringMatching(/trusted-types|script-src/),
    });
  });

  test.each(
    documents()
      .flatMap((path) => codeBlocks(path))
      .filter(({ mark }) => mark === "ts browser")
      .map((block) => [`${block.path}:${block.line}`, block] as const),
  )("the example of %s shows its answer", async (_place, { text }) => {
    const { code } = await bundleForWeb({ source: text });
    const example = await servePage(code, { "/devnet.json": JSON.stringify(devnet.file) });
    const { page, complaints } = await openPage(browser, example.url);
    await page.waitForFunction(() => document.querySelector("#answer")?.textContent !== "");
    expect(await page.textContent("#answer")).toMatch(/^\d+$/);
    expect(complaints).toEqual([]);
    await page.close();
    await example.stop();
  });
});

function hex(text: string): Uint8Array {
  const parsed = parseHex(text);
  if (!parsed.ok) throw new Error(`${text} is not hex`);
  return parsed.value;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
