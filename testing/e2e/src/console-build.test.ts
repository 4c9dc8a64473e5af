/**
 * The playground of the console: a contract is changed, checked, built, tried, deployed and called, and every step of it is
 * this page's own work.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { findings, heldByPage, openConsole, verified } from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import { wordsLeft } from "./browser/words-left.ts";
import { type DevnetProcess, isLong } from "./start-devnet.ts";

/** Folder for pictures, for people; none by default. */
const SHOTS = process.env["PHA_SHOTS"];
const COUNTER = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "contracts", "counter", "src", "counter.ts"),
  "utf8",
);
/** Adds the square: 5 becomes 25. */
const CHANGED = COUNTER.replace("return a + b;", "return a + b * b;");
const NOT_A_NUMBER = COUNTER.replace("return a + b;", 'return a + b * "2";');
/** Characters that nobody's own text has. */
const HOSTILE = "<img src=x onerror=alert(1)>";

describeInChromium("the playground", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), "pha-playground-"));

  withConsole((started) => {
    ({ devnet, browser, url } = started);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const checked = (page: Page, state: string) =>
    page.waitForSelector(`[data-testid="check"][data-state="${state}"]`);

  /** As somebody types it: into the editor, over what is there. */
  async function write(page: Page, source: string): Promise<void> {
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(source);
  }

  /** What the command line makes of the same text. */
  async function builtByCli(source: string): Promise<{ codeHash: string; file: string }> {
    const entry = join(folder, "any-name.ts");
    writeFileSync(entry, source);
    const run = await devnet.pha("build", entry, "--out", folder, "--json");
    expect(run.code, run.stderr).toBe(0);
    return run.json() as { codeHash: string; file: string };
  }

  test("a changed contract is checked, built, tried, deployed and called, all in the page", async () => {
    const { page, context, complaints, addresses } = await openConsole(browser, url);
    await verified(page);
    const isCompiler = (address: string) => /\/(worker|esbuild|emscripten|build)-/.test(address);
    expect(addresses.filter(isCompiler)).toEqual([]);
    await page.getByRole("link", { name: "Build", exact: true }).click();
    await checked(page, "clean");
    expect(addresses.filter(isCompiler).length).toBeGreaterThan(1);

    await write(page, NOT_A_NUMBER);
    await checked(page, "wrong");
    const problem = page.locator(".problem").first();
    expect(await problem.textContent()).toMatch(/string.*bigint|bigint.*string|arithmetic/);
    expect(await problem.textContent()).toContain("build/type-error");
    await page.locator(".cm-lintRange-error").first().waitFor();
    await page.getByRole("button", { name: "Build", exact: true }).click();
    await page.locator(".problem").first().waitFor();
    expect(await page.getByTestId("built").count()).toBe(0);

    await write(page, CHANGED);
    await checked(page, "clean");
    await page.getByRole("button", { name: "Build", exact: true }).click();
    await page.getByTestId("built").waitFor();
    const { codeHash } = await builtByCli(CHANGED);
    expect(await page.getByTestId("built").locator(`[title="${codeHash}"]`).count()).toBe(1);

    await page.getByRole("button", { name: "Start a trial" }).click();
    const trial = page.getByTestId("trial-form");
    await trial.getByRole("textbox", { name: /^n/ }).fill("5");
    await trial.getByRole("button", { name: "Run" }).click();
    const tried = page.getByTestId("tried");
    await tried.first().waitFor();
    expect(await tried.first().locator(".result").textContent()).toBe("25");
    expect(await tried.first().textContent()).toMatch(/Fuel: .+ of 200\.0 M.*2 entries written/);
    await trial.getByLabel("Entry").selectOption("total");
    await trial.getByLabel("Caller").selectOption("Bob");
    await trial.getByRole("button", { name: "Run" }).click();
    await tried.filter({ hasText: "counter/not-the-owner" }).waitFor();
    await trial.getByLabel("Fuel limit").fill("5000");
    await trial.getByRole("button", { name: "Run" }).click();
    await tried.filter({ hasText: "Stopped by the engine: fuel" }).waitFor();
    await page.locator(".lens-switch label", { hasText: "Network" }).click();
    expect(await heldByPage(page)).not.toMatch(/>25<|"n":"5"/);
    await page.locator(".lens-switch label", { hasText: "Mine" }).click();

    await page.getByRole("button", { name: "Deploy as Alice" }).click();
    await page.locator('[data-testid="deployment"][data-state="done"]').waitFor();
    const deployment = page.getByTestId("deployment").first();
    expect(await deployment.locator(".step-done").count()).toBe(4);
    expect(await deployment.textContent()).toMatch(/Key published[23] of 3 replicas/);
    const deployed = page.getByTestId("deployed");
    await deployed.getByRole("textbox", { name: /^n/ }).fill("5");
    await deployed.getByRole("button", { name: "Send as Alice" }).click();
    await deployed.locator(".activity-done .result .revealed").first().waitFor();
    expect(await deployed.locator(".result .revealed").first().textContent()).toBe("25");
    const address = await deployment.locator('[title^="0x"]').getAttribute("title");
    await deployed.getByText("Do the same in a terminal").first().click();
    expect(await deployed.locator(".raw-details .revealed").first().textContent()).toContain(
      `pha call ${address} add`,
    );

    await page.getByRole("button", { name: "Deploy as Alice" }).click();
    await page.getByText("it was there before").waitFor();
    await page.locator('[data-testid="deployment"][data-state="done"]').nth(1).waitFor();
    expect(complaints).toEqual([]);

    // Who comes back finds the source as it was.
    await page.reload();
    await checked(page, "clean");
    await page.getByRole("button", { name: "Build", exact: true }).click();
    await page.getByTestId("built").waitFor();
    expect(await page.getByTestId("built").locator(`[title="${codeHash}"]`).count()).toBe(1);
    await context.close();
  });

  test("what a contract logs is its owner's to read: in a trial, on the page and in a terminal", async () => {
    const { page, context, complaints } = await openConsole(browser, `${url}/build`);
    await verified(page);
    await page.getByLabel("Begin with").selectOption("ballot");
    await checked(page, "clean");
    await page.getByRole("button", { name: "Build", exact: true }).click();
    await page.getByTestId("built").waitFor();
    await page.getByRole("button", { name: "Start a trial" }).click();
    await page.getByTestId("trial-form").getByRole("button", { name: "Run" }).click();
    await page.getByTestId("trial-log").waitFor();
    expect(await page.getByTestId("trial-log").textContent()).toBe("Vote 1 came.");

    await page.getByRole("button", { name: "Deploy as Alice" }).click();
    const deployed = page.getByTestId("deployed");
    await deployed.getByText("No lines yet").waitFor();
    await deployed.getByRole("button", { name: "Send as Alice" }).click();
    const line = deployed.getByTestId("log-lines").locator("li");
    await line.waitFor();
    expect(await line.textContent()).toMatch(/^#1block [\d\s]+\d\d?:\d\d:\d\dVote 1 came\.$/);
    await deployed.getByLabel("Filter").fill("no such line");
    await deployed.getByText("0 of 1 lines.").waitFor();
    const lens = (name: string) => page.locator(".lens-switch label", { hasText: name }).click();
    await lens("Network");
    await deployed.getByText("Its lines are sealed").waitFor();
    expect(await heldByPage(page)).not.toContain("Vote 1 came.");
    await lens("Other");
    await deployed.getByText("Bob is not the owner").waitFor();

    const deployment = page.getByTestId("deployment").first();
    const address = (await deployment.locator('[title^="0x"]').getAttribute("title")) ?? "";
    const own = await devnet.pha("logs", address, "--from", "alice", "--json");
    expect(own.json()).toMatchObject({ lines: [{ number: 1, text: "Vote 1 came." }], lost: 0 });
    const told = await devnet.pha("logs", address, "--from", "alice", "--filter", "vote");
    expect(told.stdout).toMatch(/^#1 {2}block \d+ {2}\d\d:\d\d:\d\d {2}Vote 1 came\.\n$/);
    for (const [args, code] of [
      [[address, "--from", "bob"], "contract/not-the-owner"],
      [["counter"], "contract/no-log"],
    ] as const) {
      const refused = await devnet.pha("logs", ...args, "--json");
      expect([refused.code, refused.json()]).toMatchObject([1, { error: { code } }]);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a file that is no artefact is refused with its code, one of the command line is taken", async () => {
    const { page, context, complaints } = await openConsole(browser, `${url}/build`);
    await verified(page);
    const { file } = await builtByCli(COUNTER);
    const good = readFileSync(file, "utf8");
    const give = (text: string) =>
      page.getByTestId("artefact-file").setInputFiles({
        name: "some.pha.json",
        mimeType: "application/json",
        buffer: Buffer.from(text),
      });
    for (const [text, code] of [
      ["{", "artefact/not-json"],
      [good.replace("One private counter", HOSTILE), "artefact/wrong-hash"],
      [good.replace("javascript/1", "javascript/9"), "artefact/unknown-engine"],
      [good.replace('"format"', '"shape"'), "artefact/bad-field"],
    ] as const) {
      await give(text);
      await page.getByRole("alert").getByText(code).waitFor();
    }
    await give("x".repeat((512 << 10) + 1));
    await page.getByText("An artefact has 512.0 KiB at most").waitFor();
    expect(await page.getByTestId("built").count()).toBe(0);
    await give(good);
    await page.getByText("From a file, not from the source above.").waitFor();
    await page.getByRole("button", { name: "Start a trial" }).click();
    await page.getByTestId("trial-form").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test.runIf(isLong)(
    "what a contract calls itself stays text, and what it throws is told",
    async () => {
      const { page, context, complaints } = await openConsole(browser, `${url}/build`);
      await checked(page, "clean");
      await write(page, COUNTER.replace("One private counter for each account.", HOSTILE));
      await page.keyboard.press("Control+s");
      await page.getByTestId("built").waitFor();
      await page.getByRole("button", { name: "Start a trial" }).click();
      await page.getByTestId("trial-form").waitFor();
      await write(
        page,
        `${COUNTER}
throw new Error("${HOSTILE}");
`,
      );
      await page.keyboard.press("Control+s");
      await page.locator(".problem", { hasText: HOSTILE }).waitFor();
      expect(await page.locator(".problem").first().textContent()).toContain("build/not-loaded");
      expect(await page.locator("img").count()).toBe(0);
      await write(page, "export const nothing = 1;\n");
      await page.keyboard.press("Control+s");
      await page.getByRole("alert").getByText("build/no-contract").waitFor();
      await write(
        page,
        COUNTER.replace("return a + b;", "return a + BigInt(Math.floor(Math.random()));"),
      );
      await page.locator(".problem", { hasText: "build/not-deterministic" }).waitFor();
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test.runIf(isLong)("the keyboard alone writes, builds and leaves the editor", async () => {
    const { page, context } = await openConsole(browser, `${url}/build`);
    await checked(page, "clean");
    await page.getByLabel("Begin with").focus();
    await page.keyboard.press("b");
    const focused = () =>
      page.evaluate(() => {
        const { activeElement } = document;
        return (activeElement?.shadowRoot?.activeElement ?? activeElement)?.className ?? "";
      });
    for (let i = 0; i < 6 && !(await focused()).includes("cm-content"); i++)
      await page.keyboard.press("Tab");
    expect(await focused()).toContain("cm-content");
    // A letter that means something elsewhere on the page.
    await page.keyboard.type("// l\n");
    expect(new URL(page.url()).searchParams.get("lens")).toBeNull();
    await page.keyboard.press("Control+s");
    await page.getByTestId("built").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused()).not.toContain("cm-content");
    await context.close();
  });

  test.runIf(isLong)(
    "axe finds nothing serious in either theme, nothing is cut off at 320 px, no word is left in another language",
    async () => {
      const { page, context, complaints } = await openConsole(browser, `${url}/build`);
      await verified(page);
      await checked(page, "clean");
      await page.getByRole("button", { name: "Build", exact: true }).click();
      await page.getByTestId("built").waitFor();
      await page.getByRole("button", { name: "Start a trial" }).click();
      const trial = page.getByTestId("trial-form");
      await trial.getByRole("textbox", { name: /^n/ }).fill("5");
      await trial.getByRole("button", { name: "Run" }).click();
      await page.getByTestId("tried").first().waitFor();
      await write(page, NOT_A_NUMBER);
      await checked(page, "wrong");
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        // What lies half under the strip at the top is no small target.
        await page.evaluate(() => scrollTo(0, 0));
        expect(await findings(page), scheme).toEqual([]);
        await shoot(page, `build-1280-${scheme}`);
        if (SHOTS === undefined) continue;
        await page.setViewportSize({ width: 360, height: 740 });
        await shoot(page, `build-360-${scheme}`);
        await page.setViewportSize({ width: 1280, height: 900 });
      }
      await page.setViewportSize({ width: 320, height: 640 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await page.evaluate(() => localStorage.setItem("pha-language", "pseudo"));
      await page.reload();
      await checked(page, "wrong");
      expect(await wordsLeft(page)).toEqual([]);
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
