/** A site's first visitor: from the load of a page with the tracker until its owner's console shows the visit. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium, launchChromium } from "@pha/testing-kit/browser";
import { type Bench, type Measured, median } from "./bench.ts";

const ROOT = process.env["PHA_ROOT"] ?? process.cwd();
const VISITS = 7;

interface Addresses {
  readonly console: string;
  readonly site: string;
}

async function visits({ console: address, site }: Addresses): Promise<readonly number[]> {
  const browser = await launchChromium(await findChromium());
  const found: number[] = [];
  try {
    const owner = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await owner.goto(`${address}/visits/install`);
    await owner.getByRole("button", { name: /^Appoint it as/ }).click({ timeout: 60_000 });
    await owner.getByText("It is appointed.").waitFor({ timeout: 60_000 });
    for (let i = 0; i < VISITS; i++) {
      await owner.reload();
      // The owner's first reading is there when the check shows how many visitors there are, or none.
      await owner.getByTestId("snippet").waitFor();
      await owner.waitForFunction(() => document.querySelector("[data-ready=true]") !== null);
      const visitor = await browser.newPage();
      await visitor.goto(site, { waitUntil: "load" });
      const loaded = performance.now();
      await owner.locator('[data-testid="install-check"][data-there="true"]').waitFor();
      found.push(performance.now() - loaded);
      await visitor.close();
    }
  } finally {
    await browser.close();
  }
  return found;
}

async function run(): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), "pha-bench-analytics-"));
  const program = join(ROOT, "dist", "pha.js");
  const ports = ["--port", "--worker-port", "--console-port", "--collector-port", "--site-port"];
  const args = ["dev", "--quiet", ...ports.flatMap((name) => [name, "0"])];
  const devnet = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => devnet.once("exit", () => resolve()));
  try {
    const line = await new Promise<string>((resolve, reject) => {
      let text = "";
      devnet.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
      });
      void ended.then(() => reject(new Error("the devnet ended")));
    });
    const found = await visits(JSON.parse(line));
    return [
      {
        id: "analytics/first-visitor",
        value: median(found),
        unit: "ms",
        better: "smaller",
        against: { name: "slot time", value: 1_000 },
        samples: VISITS,
        floor: 3_000,
        goal: 2_000,
        note: `from the load of the visited page to the owner's console; slowest ${Math.round(Math.max(...found))} ms`,
      },
    ];
  } finally {
    devnet.kill("SIGINT");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

export const analyticsVisits: Bench = { id: "analytics", run };
