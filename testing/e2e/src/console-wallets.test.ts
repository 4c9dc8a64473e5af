/** The console with people's wallets: what they are asked, what is said before, and what happens when they do not do it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  createEvmWallet,
  createSubstrateWallet,
  ed25519Key,
  evmKey,
  sr25519Key,
  type TestWallet,
} from "@pha/test-wallet";
import { attachWallets } from "@pha/test-wallet/browser";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { type ConsolePage, findings, openConsole, verified } from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import { wordsLeft } from "./browser/words-left.ts";
import { type DevnetProcess, isLong, until } from "./start-devnet.ts";

/** Folder for pictures, for people; none by default. */
const SHOTS = process.env["PHA_SHOTS"];
const BOB = "Bob of my wallet";

describeInChromium("wallets in the console", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let url: string;
  let counter: string;

  withConsole((started) => {
    ({ devnet, browser, url, counter } = started);
  });

  type AnyWallet = Pick<TestWallet<unknown>, "kind" | "id" | "name" | "handle" | "onAccounts">;

  function open(
    wallets: readonly AnyWallet[],
    options: { readonly path?: string; readonly kept?: Record<string, string> } = {},
  ): Promise<ConsolePage> {
    const { path = `/contracts/${counter}`, kept = {} } = options;
    return openConsole(browser, `${url}${path}`, {
      kept,
      prepare: (context) => attachWallets(context, wallets),
    });
  }

  const bobsWallet = () =>
    createSubstrateWallet({ id: "test-wallet", keys: [sr25519Key(BOB, "//Bob")] });
  const kinds = (wallet: { readonly prompts: readonly { readonly kind: string }[] }) =>
    wallet.prompts.map(({ kind }) => kind);

  /** Opens the drawer, connects, and acts as the wallet's account. */
  async function connect(page: Page, wallet: string, account: string): Promise<void> {
    await page.getByRole("button", { name: "Wallets", exact: true }).first().click();
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("button", { name: `Connect ${wallet}` }).click();
    await drawer.getByRole("button", { name: `Use ${account}` }).click();
    await drawer.waitFor({ state: "hidden" });
  }

  async function choose(page: Page, entry: string): Promise<void> {
    await page.getByRole("button", { name: entry, exact: true }).click();
  }

  /** Presses the button, and waits until what it began is over. */
  async function run(page: Page, button: string): Promise<string> {
    const before = await page.getByTestId("activity").count();
    await page.getByRole("button", { name: button }).click();
    await page.getByTestId("activity").nth(before).waitFor();
    return outcome(page);
  }

  async function ask(page: Page, account: string): Promise<string> {
    await choose(page, "value");
    return run(page, `Ask as ${account}`);
  }

  async function send(page: Page, account: string, n: string): Promise<string> {
    await choose(page, "add");
    await page.getByRole("textbox", { name: /^n/ }).fill(n);
    return run(page, `Send as ${account}`);
  }

  /** Of the newest activity, when it is over. */
  async function outcome(page: Page): Promise<string> {
    const newest = page.getByTestId("activity").first();
    await until("an end", async () => {
      const name = (await newest.getAttribute("class")) ?? "";
      return /activity-(done|failed)/.test(name);
    });
    const result = newest.locator(".result .revealed");
    return (await result.count()) > 0
      ? ((await result.textContent()) ?? "")
      : ((await newest.getByRole("alert").textContent()) ?? "");
  }

  test("a Substrate wallet: the page says what is signed, one certificate is signed for all reads, and a command as the wallet shows it", async () => {
    const wallet = bobsWallet();
    const { page, context, complaints } = await open([wallet]);
    await connect(page, "test-wallet", BOB);
    expect(wallet.prompts).toEqual([{ kind: "connect", shown: "Pha console" }]);
    await choose(page, "value");
    const said = await page.getByTestId("signing").textContent();
    for (const words of ["test-wallet", "read counter on this page", "all queries", "after 8 h"])
      expect(said).toContain(words);
    expect(await ask(page, BOB)).toMatch(/^\d+$/);
    expect(kinds(wallet)).toEqual(["connect", "text"]);
    expect(await ask(page, BOB)).toMatch(/^\d+$/);
    expect(kinds(wallet)).toEqual(["connect", "text"]);
    expect(await page.getByTestId("trust-certificate").textContent()).toContain("left");

    await choose(page, "add");
    expect(await page.getByTestId("signing").textContent()).toContain("push_command");
    expect(await send(page, BOB, "5")).toMatch(/^\d+$/);
    expect(kinds(wallet)).toEqual(["connect", "text", "extrinsic"]);
    const payload = JSON.parse(wallet.prompts[2]?.shown ?? "");
    expect(payload).toMatchObject({
      genesisHash: devnet.file.genesis,
      withSignedTransaction: false,
    });
    expect(payload.method).toContain(counter.slice(2));

    await page.getByRole("link", { name: "Settings" }).click();
    const certificate = page.getByTestId("certificate");
    expect(await certificate.textContent()).toContain(BOB);
    await certificate.locator("summary").click();
    expect(await certificate.locator("pre").textContent()).toBe(wallet.prompts[1]?.shown);
    await certificate.getByRole("button", { name: "End" }).click();
    await page.getByText("No certificates").waitFor();
    await page.goBack();
    expect(await ask(page, BOB)).toMatch(/^\d+$/);
    expect(kinds(wallet)).toEqual(["connect", "text", "extrinsic", "text"]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("an Ethereum wallet: typed data with the certificate's fields, and no commands", async () => {
    const key = evmKey("cow");
    const wallet = createEvmWallet({ id: "example.cow", name: "Cow wallet", keys: [key] });
    const { page, context, complaints } = await open([wallet]);
    await connect(page, "Cow wallet", "Cow wallet");
    await page.getByText("An Ethereum address reads, and sends no commands").waitFor();
    expect(await page.getByRole("button", { name: "Send as Cow wallet" }).isDisabled()).toBe(true);
    expect(await ask(page, "Cow wallet")).toBe("0");
    expect(await ask(page, "Cow wallet")).toBe("0");
    expect(kinds(wallet)).toEqual(["connect", "typed-data"]);
    const { domain, message } = JSON.parse(wallet.prompts[1]?.shown ?? "");
    expect(domain.salt).toBe(devnet.file.genesis);
    expect(message).toMatchObject({
      purpose: "read counter on this page",
      network: devnet.file.genesis,
      account: key.address,
      contracts: [{ contract: counter, queries: "all queries" }],
    });
    await page.getByRole("link", { name: "Settings" }).click();
    expect(await page.getByTestId("certificate").textContent()).toContain("signed in Cow wallet");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test.runIf(isLong)(
    "a wallet that refuses, says nothing, signs something else or fails: said by its code, nothing is sent, and the next attempt is asked anew",
    async () => {
      const wallet = bobsWallet();
      const { page, context, traffic } = await open([wallet]);
      await connect(page, "test-wallet", BOB);
      for (const [answer, code] of [
        ["reject", "wallet/refused"],
        ["other", "wallet/other-signature"],
        ["garbage", "wallet/malformed"],
        [{ words: "Unable to decode: unknown chain" }, "wallet/failed"],
      ] as const) {
        wallet.answerWith(answer);
        expect(await ask(page, BOB)).toContain(code);
        expect(await send(page, BOB, "1")).toContain(code);
      }
      wallet.answerWith("never");
      await choose(page, "value");
      await page.getByRole("button", { name: `Ask as ${BOB}` }).click();
      await page.getByText("test-wallet is asked").waitFor();
      await page.getByRole("button", { name: "Give up waiting" }).click();
      expect(await outcome(page)).toContain("wallet/cancelled");
      expect(traffic.some((part) => part.includes("author_submit"))).toBe(false);
      wallet.answerWith("approve");
      expect(await ask(page, BOB)).toMatch(/^\d+$/);
      await context.close();
    },
  );

  test.runIf(isLong)(
    "an account that goes away ends its certificates and acts no more; a locked wallet says what to do; it comes back",
    async () => {
      const wallet = bobsWallet();
      const { page, context } = await open([wallet]);
      await connect(page, "test-wallet", BOB);
      expect(await ask(page, BOB)).toMatch(/^\d+$/);
      wallet.lock();
      await page.getByText(`test-wallet does not show ${BOB} any more`).waitFor();
      await page.getByText("Certificates that ended with it: 1.").waitFor();
      await page.locator(".notice-permission", { hasText: "is not here" }).waitFor();
      expect(await page.getByRole("button", { name: /^(Ask|Send) as/ }).count()).toBe(0);
      await page.getByRole("button", { name: "Wallets", exact: true }).first().click();
      await page.getByRole("dialog").getByText("It shows no account").waitFor();
      await page.keyboard.press("Escape");
      wallet.unlock();
      expect(await ask(page, BOB)).toMatch(/^\d+$/);
      expect(kinds(wallet)).toEqual(["connect", "text", "text"]);
      await context.close();
    },
  );

  test("a certificate that ends in mid-session is renewed by one question, and the page says so", async () => {
    const wallet = bobsWallet();
    const { page, context } = await open([wallet], {
      kept: { "pha-certificate-life": "seconds" },
    });
    await connect(page, "test-wallet", BOB);
    expect(await ask(page, BOB)).toMatch(/^\d+$/);
    // While it lasts the page says that nothing is asked.
    await page.getByTestId("signing").waitFor();
    expect(await ask(page, BOB)).toMatch(/^\d+$/);
    expect(kinds(wallet)).toEqual(["connect", "text", "text"]);
    expect(await page.getByTestId("activity").first().textContent()).toContain(
      "The certificate had ended; a new one was asked for",
    );
    await context.close();
  });

  test.runIf(isLong)(
    "an account without money is told before and by the chain; hostile names stay text",
    async () => {
      const name = "<img src=x onerror=alert(1)>\u202e";
      const wallet = createSubstrateWallet({
        id: "test-wallet",
        keys: [ed25519Key(name, "a poor account"), sr25519Key("x".repeat(3000), "//Eve")],
      });
      const { page, context, complaints } = await open([wallet]);
      const shown = name.slice(0, -1);
      await connect(page, "test-wallet", shown);
      await page.getByText("This account has no PHA").waitFor();
      expect(await send(page, shown, "1")).toContain("chain/cannot-pay");
      expect(await ask(page, shown)).toBe("0");
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.getByTestId("account").locator("option").last().textContent()).toBe(
        `${"x".repeat(39)}…`,
      );
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test.runIf(isLong)(
    "connecting is refused, given up, and done with the keyboard alone",
    async () => {
      const wallet = bobsWallet();
      const { page, context } = await open([wallet], { path: "/" });
      await verified(page);
      wallet.answerWith("reject");
      await page.getByRole("button", { name: "Wallets", exact: true }).first().focus();
      await page.keyboard.press("Enter");
      const drawer = page.getByRole("dialog");
      await drawer.getByRole("button", { name: "Connect test-wallet" }).focus();
      await page.keyboard.press("Enter");
      await drawer.getByText("wallet/refused").waitFor();
      wallet.answerWith("never");
      await drawer.getByRole("button", { name: "Connect test-wallet" }).focus();
      await page.keyboard.press("Enter");
      await drawer.getByRole("button", { name: "Give up waiting" }).focus();
      await page.keyboard.press("Enter");
      await drawer.getByText("wallet/cancelled").waitFor();
      wallet.answerWith("approve");
      await drawer.getByRole("button", { name: "Connect test-wallet" }).focus();
      await page.keyboard.press("Enter");
      await drawer.getByRole("button", { name: `Use ${BOB}` }).focus();
      await page.keyboard.press("Enter");
      await drawer.waitFor({ state: "hidden" });
      expect(await page.getByTestId("account").inputValue()).toMatch(/^4/);
      await context.close();
    },
  );

  test.runIf(isLong)(
    "on a network that is not for development a wallet's account is the only one",
    async () => {
      const wallet = bobsWallet();
      const kept = {
        "pha-networks": JSON.stringify({
          networks: [
            {
              name: "Mine",
              node: devnet.file.rpc.ws,
              workers: [devnet.file.workers[0]?.url],
              development: false,
            },
          ],
        }),
      };
      const { page, context } = await open([wallet], {
        path: `/contracts/${counter}?net=my-mine`,
        kept,
      });
      await page.locator(".notice-permission").getByRole("button", { name: "Wallets" }).click();
      await page.getByRole("button", { name: "Connect test-wallet" }).click();
      await page.getByRole("dialog").getByText("Acts now").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: `Send as ${BOB}` }).waitFor();
      expect(await page.getByTestId("account").locator("option").count()).toBe(1);
      await context.close();
    },
  );

  test.runIf(isLong)(
    "axe finds nothing serious in either theme, nothing is cut off at 320 px, no word is left in another language",
    async () => {
      const substrate = createSubstrateWallet({
        id: "test-wallet",
        keys: [sr25519Key(BOB, "//Bob"), ed25519Key("Savings", "savings")],
      });
      const evm = createEvmWallet({
        id: "example.cow",
        name: "Cow wallet",
        keys: [evmKey("cow")],
      });
      const { page, context, complaints } = await open([substrate, evm]);
      await verified(page);
      await page.getByRole("button", { name: "Wallets", exact: true }).first().click();
      const drawer = page.getByRole("dialog");
      await drawer.getByRole("button", { name: "Connect Cow wallet" }).click();
      await drawer.getByRole("button", { name: "Connect test-wallet" }).click();
      await drawer.getByRole("button", { name: `Use ${BOB}` }).waitFor();
      await looksGood(page, "wallets");
      await drawer.getByRole("button", { name: `Use ${BOB}` }).click();
      await page.getByTestId("signing").waitFor();
      await looksGood(page, "wallet-command");
      expect(await ask(page, BOB)).toMatch(/^\d+$/);
      await page.getByRole("link", { name: "Settings" }).click();
      await page.getByTestId("certificate").getByRole("button", { name: "End" }).waitFor();
      await looksGood(page, "wallet-settings");
      await page.getByTestId("certificate").getByRole("button", { name: "End" }).click();
      await page.goBack();
      await choose(page, "value");
      substrate.answerWith("never");
      await page.getByRole("button", { name: `Ask as ${BOB}` }).click();
      await page.getByText("test-wallet is asked").waitFor();
      await looksGood(page, "wallet-certificate");
      await page.evaluate(() => localStorage.setItem("pha-language", "pseudo"));
      await page.reload();
      await page.locator(".notice-permission").first().waitFor();
      await page.locator(".top-bar .icon-button").first().click();
      await page.getByTestId("wallet").first().waitFor();
      expect(await wordsLeft(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  async function looksGood(page: Page, name: string): Promise<void> {
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      expect(await findings(page), `${name} ${scheme}`).toEqual([]);
      await shoot(page, `${name}-1280-${scheme}`);
      await page.setViewportSize({ width: 360, height: 740 });
      await shoot(page, `${name}-360-${scheme}`);
      await page.setViewportSize({ width: 320, height: 640 });
      const overflow = await page.evaluate(() =>
        Math.max(
          ...[
            document.documentElement,
            ...document.querySelectorAll("dialog[open] .dialog-box"),
          ].map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
        ),
      );
      expect([name, scheme, overflow]).toEqual([name, scheme, 0]);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
  }

  async function shoot(page: Page, name: string): Promise<void> {
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }
});
