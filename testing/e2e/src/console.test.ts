/**
 * The console as a newcomer and as an attacker meet it: served by the devnet, in a real browser, under its own policy.
 */
import { mkdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
  type ConsolePage,
  findings,
  heldByPage,
  openConsole,
  verified,
} from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import { wordsLeft } from "./browser/words-left.ts";
import { startNodeProxy } from "./hostile-proxy.ts";
import { type DevnetProcess, isLong, until } from "./start-devnet.ts";

/** First load, compressed, until the network is verified: everything but the light client, and the light client. */
const MAX_GZIP_BYTES = 250_000;
const MAX_LIGHT_GZIP_BYTES = 20_000;
/** Fifteen digits: found by chance nowhere. */
const SECRET = 123_456_789_012_345n;
/** Folder for pictures of pages and states, for people; none by default. */
const SHOTS = process.env["PHA_SHOTS"];

describeInChromium("the console", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let url: string;
  let counter: string;

  withConsole((started) => {
    ({ devnet, browser, url, counter } = started);
  });

  describe("as it is served", () => {
    /** Status, headers and text of one request, as no browser would send it. */
    function ask(path: string, options: { host?: string; method?: string } = {}) {
      const { port } = new URL(url);
      return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
        (resolve, reject) => {
          const sent = request(
            {
              host: "127.0.0.1",
              port,
              path,
              method: options.method ?? "GET",
              headers: { host: options.host ?? `127.0.0.1:${port}` },
            },
            (response) => {
              let text = "";
              response.setEncoding("utf8").on("data", (part: string) => {
                text += part;
              });
              response.on("end", () =>
                resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
              );
            },
          );
          sent.once("error", reject).end();
        },
      );
    }

    test("its address is printed, and its page comes under a policy without inline code", async () => {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(devnet.log()).toContain(`Console      ${url}`);
      const { status, headers, text } = await ask("/");
      expect(status).toBe(200);
      expect(headers["content-security-policy"]).toMatch(/script-src 'self' 'wasm-unsafe-eval';/);
      expect(headers["content-security-policy"]).not.toContain("unsafe-inline");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(text).not.toMatch(/<script(?![^>]*src=)|<style|style=|onload=/);
      expect((await ask(`/contracts/${counter}`)).text).toBe(text);
    });

    test("it says which network it is of", async () => {
      const { networks } = JSON.parse((await ask("/pha.json")).text);
      const common = {
        workers: [devnet.file.workers[0]?.url],
        genesis: devnet.file.genesis,
        development: true,
      };
      expect(networks).toEqual([
        { name: "Local devnet", node: devnet.file.rpc.ws, ...common },
        { name: "Local devnet by light client", chainSpec: "/chain-spec.json", ...common },
      ]);
    });

    test("other names for this machine, other methods and paths out of its folder are refused", async () => {
      expect((await ask("/", { host: "evil.example" })).status).toBe(421);
      expect((await ask("/", { method: "POST" })).status).toBe(405);
      for (const path of ["/../pha.js", "/%2e%2e/pha.js", "/assets/../../pha.js", "/nothing.js"])
        expect((await ask(path)).status, path).toBe(404);
    });
  });

  test("the first load is small, asks nobody else, and breaks no rule", async () => {
    const { page, context, complaints, addresses } = await openConsole(browser, url);
    await verified(page);
    await page.waitForSelector(".ticker li");
    const { light, bytes } = await page.evaluate(() => {
      const scripts = performance
        .getEntriesByType("resource")
        .filter(({ name }) => name.endsWith(".js"));
      const sizes = scripts.map((entry) => ({
        isLight: /\/light-[^/]*$/.test(entry.name),
        // Entries of this type have it.
        size: Number((entry as PerformanceResourceTiming).encodedBodySize),
      }));
      const sum = (list: typeof sizes) => list.reduce((total, { size }) => total + size, 0);
      return {
        light: sum(sizes.filter(({ isLight }) => isLight)),
        bytes: sum(sizes.filter(({ isLight }) => !isLight)),
      };
    });
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(MAX_GZIP_BYTES);
    expect(light).toBeGreaterThan(3_000);
    expect(light).toBeLessThan(MAX_LIGHT_GZIP_BYTES);
    const own = [url, devnet.file.rpc.ws, devnet.file.workers[0]?.url ?? ""];
    const foreign = addresses.filter((address) => !own.some((one) => address.startsWith(one)));
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("parts that do not come at once are asked for again; worker hosts that are silent and a machine without internet stop no verification", async () => {
    const { page, context } = await openConsole(browser, "about:blank");
    let refused = 0;
    await page.route(/\/evidence-drawer-[^/]*\.js$/, (route) => {
      if (refused++ < 2) void route.abort();
      else void route.continue();
    });
    // A host that takes requests and says nothing.
    await page.route(`${devnet.file.workers[0]?.url}/**`, () => undefined);
    await page.goto(url);
    await page.evaluate(() => window.dispatchEvent(new Event("offline")));
    await verified(page);
    await page.locator(".trust-strip").click();
    await page.getByRole("dialog").locator(".verdict").first().waitFor();
    expect(refused).toBe(3);
    await context.close();
  });

  test("the tour: a call, the network's view, another account, the evidence, a verdict", async () => {
    const { page, context, complaints } = await openConsole(browser, url);
    await verified(page);
    await page.getByRole("link", { name: "Open the counter" }).first().click();
    await page.getByRole("textbox", { name: /^n/ }).fill("5");
    await page.getByRole("button", { name: "Send as Alice" }).click();
    const first = page.getByTestId("activity").first();
    await first.locator(".result .revealed").waitFor();
    expect(await first.locator(".result .revealed").textContent()).toBe("5");
    expect(await first.locator(".step-done").count()).toBe(4);

    await page.getByRole("link", { name: "Home" }).click();
    await page.getByRole("link", { name: /Change the lens/ }).click();
    expect(new URL(page.url()).searchParams.get("lens")).toBe("network");
    const sealed = page.getByTestId("activity").first();
    expect(await sealed.locator(".ciphertext-bytes").textContent()).toMatch(
      /^0x01[0-9a-f]{100,}…$/,
    );
    expect(await sealed.textContent()).toMatch(/Sender.*Contract.*Padded size.*Block/);

    await page.getByRole("link", { name: "Home" }).click();
    await page.getByRole("link", { name: /Become Bob/ }).click();
    await page.getByRole("button", { name: "value", exact: true }).click();
    await page.getByRole("button", { name: "Ask as Bob" }).click();
    await page.locator(".activity-done .result .revealed").first().waitFor();
    expect(await page.locator(".result .revealed").first().textContent()).toBe("0");
    await page.getByRole("button", { name: "total", exact: true }).click();
    await page.getByRole("button", { name: "Ask as Bob" }).click();
    await page.locator(".activity-failed").first().waitFor();
    expect(await page.locator(".activity-failed").first().textContent()).toContain(
      "counter/not-the-owner",
    );

    await page
      .getByRole("button", { name: /Why trust this/ })
      .first()
      .click();
    const drawer = page.getByRole("dialog");
    await drawer.locator(".verdict").first().waitFor();
    expect(await drawer.getByTestId("evidence-summary").textContent()).toMatch(
      /^(\d+) of \1 links hold\. Checked in this browser under block/,
    );
    expect(await drawer.textContent()).toContain("SIMULATED: no hardware protects this network");
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "hidden" });

    await page.getByRole("link", { name: "Home" }).click();
    expect(await page.locator(".first-steps").textContent()).toContain("4 of 5");
    await page.getByRole("link", { name: /Verify the counter/ }).click();
    const verdict = page.getByTestId("verdict");
    expect(await verdict.textContent()).toMatch(/Contract counter.*All \d+ links hold.*SIMULATED/);
    await page.getByRole("link", { name: "Home" }).click();
    expect(await page.locator(".first-steps").textContent()).toContain("5 of 5");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("as the network sees it, nothing of a secret is in the page, its components or its traffic", async () => {
    const { page, context, traffic } = await openConsole(browser, `${url}/contracts/${counter}`);
    await page.getByRole("textbox", { name: /^n/ }).fill(`${SECRET}`);
    await page.getByRole("button", { name: "Send as Alice" }).click();
    await page.locator(".activity-done").first().waitFor();
    const result = await page.locator(".result .revealed").first().textContent();
    expect(BigInt(result ?? "0")).toBeGreaterThanOrEqual(SECRET);
    const tokens = [`${SECRET}`, result ?? ""];
    const mine = await heldByPage(page);
    expect(tokens.map((token) => mine.includes(token))).toEqual([true, true]);
    for (const lens of ["Network", "Other"]) {
      await page.locator(".lens-switch label", { hasText: lens }).click();
      await page.locator(".ciphertext").first().waitFor();
      const held = await heldByPage(page);
      expect(held).toContain("ciphertext-bytes");
      expect(tokens.filter((token) => held.includes(token))).toEqual([]);
      expect(page.url()).not.toContain(`${SECRET}`);
    }
    const secrets = [...tokens, ...tokens.map(littleEndian)].flatMap((text) =>
      typeof text === "string"
        ? [Buffer.from(text)]
        : [
            text,
            Buffer.from(text.toString("hex")),
            Buffer.from(text.toString("base64").slice(0, 8)),
          ],
    );
    expect(traffic.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => traffic.some((part) => part.includes(secret)))).toEqual([]);
    // What was typed comes back with the lens.
    await page.locator(".lens-switch label", { hasText: "Mine" }).click();
    await page
      .locator(".revealed", { hasText: `${SECRET}` })
      .first()
      .waitFor();
    await context.close();
  });

  test("what is simulated is never shown as verified", async () => {
    const { page, context } = await openConsole(browser, `${url}/verify?subject=${counter}`);
    await verified(page);
    await page.getByTestId("verdict").waitFor();
    expect(await page.getByTestId("trust-tone").getAttribute("data-tone")).toBe("simulated");
    expect(await page.getByTestId("verdict").getAttribute("data-tone")).toBe("simulated");
    const evidence = page.locator('.verdict[data-link="replica/evidence"]');
    expect(await evidence.count()).toBe(3);
    for (const one of await evidence.all()) {
      expect(await one.getAttribute("data-tone")).toBe("simulated");
      await one.locator("summary").first().click();
      expect(await one.locator(".facts").textContent()).toContain("simulated");
    }
    expect(
      await page.locator(".badge-verified, .trust-verified, .verdict-lines-verified").count(),
    ).toBe(0);
    await context.close();
  });

  test("receipts, workers and what is neither are told apart and judged", async () => {
    const made = await devnet.pha(
      "call",
      "counter",
      "add",
      '{"n": 7}',
      "--from",
      "alice",
      "--receipt",
      "add.receipt",
      "--json",
    );
    expect(made.code, made.stderr).toBe(0);
    const { page, context } = await openConsole(browser, `${url}/verify`);
    await page.locator('input[type="file"]').setInputFiles(join(devnet.folder, "add.receipt"));
    const verdict = page.getByTestId("verdict");
    await verdict.waitFor();
    expect(await verdict.textContent()).toMatch(/Receipt 0x.*All \d+ links hold/);
    const worker = await page.evaluate(async (base) => {
      const { boots } = await (await fetch(`${base}/v1/info`)).json();
      return boots.find(({ role }: { role: string }) => /worker/i.test(role)).identity as string;
    }, devnet.file.workers[0]?.url ?? "");
    const paste = async (text: string): Promise<void> => {
      await page.getByLabel("What to verify").fill(text);
      await page.getByRole("button", { name: "Verify", exact: true }).click();
    };
    await paste(worker);
    await page.locator('.verdict[data-link="worker/evidence"]').waitFor();
    expect(await verdict.getAttribute("data-tone")).toBe("simulated");
    for (const [text, says] of [
      ["hello!", "neither hex nor base64"],
      [`0x${"00".repeat(32)}`, "neither a contract nor a worker"],
      [`0x${"ab".repeat(400)}`, "no receipt"],
    ] as const) {
      await paste(text);
      await page.locator(".notice-broken", { hasText: says }).waitFor();
      expect(await page.locator(".notice-broken").textContent()).toContain(
        "verify/unknown-subject",
      );
    }
    await context.close();
  });

  test("blocks are checked and shown: what is sealed as ciphertext, what is not as it is; found by anything", async () => {
    const { page, context } = await openConsole(browser, `${url}/contracts/${counter}`);
    await page.getByRole("textbox", { name: /^n/ }).fill("1");
    await page.getByRole("button", { name: "Send as Alice" }).click();
    await page.locator(".activity-done").first().waitFor();
    await page.getByRole("link", { name: "Explorer" }).click();
    const row = page.locator(".vtable-row", { has: page.locator(".badge-sealed") }).first();
    await row.getByRole("link").click();
    const command = page.locator("article", { hasText: "PhalaPhatContracts.push_command" }).first();
    await command.getByText("Encrypted").waitFor();
    expect(await command.textContent()).toContain("45R2pfj");
    await command.getByRole("tab", { name: "Network" }).click();
    expect(await command.locator(".ciphertext-bytes").textContent()).toMatch(/^0x01[0-9a-f]{100,}/);
    await command.getByRole("tab", { name: /^Events \([1-9]/ }).click();
    await command.getByText("System.ExtrinsicSuccess").waitFor();
    expect(await page.locator("article", { hasText: "Timestamp.set" }).textContent()).toContain(
      "Plain",
    );

    await page.getByRole("link", { name: "Explorer" }).click();
    const find = async (text: string): Promise<void> => {
      await page.getByLabel(/^Block, extrinsic, contract/).fill(text);
      await page.getByRole("button", { name: "Find" }).click();
    };
    await find("nothing like that");
    await page.getByText("This is no block number").waitFor();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    expect((await saved).suggestedFilename()).toBe("blocks.csv");
    await find(counter);
    await page.waitForURL(/\/contracts\/0x/);
    await page.goBack();
    await find("45R2pfjQUW2s9PQRHU48HQKLKHVMaDja7N3wpBtmF28UYDs2");
    await page.getByText(/Proven under finalized block/).waitFor();
    expect(await page.locator(".details").textContent()).toMatch(/Free[\d\u202f.]+ PHA/);
    await page.goBack();
    await page.getByRole("link", { name: "Clusters", exact: true }).click();
    await page.locator(".vtable-box a").first().click();
    await page.getByRole("tab", { name: "Votes" }).click();
    expect(await page.locator('[data-testid="votes"] .ballot-agrees').count()).toBeGreaterThan(1);
    await page.goto(`${url}/explorer/workers`);
    await page.locator(".vtable-box a", { hasText: "worker-2" }).click();
    await page.locator('[data-step="serve"][data-state="done"]').waitFor();
    const identity = /0x[0-9a-f]{64}/.exec(page.url())?.[0] ?? "";
    await page.goto(`${url}/explorer`);
    await find(identity);
    await page.waitForURL(/\/explorer\/workers\/0x/);
    await page.goto(`${url}/explorer/blocks/99999999`);
    await page.getByRole("alert").getByText("chain/not-reached").waitFor();
    await page.goto(`${url}/explorer/accounts/nobody`);
    await page.getByRole("alert").getByText("account/bad-address").waitFor();
    await context.close();
  });

  test("a fault is done to a real process: the worker's program ends, and its host starts it again, or a changed one", async () => {
    const runs = (): number | undefined =>
      devnet.processes().find(({ command }) => /pruntime\.js.*worker-3/.test(command))?.pid;
    const before = runs();
    expect(before).toBeDefined();
    const { page, context, complaints } = await openConsole(browser, `${url}/operate/faults`);
    await page.getByTestId("fault-crash-worker-3").click();
    await page.getByText("Done to worker-3.").waitFor();
    await until("another process", () => runs() !== undefined && runs() !== before);
    await page.getByRole("link", { name: "Fleet", exact: true }).click();
    await page.locator(".vtable-row", { hasText: /worker-3.*Serves/ }).waitFor();
    await page.locator(".plot canvas").first().waitFor();
    await page.goto(`${url}/operate/faults`);
    const isTampered = (): boolean =>
      devnet.processes().some(({ command }) => /tampered\/pruntime\.js.*worker-2/.test(command));
    await page.getByTestId("fault-tampered-runtime-worker-2").click();
    await until("the changed program", isTampered);
    await page.getByTestId("mend-tampered-runtime-worker-2").click();
    await until("the former program", () => !isTampered());
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("the main job is done with the keyboard alone", async () => {
    const { page, context } = await openConsole(browser, url);
    await verified(page);
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder(/A page, a contract/).waitFor();
    await page.keyboard.type("counter");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/contracts\/0x/);
    await tabTo(page, "n u64");
    await page.keyboard.type("3");
    await page.keyboard.press("Enter");
    await page.locator(".activity-done .result").first().waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("l");
    await page.locator(".ciphertext").first().waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await context.close();
  });

  describe("when something is wrong", () => {
    const added = (network: object): Record<string, string> => ({
      "pha-networks": JSON.stringify({
        networks: [
          { name: "Mine", workers: [devnet.file.workers[0]?.url], development: true, ...network },
        ],
      }),
    });

    test.each([
      ["nobody listens there", { node: "ws://127.0.0.1:1" }, /rpc\//, true],
      ["it is another network", { genesis: `0x${"00".repeat(32)}` }, /chain\/other-network/, false],
    ])("%s: the page says so", async (_what, change, code, retries) => {
      const kept = added({ node: devnet.file.rpc.ws, ...change });
      const { page, context } = await openConsole(browser, `${url}/?net=my-mine`, { kept });
      const card = page.getByRole("alert");
      await card.waitFor();
      expect(await card.textContent()).toMatch(code);
      expect(await card.getByRole("button", { name: "Try again" }).count()).toBe(1);
      expect(await page.locator("main").textContent()).toContain(
        retries ? "Next attempt in" : "would not help",
      );
      await context.close();
    });

    test("a network that is not for development gets no test accounts, and its simulated machines no data", async () => {
      const kept = added({ node: devnet.file.rpc.ws, development: false });
      const { page, context } = await openConsole(
        browser,
        `${url}/contracts/${counter}?net=my-mine`,
        { kept },
      );
      await page.locator(".notice-permission").waitFor();
      expect(await page.getByTestId("account").count()).toBe(0);
      await page
        .getByRole("button", { name: /Why trust this/ })
        .first()
        .click();
      await page
        .getByRole("dialog")
        .locator(".notice-broken", { hasText: "verify/simulated" })
        .waitFor();
      await context.close();
    });

    test("no such contract, no such page: said, with a way on", async () => {
      const { page, context } = await openConsole(browser, `${url}/contracts/0x${"11".repeat(32)}`);
      await page.getByRole("link", { name: "All contracts" }).click();
      await page.locator(".card-link").first().waitFor();
      await page.goto(`${url}/nowhere`);
      await page.getByRole("link", { name: "To the start", exact: true }).waitFor();
      await context.close();
    });

    test("an argument that does not fit is refused in words, and nothing is sent", async () => {
      const { page, context, traffic } = await openConsole(browser, `${url}/contracts/${counter}`);
      await page.getByRole("textbox", { name: /^n/ }).fill("-1");
      await page.getByRole("button", { name: "Send as Alice" }).click();
      await page.locator(".activity-failed", { hasText: "a number from 0 to" }).waitFor();
      expect(traffic.some((part) => part.includes("author_submit"))).toBe(false);
      await context.close();
    });

    test("a node that goes away: the last state stays, its age is said, and the page goes on when it is back", async () => {
      const own = await startNodeProxy(devnet.file.rpc.ws);
      const kept = added({ node: own.url, genesis: devnet.file.genesis });
      const { page, context } = await openConsole(browser, `${url}/contracts?net=my-mine`, {
        kept,
      });
      await page.locator(".card-link").first().waitFor();
      await own.stop();
      await page.locator(".notice-offline").waitFor({ timeout: 40_000 });
      expect(await page.locator(".card-link").count()).toBeGreaterThan(1);
      await context.close();
    });

    test("hostile names stay text", async () => {
      const { page, context, complaints } = await openConsole(browser, `${url}/_states`);
      await page.locator("text=<img src=x onerror=alert(1)>").first().waitFor();
      // Of ten thousand rows those in view are in the page.
      const long = page.locator('.vtable[aria-rowcount="10001"] .vtable-row');
      expect(await long.count()).toBeGreaterThan(10);
      expect(await long.count()).toBeLessThan(60);
      expect(await page.locator("img").count()).toBe(0);
      expect(complaints).toEqual([]);
      await context.close();
    });
  });

  const PAGES = [
    ["home", "/"],
    ["contracts", "/contracts"],
    ["contract", "/contracts/:counter"],
    ["contract-network", "/contracts/:counter?lens=network"],
    ["explorer", "/explorer"],
    ["block", "/explorer/blocks/1"],
    ["account", "/explorer/accounts/45R2pfjQUW2s9PQRHU48HQKLKHVMaDja7N3wpBtmF28UYDs2"],
    ["explorer-contracts", "/explorer/contracts"],
    ["workers", "/explorer/workers"],
    ["gatekeepers", "/explorer/gatekeepers"],
    ["clusters", "/explorer/clusters"],
    ["operate", "/operate"],
    ["keys", "/operate/keys"],
    ["faults", "/operate/faults"],
    ["verify", "/verify?subject=:counter"],
    ["settings", "/settings"],
    ["states", "/_states"],
    ["not-found", "/nowhere"],
  ] as const;

  /** All of them with PHA_LONG: each is loaded four times. */
  const LOOKED_AT = isLong ? PAGES : PAGES.filter(([name]) => name === "home");

  async function settle(opened: ConsolePage): Promise<void> {
    await verified(opened.page);
    await opened.page.locator("h1, .empty-title").first().waitFor();
    await opened.page.waitForFunction(
      () => location.pathname === "/_states" || document.querySelector("main .skeleton") === null,
    );
  }

  test.each(
    LOOKED_AT,
  )("%s: axe finds nothing serious in either theme, nothing is cut off at 320 px, no word is left in another language", async (name, path) => {
    const opened = await openConsole(browser, `${url}${path.replace(":counter", counter)}`);
    const { page, context, complaints } = opened;
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await settle(opened);
      expect(await findings(page), scheme).toEqual([]);
      await shoot(page, `${name}-1280-${scheme}`);
      if (SHOTS === undefined) continue;
      await page.setViewportSize({ width: 360, height: 740 });
      await shoot(page, `${name}-360-${scheme}`);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    for (const width of [1100, 900, 700, 320]) {
      await page.setViewportSize({ width, height: 640 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `at ${width} pixels`).toBeLessThanOrEqual(0);
    }
    if (name === "home") {
      await page.locator(".trust-strip").click();
      await page.getByRole("dialog").locator(".verdict").first().waitFor();
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press("Escape");
    }
    await page.evaluate(() => localStorage.setItem("pha-language", "pseudo"));
    await page.reload();
    await settle(opened);
    expect(await wordsLeft(page)).toEqual([]);
    if (name === "home") await speaksChinese(opened);
    expect(complaints).toEqual([]);
    await context.close();
  });

  /** Chosen in Settings, it is spoken at once and after a reload, and fits the narrowest screen. */
  async function speaksChinese(opened: ConsolePage): Promise<void> {
    const { page } = opened;
    const lang = (): Promise<string> => page.evaluate(() => document.documentElement.lang);
    const fits = (): Promise<boolean> =>
      page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth <= clientWidth;
      });
    await page.locator('.nav-link[href^="/settings"]').click();
    await page.locator(".segments label", { hasText: "中文" }).click();
    await page.getByRole("heading", { name: "设置" }).waitFor();
    expect(await lang()).toBe("zh-Hans");
    await page.reload();
    await page.getByRole("link", { name: "首页", exact: true }).waitFor();
    expect(await lang()).toBe("zh-Hans");
    await settle(opened);
    expect(await page.getByTestId("trust-tone").textContent()).toBe("模拟（非真实硬件）");
    expect(await fits()).toBe(true);
    await page.getByRole("link", { name: "首页", exact: true }).click();
    await settle(opened);
    expect(await fits()).toBe(true);
  }

  async function shoot(page: Page, name: string): Promise<void> {
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }
});

/** Tabs until the control with this accessible name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const label = await page.evaluate(() => {
      const element = document.activeElement;
      return element instanceof HTMLInputElement ? (element.labels?.[0]?.textContent ?? "") : "";
    });
    if (label.trim() === name) return;
  }
  throw new Error(`the keyboard does not reach ${name}`);
}

/** As SCALE has a u64. */
function littleEndian(text: string): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(text));
  return bytes;
}
