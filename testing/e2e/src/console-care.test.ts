/** What can be wrong around a page: pasted evidence, a clock that is off, two tabs, a worker that goes away, contracts that fail. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeSimulatedEvidence } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { decode, fromHex, toHex } from "@pha/scale";
import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findings, openConsole, verified } from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import { type DevnetProcess, root, sharedFolder } from "./start-devnet.ts";
import { rpc } from "./start-node.ts";

const VECTORS = join(sharedFolder, "vectors", "attestation");

describeInChromium("the console in bad company", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let url: string;
  let worker: string;
  let counter: string;

  withConsole((started) => {
    ({ devnet, browser, url, counter } = started);
    worker = devnet.file.workers[0]?.url ?? "";
  });

  describe("evidence that somebody pastes", () => {
    async function paste(page: Page, text: string): Promise<void> {
      await page.getByLabel("What to verify").fill(text);
      await page.getByRole("button", { name: "Verify", exact: true }).click();
    }

    /** Of a worker of this devnet, as the chain keeps it. */
    async function registered(): Promise<Uint8Array> {
      const { boots } = await (await fetch(`${worker}/v1/info`)).json();
      const { identity } = boots.find(({ role }: { role: string }) => /worker/i.test(role));
      const stored = await rpc(
        devnet.file.rpc.http,
        "state_getStorage",
        toHex(STORAGE.evidence.key(fromHex(identity))),
      );
      const decoded = decode(STORAGE.evidence.value, fromHex(String(stored)));
      if (!decoded.ok) throw new Error("the chain has the worker's evidence");
      return decoded.value;
    }

    test("simulated evidence is read in hex and in base64, and amber; cut or of another chain it is not believed", async () => {
      const evidence = await registered();
      const { page, context, complaints } = await openConsole(browser, `${url}/verify`);
      const verdict = page.getByTestId("verdict");
      for (const text of [toHex(evidence), Buffer.from(evidence).toString("base64")]) {
        await paste(page, text);
        await verdict.waitFor();
        expect(await verdict.textContent()).toMatch(
          /Evidence of a platform, Simulated.*All 7 links hold.*SIMULATED/,
        );
        expect(await verdict.getAttribute("data-tone")).toBe("simulated");
        const read = page.locator('.verdict[data-link="evidence/read"]');
        expect(await read.textContent()).toContain("may have copied it");
        expect(
          await page.locator('.verdict[data-link="evidence/genuine"]').getAttribute("data-tone"),
        ).toBe("simulated");
      }
      expect(await findings(page)).toEqual([]);
      const other = makeSimulatedEvidence({
        rootSeed: new Uint8Array(32).fill(1),
        measurement: new Uint8Array(32).fill(2),
        platformId: new Uint8Array(32).fill(3),
        reportData: new Uint8Array(64).fill(4),
        issuedAtMs: BigInt(Date.now()),
      });
      await paste(page, toHex(other));
      await page.locator('.verdict-broken[data-link="evidence/genuine"]').waitFor();
      expect(await verdict.textContent()).toContain("do not rely on it");
      for (const [text, says] of [
        [toHex(evidence.slice(0, 150)), "no evidence of a kind"],
        ["Zm9vYmFy", "shorter than 32 bytes"],
        ["not a quote!", "neither hex nor base64"],
      ] as const) {
        await paste(page, text);
        await page.locator(".notice-broken", { hasText: says }).waitFor();
        expect(await page.locator(".notice-broken").textContent()).toContain(
          "verify/unknown-subject",
        );
      }
      expect(complaints).toEqual([]);
      await context.close();
    });

    test.skipIf(!existsSync(VECTORS))(
      "published quotes are recognised by their files, and this network takes none of them",
      async () => {
        const { page, context } = await openConsole(browser, `${url}/verify`);
        for (const [file, kind] of [
          ["intel-dcap/quotes/tdx-sapphire-rapids-outofdate.bin", "IntelTdxDcap"],
          ["intel-dcap/quotes/sgx-icelake-hardening.bin", "IntelSgxDcap"],
          ["aws-nitro/nitro-2025-12.cbor", "AwsNitro"],
        ] as const) {
          await page.locator('input[type="file"]').setInputFiles(join(VECTORS, file));
          const verdict = page.getByTestId("verdict");
          await verdict.getByText(kind).waitFor();
          expect(await verdict.getAttribute("data-tone")).toBe("broken");
          await page.locator('.verdict-broken[data-link="evidence/taken"]').waitFor();
          const genuine = page.locator('.verdict-broken[data-link="evidence/genuine"]');
          // The devnet has no collateral of Intel's; the enclave's certificates are over.
          expect(await genuine.textContent()).toMatch(
            /collateral\/missing|expired|not-after|validity/,
          );
        }
        expect(readFileSync(join(VECTORS, "README.md")).length).toBeGreaterThan(0);
        await context.close();
      },
    );
  });

  test.each([
    ["ahead", 300_000, /[45] min ahead of the chain/],
    ["behind", -300_000, /[45] min behind the chain/],
  ] as const)("a clock that is five minutes %s: said where trust is shown; verdicts hold, and private data are read", async (_way, offset, says) => {
    const { page, context } = await openConsole(browser, "about:blank");
    await context.addInitScript((by) => {
      const Real = Date;
      const shifted = class extends Real {
        constructor(...args: readonly unknown[]) {
          // The page gives what the real one takes.
          if (args.length === 0) super(Real.now() + by);
          else super(...(args as [number]));
        }
        static override now = (): number => Real.now() + by;
      };
      globalThis.Date = shifted as unknown as DateConstructor;
    }, offset);
    await page.goto(`${url}/contracts/${counter}`);
    await verified(page);
    await page
      .getByTestId("trust-clock")
      .getByText(/Clock off by [45] min/)
      .waitFor();
    expect(await page.getByTestId("trust-tone").getAttribute("data-tone")).toBe("simulated");
    await page.locator(".trust-strip").click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText(says).waitFor();
    expect(await drawer.getByTestId("evidence-summary").textContent()).toMatch(
      /^(\d+) of \1 links hold/,
    );
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "value", exact: true }).click();
    await page.getByRole("button", { name: "Ask as Alice" }).click();
    await page.locator(".activity-done .result .revealed").first().waitFor();
    await context.close();
  });

  test("an answer is kept as a file, verified here and in a terminal; changed, or of another chain, it is refused", async () => {
    const { page, context } = await openConsole(browser, `${url}/contracts/${counter}`);
    await page.getByRole("button", { name: "value", exact: true }).click();
    await page.getByRole("button", { name: "Ask as Alice" }).click();
    await page.locator(".activity-done .result .revealed").first().waitFor();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: /Keep the answer/ }).click();
    const file = join(devnet.folder, "answer.receipt");
    await (await saved).saveAs(file);
    await page.goto(`${url}/verify`);
    await page.locator('input[type="file"]').setInputFiles(file);
    await page.locator('.verdict[data-link="receipt-answer"]').waitFor();
    expect(await page.getByTestId("verdict").textContent()).toMatch(
      /Receipt 0x.*All 4 links hold.*SIMULATED/,
    );
    const bytes = new Uint8Array(readFileSync(file));
    const changed = bytes.slice();
    changed[bytes.length - 1] = (changed[bytes.length - 1] ?? 0) ^ 1;
    await page.getByLabel("What to verify").fill(toHex(changed));
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page
      .locator(".verdict-broken", { hasText: "receipt/bad-answer-signature" })
      .first()
      .waitFor();
    await context.close();
    const read = await devnet.pha("receipt", "answer.receipt", "--json");
    expect(read.code, read.stderr).toBe(0);
    expect(read.json()["outcome"]).toBe("ok");
    const other = `0x${"00".repeat(32)}`;
    const foreign = await devnet.pha("receipt", "answer.receipt", "--genesis", other, "--json");
    expect(foreign.json()["error"]).toMatchObject({ code: "receipt/other-network" });
    const asked = await devnet.pha("query", "counter", "value", "--answer", "my.receipt", "--json");
    expect(asked.code, asked.stderr).toBe(0);
    const again = await devnet.pha("receipt", "my.receipt", "--json");
    expect(again.json()).toMatchObject({ outcome: "ok", worker: expect.stringMatching(/^0x/) });
  });

  test("a clock that is right is not spoken of", async () => {
    const { page, context } = await openConsole(browser, url);
    await verified(page);
    expect(await page.getByTestId("trust-clock").count()).toBe(0);
    await context.close();
  });

  test("two tabs of one browser send at the same moment, and nothing is lost", async () => {
    const { page: first, context } = await openConsole(browser, `${url}/contracts/${counter}`);
    const second = await context.newPage();
    await second.goto(`${url}/contracts/${counter}`);
    const tabs = [first, second];
    const total = async (): Promise<number> => {
      const told = await devnet.pha("query", "counter", "value", "--from", "alice", "--json");
      return Number(told.json()["result"]);
    };
    const before = await total();
    for (const [i, page] of tabs.entries()) {
      await verified(page);
      await page.getByRole("textbox", { name: /^n/ }).fill(`${10 ** i}`);
    }
    await Promise.all(
      tabs.map((page) => page.getByRole("button", { name: "Send as Alice" }).click()),
    );
    for (const page of tabs) await page.locator(".activity-done .result").first().waitFor();
    expect(await total()).toBe(before + 11);
    // Each has a certificate of its own, and both remember the newer root.
    for (const page of tabs) {
      await page.getByRole("button", { name: "value", exact: true }).click();
      await page.getByRole("button", { name: "Ask as Alice" }).click();
      await page
        .locator(".activity-done .result .revealed", {
          hasText: new RegExp(`^${before + 11}$`),
        })
        .first()
        .waitFor();
    }
    const kept = await first.evaluate((address) => {
      const key = Object.keys(localStorage).find((name) => name.startsWith("pha-seen ")) ?? "";
      const seen: readonly (readonly [string, { block: number }])[] = JSON.parse(
        localStorage.getItem(key) ?? "[]",
      );
      return seen.filter(([contract]) => contract === address).length;
    }, counter);
    expect(kept).toBe(1);
    await context.close();
  });

  test("a worker host that goes away while it is asked: the card says so, and the next question is answered when it is back", async () => {
    const { page, context } = await openConsole(browser, `${url}/contracts/${counter}`);
    await verified(page);
    await page.getByRole("button", { name: "value", exact: true }).click();
    const ask = page.getByRole("button", { name: "Ask as Alice" });
    await ask.click();
    await page.locator(".activity-done .result .revealed").first().waitFor();
    let asked = 0;
    await page.route(`${worker}/**`, async (route) => {
      asked++;
      // It has taken the question, and dies over it.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.abort("connectionreset").catch(() => undefined);
    });
    await page.routeWebSocket(new RegExp(`^${worker.replace("http", "ws")}`), (socket) =>
      socket.close(),
    );
    await ask.click();
    const card = page.locator(".activity-failed .notice-broken").first();
    await card.waitFor();
    expect(await card.locator("code").textContent()).toMatch(/^worker\//);
    expect(asked).toBeGreaterThan(0);
    await page.unroute(`${worker}/**`);
    await ask.click();
    await page.locator(".activity-done .result .revealed").nth(1).waitFor();
    await context.close();
  });

  test("contracts that run for ever or refuse: said in the contract's name, with what it means", async () => {
    const source = join(root, "testing", "e2e", "src", "contracts", "stubborn.ts");
    const built = await devnet.pha("build", source, "--out", devnet.folder, "--json");
    expect(built.code, built.stderr).toBe(0);
    const deployed = await devnet.pha("deploy", String(built.json()["file"]), "--json");
    expect(deployed.code, deployed.stderr).toBe(0);
    const { page, context } = await openConsole(
      browser,
      `${url}/contracts/${String(deployed.json()["address"])}`,
    );
    const run = async (entry: string, verb: RegExp): Promise<string> => {
      await page.getByRole("button", { name: entry, exact: true }).click();
      await page.getByRole("button", { name: verb }).click();
      const card = page.getByTestId("activity").first();
      await card.filter({ has: page.locator(".revealed", { hasText: entry }) }).waitFor();
      await page.locator(".activity-failed").first().filter({ hasText: entry }).waitFor();
      return (await card.textContent()) ?? "";
    };
    expect(await run("refuse", /Send as Alice/)).toContain("stubborn/never");
    expect(await run("spin", /Send as Alice/)).toMatch(/fuel/i);
    expect(await run("ponder", /Ask as Alice/)).toMatch(/fuel/i);
    await context.close();
  });
});
