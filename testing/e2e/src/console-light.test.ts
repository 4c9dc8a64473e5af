/** The console without a server for the chain: its light client alone, from the chain specification to an answer. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { findings, openConsole, verified } from "./browser/console-page.ts";
import { describeInChromium } from "./browser/open-chromium.ts";
import { withConsole } from "./browser/with-console.ts";
import type { DevnetProcess } from "./start-devnet.ts";

interface ServedNetwork {
  readonly name: string;
  readonly node?: string;
  readonly chainSpec?: string;
}

describeInChromium("the console by light client", () => {
  let devnet: DevnetProcess;
  let browser: Browser;
  let url: string;
  let counter: string;
  /** As the network's operators would publish it. */
  let spec: { bootNodes: string[]; [field: string]: unknown };

  withConsole(async (started) => {
    ({ devnet, browser, url, counter } = started);
    spec = await (await fetch(`${url}/chain-spec.json`)).json();
  });

  /** A page that reaches peers and worker hosts, and no RPC. */
  async function openWithoutRpc(path: string, kept: Readonly<Record<string, string>> = {}) {
    const opened = await openConsole(browser, "about:blank", { kept });
    await opened.page.route(`${devnet.file.rpc.http}/**`, (route) => route.abort());
    await opened.page.routeWebSocket(`${devnet.file.rpc.ws}/**`, (socket) => socket.close());
    await opened.page.goto(`${url}${path}`);
    return opened;
  }

  /** A network that was added before, by its chain specification. */
  const added = (text: string, genesis?: string): Record<string, string> => ({
    "pha-networks": JSON.stringify({
      networks: [
        {
          name: "Mine",
          chainSpec: "kept",
          workers: [devnet.file.workers[0]?.url],
          development: true,
          ...(genesis !== undefined && { genesis }),
        },
      ],
    }),
    "pha-chain-spec my-mine": text,
  });

  test("the devnet offers it, and its node listens for light clients since the specification was asked", async () => {
    const { networks } = await (await fetch(`${url}/pha.json`)).json();
    expect(
      networks.map(({ name, node, chainSpec }: ServedNetwork) => [name, node, chainSpec]),
    ).toEqual([
      ["Local devnet", devnet.file.rpc.ws, undefined],
      ["Local devnet by light client", undefined, "/chain-spec.json"],
    ]);
    expect(devnet.file.peers).toEqual([]);
    expect(spec.bootNodes).toHaveLength(1);
    expect(spec.bootNodes[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\//);
  });

  test("with the RPC port out of reach it verifies a contract, sends a command, and asks a query", async () => {
    const { page, context, complaints, addresses } = await openWithoutRpc("/settings");
    // Control: by the node nothing is reached here.
    await page.getByRole("alert").first().waitFor();
    await page.goto(`${url}/?net=local1`);
    await page.getByText("This page's light client follows the chain itself").waitFor();
    await verified(page);
    expect(await page.getByTestId("trust-way").textContent()).toContain("by light client");
    expect(await page.getByTestId("trust-tone").getAttribute("data-tone")).toBe("simulated");

    await page.goto(`${url}/contracts/${counter}?net=local1`);
    await page.getByRole("textbox", { name: /^n/ }).fill("5");
    await page.getByRole("button", { name: "Send as Alice" }).click();
    const first = page.getByTestId("activity").first();
    await first.locator(".result .revealed").waitFor();
    expect(await first.locator(".result .revealed").textContent()).toBe("5");
    await page.getByRole("button", { name: "value", exact: true }).click();
    await page.getByRole("button", { name: "Ask as Alice" }).click();
    await page.locator(".activity-done .result .revealed", { hasText: /^5$/ }).nth(1).waitFor();
    await page
      .getByRole("button", { name: /Why trust this/ })
      .first()
      .click();
    const drawer = page.getByRole("dialog");
    await drawer.locator(".verdict").first().waitFor();
    expect(await drawer.textContent()).toMatch(/it asks peers, and no server/);
    expect(await drawer.getByTestId("evidence-summary").textContent()).toMatch(
      /^(\d+) of \1 links hold/,
    );
    expect(await findings(page)).toEqual([]);

    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Home" }).click();
    await page.getByRole("link", { name: "Explorer" }).click();
    await page.locator(".vtable-row a").first().click();
    await page.locator("article", { hasText: "Timestamp.set" }).first().waitFor();
    const peer = /tcp\/(\d+)\/ws/.exec(spec.bootNodes[0] ?? "")?.[1];
    expect(addresses.filter((one) => one.includes(`:${peer}`)).length).toBeGreaterThan(0);
    const own = [url, `ws://127.0.0.1:${peer}`, devnet.file.workers[0]?.url ?? "", "about:blank"];
    // Asked by the control at the start, and never reached.
    const rpc = Object.values(devnet.file.rpc);
    const foreign = addresses.filter(
      (one) => ![...own, ...rpc].some((base) => one.startsWith(base)),
    );
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a person adds one by the file of its specification, and it is there after a reload", async () => {
    const file = join(devnet.folder, "network.raw.json");
    writeFileSync(file, JSON.stringify(spec));
    const { page, context } = await openWithoutRpc("/settings?net=local1");
    await page.getByText("Add a network").click();
    await page.getByLabel("Name").fill("Mine");
    await page.locator("form label", { hasText: "By light client" }).click();
    await page.locator('textarea[name="chainSpec"]').fill("{}");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("alert").getByText("A chain specification is JSON").waitFor();
    await page.locator('input[type="file"]').setInputFiles(file);
    await page.getByLabel(/^Worker hosts/).fill(devnet.file.workers[0]?.url ?? "");
    await page.getByLabel(/^Genesis hash/).fill(devnet.file.genesis);
    await page.getByLabel(/^Development network/).check();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page
      .locator(".list-row", { hasText: "Mine" })
      .getByRole("button", { name: "Use" })
      .click();
    await verified(page);
    await page.reload();
    await verified(page);
    expect(new URL(page.url()).searchParams.get("net")).toBe("my-mine");
    expect(await page.getByTestId("trust-way").textContent()).toContain("by light client");
    await context.close();
  });

  test("no peer: the page says that it looks for one, and goes nowhere else", async () => {
    const lonely = JSON.stringify({
      ...spec,
      bootNodes: [(spec.bootNodes[0] ?? "").replace(/tcp\/\d+/, "tcp/1")],
    });
    const { page, context, addresses } = await openWithoutRpc("/?net=my-mine", added(lonely));
    await page.getByText("none is connected yet").waitFor();
    expect(await page.getByTestId("trust-tone").getAttribute("data-tone")).toBe("pending");
    expect(addresses.filter((one) => one.startsWith(devnet.file.rpc.ws))).toEqual([]);
    await context.close();
  });

  test.each([
    [
      "a specification that is none",
      "smoldot/bad-chain-spec",
      () => added('{"genesis":{},"bootNodes":[]}'),
    ],
    [
      "one of another network than was named",
      "chain/other-network",
      () => added(JSON.stringify(spec), `0x${"00".repeat(32)}`),
    ],
  ] as const)("%s is refused, and not tried again by itself", async (_what, code, kept) => {
    const { page, context } = await openWithoutRpc("/?net=my-mine", kept());
    const card = page.getByRole("alert");
    await card.getByText(code).waitFor();
    expect(await page.locator("main").textContent()).toContain("would not help");
    await context.close();
  });

  test("a specification that this browser does not keep any more: said, with what to do", async () => {
    const { "pha-networks": networks = "" } = added("");
    const { page, context } = await openWithoutRpc("/?net=my-mine", { "pha-networks": networks });
    const card = page.getByRole("alert");
    await card.getByText("network/no-chain-spec").waitFor();
    expect(await card.textContent()).toContain("add it again");
    await context.close();
  });
});
