/**
 * Faults of a whole devnet as a person sees them: done by the console's buttons and by `pha fault`, with what must follow.
 * The changed program is in `console.test.ts`.
 */
import type { Browser, Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ConsolePage, openConsole, verified } from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import { type DevnetProcess, until } from "./start-devnet.ts";

describeInChromium("faults", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let url: string;
  let counter: string;
  let opened: ConsolePage;

  withConsole((started) => {
    ({ devnet, browser, url, counter } = started);
  });
  beforeEach(async () => {
    opened = await openConsole(browser, url);
    await verified(opened.page);
  });
  afterEach(async () => {
    await opened.context.close();
  });

  const processOf = (name: string): number | undefined =>
    devnet
      .processes()
      .find(({ command }) => command.includes(`/${name} `) && /pruntime/.test(command))?.pid;

  async function add(page: Page, n: number): Promise<void> {
    await page.goto(`${url}/contracts/${counter}`);
    await page.getByRole("textbox", { name: /^n/ }).fill(`${n}`);
    await page.getByRole("button", { name: "Send as Alice" }).click();
  }

  async function ask(page: Page): Promise<void> {
    await page.getByRole("button", { name: "value", exact: true }).click();
    await page.getByRole("button", { name: "Ask as Alice" }).click();
  }

  /** What the contract says through a terminal, which remembers nothing of this page. */
  async function told(): Promise<number> {
    const answer = await devnet.pha("query", "counter", "value", "--from", "alice", "--json");
    expect(answer.code, answer.stderr).toBe(0);
    return Number(answer.json()["result"]);
  }

  test("stale state: the worker begins at an old block with a new boot, catches up, and nobody is told an older value", async () => {
    const { page, complaints } = opened;
    await add(page, 5);
    await page.locator(".activity-done .result .revealed").first().waitFor();
    const value = Number(await page.locator(".result .revealed").first().textContent());
    const before = processOf("worker-1");
    await page.getByRole("link", { name: "Operate" }).click();
    await page.getByRole("link", { name: "Faults" }).click();
    await page.getByTestId("fault-stale-state-worker-1").click();
    await page.getByText("Done to worker-1.").waitFor();
    await until("another process", () => {
      const now = processOf("worker-1");
      return now !== undefined && now !== before;
    });
    // Asked all the while, by a page that remembers what it has seen and by a program that remembers nothing.
    for (let i = 0; i < 4; i++) expect(await told()).toBe(value);
    await page.getByRole("link", { name: "Fleet", exact: true }).click();
    await page.locator(".vtable-row", { hasText: /worker-1.*Serves/ }).waitFor({ timeout: 90_000 });
    await add(page, 2);
    await page
      .locator(".activity-done .result .revealed", { hasText: new RegExp(`^${value + 2}$`) })
      .first()
      .waitFor();
    expect(await told()).toBe(value + 2);
    expect(complaints).toEqual([]);
  });

  test("partition: commands stay without a final state and no answer is taken; when it is mended all goes on", async () => {
    const { page } = opened;
    await page.goto(`${url}/operate/faults`);
    await page.getByTestId("fault-partition-worker-host").click();
    await page.getByTestId("mend-partition-worker-host").waitFor();
    const listed = await devnet.pha("fault", "list", "--json");
    expect(listed.json()["active"]).toMatchObject([{ fault: "partition", target: "worker-host" }]);

    // In a page that was open before: what was sealed is in a block, and what follows does not come.
    await add(page, 1);
    const sent = page.getByTestId("activity").first();
    await sent.locator(".step-done").nth(1).waitFor();
    await ask(page);
    const asked = page.getByTestId("activity").first();
    // The replicas do not know the block that the page has seen: each refuses, or the page finds no lease in time.
    await asked.locator(".notice-broken").waitFor({ timeout: 120_000 });
    expect(await asked.locator(".notice-broken code").textContent()).toMatch(
      /^(query\/(behind|lease-expired)|answer\/|worker\/)/,
    );
    expect(await sent.locator(".result").count()).toBe(0);

    await page.getByRole("link", { name: "Operate" }).click();
    await page.getByRole("link", { name: "Faults" }).click();
    await page.getByTestId("mend-partition-worker-host").click();
    await page.getByText("Mended: worker-host.").waitFor();
    await page.goBack();
    await page.goBack();
    await until("answers again", async () => {
      const answer = await devnet.pha("query", "counter", "value", "--from", "alice", "--json");
      return answer.code === 0;
    });
    await page.goto(`${url}/contracts/${counter}`);
    await ask(page);
    await page.locator(".activity-done .result .revealed").first().waitFor();
    // The command that was sent meanwhile is executed once.
    expect(Number(await page.locator(".result .revealed").first().textContent())).toBe(
      await told(),
    );
  });

  test("the same by commands: a crash, a partition with its end, and what the devnet refuses", async () => {
    const before = processOf("worker-2");
    const crash = await devnet.pha("fault", "start", "crash", "worker-2", "--json");
    expect(crash.code, crash.stderr).toBe(0);
    await until("another process", () => {
      const now = processOf("worker-2");
      return now !== undefined && now !== before;
    });
    const part = ["partition", "worker-host"] as const;
    expect((await devnet.pha("fault", "start", ...part)).code).toBe(0);
    const again = await devnet.pha("fault", "start", ...part, "--json");
    expect(again.json()["error"]).toMatchObject({ code: "devnet/fault-active" });
    const ended = await devnet.pha("fault", "end", ...part, "--json");
    expect(ended.json()["active"]).toEqual([]);
    const unknown = await devnet.pha("fault", "start", "crash", "gatekeeper-1", "--json");
    expect(unknown.json()["error"]).toMatchObject({ code: "devnet/unknown-fault" });
    const { page } = opened;
    await page.getByRole("link", { name: "Operate" }).click();
    await page.locator(".vtable-row", { hasText: /worker-2.*Serves/ }).waitFor({ timeout: 90_000 });
  });
});
