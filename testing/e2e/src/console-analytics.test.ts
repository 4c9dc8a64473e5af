/**
 * Visits of a site as its owner, its visitors and an attacker meet them: the sample site in one tab, the console in another.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSettings, type Settings, sealVisit, type Visit } from "@pha/tracker";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { findings, heldByPage, openConsole, verified } from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import { wordsLeft } from "./browser/words-left.ts";
import { type DevnetProcess, isLong, until } from "./start-devnet.ts";

const SHOTS = process.env["PHA_SHOTS"];
const HOSTILE = "/<img src=x onerror=alert(1)>";
const HOSTILE_HOST = '"><script>alert(2)</script>.example';

interface Site {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Bodies that went to the collector, and addresses of everything that was asked for. */
  readonly sent: Buffer[];
  readonly addresses: string[];
  readonly complaints: string[];
}

describeInChromium("visits of a site", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let url: string;
  let site: string;
  let collector: string;
  let contract: string;

  withConsole((started) => {
    ({ devnet, browser, url } = started);
    site = devnet.file.site ?? "";
    collector = devnet.file.collector ?? "";
    contract = devnet.file.contracts.find(({ name }) => name === "analytics")?.address ?? "";
  });

  /** @param before runs in the page before anything else */
  async function openSite(before?: () => void, path = "/"): Promise<Site> {
    const context = await browser.newContext();
    if (before) await context.addInitScript(before);
    const page = await context.newPage();
    const sent: Buffer[] = [];
    const addresses: string[] = [];
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
    });
    page.on("request", (request) => {
      addresses.push(request.url());
      const body = request.postDataBuffer();
      if (body !== null) sent.push(body);
    });
    await page.goto(`${site}${path}`);
    return { page, context, sent, addresses, complaints };
  }

  async function standing(): Promise<Record<string, unknown>> {
    return (await fetch(`${collector}/v1/site`)).json();
  }

  const brought = (count: number) => async () => Number((await standing())["brought"]) >= count;

  async function settings(): Promise<Settings> {
    const html = await (await fetch(site)).text();
    const of = (name: string) => new RegExp(`data-${name}="([^"]*)"`).exec(html)?.[1];
    const read = readSettings({ site: of("site"), "worker-key": of("worker-key") }, collector);
    if (read === undefined) throw new Error("the page names site and key");
    return read;
  }

  /** As pages of so many visitors send them; each is another by its user agent. */
  async function visitsOf(count: number, visit: Partial<Visit>): Promise<void> {
    const { site: id, workerKey: key } = await settings();
    for (let i = 0; i < count; i++) {
      const whole = {
        event: "",
        path: "/",
        referrerHost: "",
        userAgent: `Mozilla/5.0 (X11; Linux) Firefox/${100 + i}`,
        account: undefined,
        ...visit,
      };
      const answer = await fetch(`${collector}/v1/visits/${contract}`, {
        method: "POST",
        body: await sealVisit(whole, { site: id, key }),
      });
      expect(answer.status).toBe(202);
    }
  }

  test("from the snippet to the first visitor, who is there in the dashboard; what is sent is sealed", async () => {
    const owner = await openConsole(browser, `${url}/visits/install`);
    await owner.page.getByTestId("snippet").waitFor();
    const snippet = (await owner.page.getByTestId("snippet").textContent()) ?? "";
    const { workerKey } = await settings();
    expect(snippet).toContain(`data-site="${contract}"`);
    expect(snippet).toContain(`data-worker-key="0x${Buffer.from(workerKey).toString("hex")}"`);
    await owner.page.getByText("ready", { exact: true }).waitFor();
    await owner.page.getByRole("button", { name: "Appoint it as Alice" }).click();
    await owner.page.getByText("It is appointed.").waitFor();
    const check = owner.page.getByTestId("install-check");
    expect(await check.getAttribute("data-there")).toBe("false");

    const visitor = await openSite();
    await owner.page.locator('[data-testid="install-check"][data-there="true"]').waitFor();
    await visitor.page.getByRole("link", { name: "Pricing" }).click();
    await visitor.page.getByRole("button", { name: "Sign up" }).click();
    await until("two views and an event", brought(3));
    await owner.page.getByRole("link", { name: "Dashboard" }).click();
    await owner.page.locator('[data-figure="views"]', { hasText: "2" }).waitFor();
    await owner.page.locator('[data-figure="live"]', { hasText: "1" }).waitFor();
    await owner.page.locator('[data-figure="events"]', { hasText: "1" }).waitFor();
    // Nobody but one was there: no row.
    await owner.page
      .getByText(/of fewer than 5 visitors each, stay inside/)
      .first()
      .waitFor();
    expect(await owner.page.locator(".row-table").count()).toBe(0);

    expect(visitor.sent).toHaveLength(3);
    for (const body of visitor.sent) {
      expect(body).toHaveLength(305);
      for (const word of ["pricing", "Signup", "Mozilla", "Chrome"])
        expect(body.includes(word)).toBe(false);
    }
    const own = [site, collector, "data:"];
    expect(visitor.addresses.filter((one) => !own.some((base) => one.startsWith(base)))).toEqual(
      [],
    );
    expect(await visitor.context.cookies()).toEqual([]);
    expect(await visitor.page.evaluate(() => localStorage.length)).toBe(0);
    expect([...visitor.complaints, ...owner.complaints]).toEqual([]);
    await visitor.context.close();
    await owner.context.close();
  });

  test("names of enough visitors are rows, hostile ones stay text, and a file has them; the network sees none", async () => {
    const before = Number((await standing())["brought"]);
    await visitsOf(6, { path: HOSTILE, referrerHost: HOSTILE_HOST });
    await until("six visits more", brought(before + 6));
    const { page, context, complaints, traffic } = await openConsole(browser, `${url}/visits`);
    await page.locator(".row-name", { hasText: HOSTILE }).waitFor();
    await page.locator(".row-name", { hasText: HOSTILE_HOST }).waitFor();
    await page.locator(".row-name", { hasText: "Firefox on Linux" }).waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const file = readFileSync(await (await saved).path(), "utf8");
    expect(file).toContain(`paths,${HOSTILE},6`);
    await page.getByRole("button", { name: "As a table" }).first().click();
    await page.locator(".counts-table tbody tr").first().waitFor();

    await page.locator(".lens-switch label", { hasText: "Network" }).click();
    await page.locator(".ciphertext-bytes").first().waitFor();
    const held = await heldByPage(page);
    for (const word of ["onerror", HOSTILE_HOST, "Firefox on Linux"])
      expect(held.includes(word), word).toBe(false);
    expect(traffic.length).toBeGreaterThan(10);
    for (const word of ["onerror", "Firefox on Linux"])
      expect(traffic.some((part) => part.includes(word))).toBe(false);

    await page.locator(".lens-switch label", { hasText: "Other" }).click();
    await page.getByText("Bob does not own this site").waitFor();
    expect((await heldByPage(page)).includes("onerror")).toBe(false);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a visitor sees the visits that they had kept, and deletes them", async () => {
    const portal = await openConsole(browser, `${url}/visits/mine?as=Bob`);
    await portal.page.getByText("Nothing is kept for Bob").waitFor();
    const account = await portal.page.locator(".copyable code").last().getAttribute("title");
    const visitor = await openSite();
    await visitor.page.getByLabel(/^Your account/).fill(account ?? "");
    await visitor.page.getByRole("button", { name: "Keep my visits for me" }).click();
    await visitor.page.getByText("visits are kept for this account").waitFor();
    await visitor.page.getByRole("link", { name: "About" }).click();
    const row = portal.page.getByTestId("own-visits").locator("tbody tr");
    await row.first().waitFor();
    expect(await row.first().textContent()).toContain("/about");
    // What another account has is not Bob's.
    await portal.page.getByTestId("account").selectOption("Charlie");
    await portal.page.getByText("Nothing is kept for Charlie").waitFor();
    await portal.page.getByTestId("account").selectOption("Bob");
    await row.first().waitFor();
    await portal.page.getByRole("button", { name: "Delete all of them" }).click();
    await portal.page.getByText("1 deleted, and taken out of every figure.").waitFor();
    await row.first().waitFor({ state: "detached" });
    expect([...visitor.complaints, ...portal.complaints]).toEqual([]);
    await visitor.context.close();
    await portal.context.close();
  });

  test.each([
    [
      "Do Not Track",
      () => Object.defineProperty(navigator, "doNotTrack", { get: () => "1", configurable: true }),
      () => Object.defineProperty(navigator, "doNotTrack", { get: () => null }),
    ],
    [
      "Global Privacy Control",
      () =>
        Object.defineProperty(navigator, "globalPrivacyControl", {
          get: () => true,
          configurable: true,
        }),
      () => Object.defineProperty(navigator, "globalPrivacyControl", { get: () => undefined }),
    ],
    [
      "the visitor's own wish",
      () => localStorage.setItem("w3a_ignore", "true"),
      () => localStorage.removeItem("w3a_ignore"),
    ],
  ] as const)("%s sends nothing, until it is taken back", async (_wish, before, after) => {
    const { page, context, sent, complaints } = await openSite(before);
    await page.getByText("nothing is sent").waitFor();
    await page.getByRole("link", { name: "Pricing" }).click();
    await page.getByRole("button", { name: "Sign up" }).click();
    await page.evaluate<unknown>(after);
    const arrived = page.waitForRequest((request) => request.url().includes("/v1/visits/"));
    await page.getByRole("link", { name: "About" }).click();
    await arrived;
    // The one that was sent is the last one: nothing was kept for later.
    expect(sent).toHaveLength(1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test.runIf(isLong)(
    "a collector that is away: the page goes on, and the visit comes when it is back",
    async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const errors: string[] = [];
      const answers: number[] = [];
      page.on("pageerror", ({ message }) => errors.push(message));
      page.on("response", (response) => {
        if (response.url().startsWith(collector)) answers.push(response.status());
      });
      let asked = 0;
      await page.route(`${collector}/**`, (route) => {
        if (asked++ < 2) void route.abort("connectionrefused");
        else void route.continue();
      });
      await page.goto(site);
      await page.getByRole("link", { name: "Pricing" }).click();
      await page.getByRole("heading", { name: "Pricing" }).waitFor();
      await until("both visits are taken", () => answers.length === 2);
      expect(answers).toEqual([202, 202]);
      expect(asked).toBe(4);
      expect(errors).toEqual([]);
      await context.close();
    },
  );

  test("a browser without X25519 loads it, and its visit is counted", async () => {
    const { page, context, addresses, complaints, sent } = await openSite(() => {
      const own = crypto.subtle.generateKey.bind(crypto.subtle);
      crypto.subtle.generateKey = ((algorithm: { name?: string }, ...rest: never[]) =>
        algorithm.name === "X25519"
          ? Promise.reject(new DOMException("none", "NotSupportedError"))
          : (own as (...all: unknown[]) => Promise<unknown>)(algorithm, ...rest)) as never;
    });
    await until("its visit", () => sent.length === 1);
    expect(sent[0]).toHaveLength(305);
    await page.getByRole("heading", { name: "Home" }).waitFor();
    expect(addresses).toContain(`${site}/w-x25519.js`);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test.runIf(isLong)(
    "a log is counted from the page, and nothing of it leaves unsealed",
    async () => {
      const { page, context, traffic, complaints } = await openConsole(browser, `${url}/visits`);
      await page.locator('input[type="file"]').setInputFiles({
        name: "access.log",
        mimeType: "text/plain",
        buffer: Buffer.from(
          Array.from(
            { length: 40 },
            (_, i) =>
              `198.51.100.${i} - - [17/May/2015:10:05:03 +0000] "GET /from-the-log HTTP/1.1" 200 9 "-" "Agent/1"`,
          ).join("\n"),
        ),
      });
      await page.getByText("40 visits of the log are counted").waitFor();
      await page.locator(".row-name", { hasText: "/from-the-log" }).waitFor();
      expect(traffic.some((part) => part.includes("from-the-log"))).toBe(false);
      await page.locator('input[type="file"]').setInputFiles({
        name: "none.log",
        mimeType: "text/plain",
        buffer: Buffer.from("no line of a log\n"),
      });
      await page.getByText("No visit in it").waitFor();
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test.runIf(isLong)("the first visitor is reached with the keyboard alone", async () => {
    const { page, context } = await openConsole(browser, url);
    await verified(page);
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder(/A page, a contract/).waitFor();
    await page.keyboard.type("Analytics");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/visits/);
    await tabTo(page, "Install");
    await page.keyboard.press("Enter");
    await page.getByTestId("snippet").waitFor();
    await tabTo(page, /^Copy: Line for your pages/);
    await tabTo(page, /^Appoint it as/);
    await tabTo(page, /^Open the sample site/);
    await context.close();
  });

  test.runIf(isLong).each([
    ["visits", "/visits"],
    ["visits-install", "/visits/install"],
    ["visits-mine", "/visits/mine?as=Dave"],
    ["visits-network", "/visits?lens=network"],
  ])(
    "%s: axe finds nothing serious in either theme, nothing is cut off at 320 px, no word is left",
    async (name, path) => {
      const opened = await openConsole(browser, `${url}${path}`);
      const { page, context, complaints } = opened;
      const settle = async (): Promise<void> => {
        await verified(page);
        await page.waitForFunction(() => document.querySelector("main .skeleton") === null);
      };
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await settle();
        expect(await findings(page), scheme).toEqual([]);
        await shoot(page, `${name}-1280-${scheme}`);
        await page.setViewportSize({ width: 360, height: 740 });
        await shoot(page, `${name}-360-${scheme}`);
        await page.setViewportSize({ width: 1280, height: 900 });
      }
      await page.setViewportSize({ width: 320, height: 640 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await page.evaluate(() => localStorage.setItem("pha-language", "pseudo"));
      await page.reload();
      await settle();
      expect(await wordsLeft(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test.runIf(isLong)(
    "the sample site: axe finds nothing serious, nothing is cut off at 320 px",
    async () => {
      const { page, context, complaints } = await openSite();
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        expect(await findings(page), scheme).toEqual([]);
        await shoot(page, `site-1280-${scheme}`);
      }
      await page.setViewportSize({ width: 320, height: 640 });
      expect(
        await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ),
      ).toBeLessThanOrEqual(0);
      await shoot(page, "site-320");
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  async function shoot(page: Page, name: string): Promise<void> {
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }
});

/** Tabs until what has the focus is named so. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const names: string[] = [];
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    const label = await page.evaluate(() => {
      const element = document.activeElement;
      return (element?.getAttribute("aria-label") ?? element?.textContent ?? "").trim();
    });
    if (typeof name === "string" ? label === name : name.test(label)) return;
    names.push(label.slice(0, 30));
  }
  throw new Error(`the keyboard does not reach ${name}: ${names.join(", ")}`);
}
