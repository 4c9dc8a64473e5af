/** The console in Chromium: opening it, what travelled, what its components hold, what axe finds. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";

export interface ConsolePage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors nobody caught, and breaches of the policy of content. */
  readonly complaints: string[];
  /** Addresses of all requests and sockets. */
  readonly addresses: string[];
  /** Bodies and frames in both directions, as they were. */
  readonly traffic: Buffer[];
}

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  /** What this browser kept of a former visit, by key. */
  readonly kept?: Readonly<Record<string, string>>;
  /** Done to the browser's context before its page is opened. */
  readonly prepare?: (context: BrowserContext) => Promise<void>;
}

export async function openConsole(
  browser: Browser,
  url: string,
  options: OpenOptions = {},
): Promise<ConsolePage> {
  const { width = 1280, height = 900, scheme = "light", kept = {} } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  if (Object.keys(kept).length > 0)
    await context.addInitScript((entries) => {
      for (const [key, value] of Object.entries(entries)) localStorage.setItem(key, value);
    }, kept);
  await options.prepare?.(context);
  // Others work on the machine meanwhile.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const addresses: string[] = [];
  const traffic: Buffer[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    addresses.push(request.url());
    const body = request.postDataBuffer();
    if (body !== null) traffic.push(body);
  });
  page.on("response", (response) => {
    // The files of the console are no traffic about anything.
    if (new URL(response.url()).origin === new URL(url).origin) return;
    response.body().then(
      (body) => traffic.push(body),
      () => undefined,
    );
  });
  page.on("websocket", (socket) => {
    addresses.push(socket.url());
    const keep = ({ payload }: { readonly payload: string | Buffer }): void => {
      traffic.push(Buffer.from(payload));
    };
    socket.on("framesent", keep);
    socket.on("framereceived", keep);
  });
  await page.goto(url);
  return { context, page, complaints, addresses, traffic };
}

/** Waits until the strip says what protects the network. */
export async function verified(page: Page): Promise<void> {
  await page.waitForSelector('[data-testid="trust-tone"]:not([data-tone="pending"])');
}

/** Text of the page and of all attributes, and what React holds for it: properties, state, hooks. */
export function heldByPage(page: Page): Promise<string> {
  return page.evaluate(() => {
    const parts: string[] = [document.documentElement.outerHTML];
    const seen = new Set<unknown>();
    const read = (value: unknown, depth: number): void => {
      if (typeof value === "string" || typeof value === "bigint" || typeof value === "number") {
        parts.push(String(value));
        return;
      }
      if (typeof value !== "object" || value === null || depth > 7 || seen.has(value)) return;
      if (value instanceof Node || value instanceof Window) return;
      seen.add(value);
      if (value instanceof Map || value instanceof Set) {
        for (const one of value) read(one, depth + 1);
        return;
      }
      for (const key of Object.keys(value)) {
        // Of any object: what is not there is skipped.
        const inner = (value as Record<string, unknown>)[key];
        if (!/^(stateNode|return|_owner|_store)$/.test(key)) read(inner, depth + 1);
      }
    };
    const walk = (fiber: Record<string, unknown> | null | undefined): void => {
      const stack = [fiber];
      for (let one = stack.pop(); stack.length > 0 || one; one = stack.pop()) {
        if (!one || seen.has(one)) continue;
        seen.add(one);
        for (const part of ["memoizedProps", "pendingProps", "memoizedState", "updateQueue"])
          read(one[part], 0);
        // Fibers point to fibers by these names.
        for (const next of ["child", "sibling", "alternate"])
          stack.push(one[next] as Record<string, unknown> | null);
      }
    };
    for (const element of [document.getElementById("root"), ...document.querySelectorAll("*")])
      for (const key of Object.keys(element ?? {}))
        if (key.startsWith("__react"))
          // React keeps its fibers under such keys of elements.
          walk((element as unknown as Record<string, Record<string, unknown>>)[key]);
    // Only these have values.
    for (const control of document.querySelectorAll("input, textarea"))
      parts.push((control as HTMLInputElement).value);
    return parts.join("\n");
  });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface AxeFinding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

/** Serious and critical findings of axe-core under WCAG 2.2 AA. */
export async function findings(page: Page): Promise<readonly AxeFinding[]> {
  await page.evaluate(`${axe}; undefined`);
  return page.evaluate(async () => {
    // Colours on their way from one theme to the other are in neither.
    const changes = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(changes.map(({ finished }) => finished));
    // Put there by the script above.
    const { axe: run } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        }>;
      };
    };
    const { violations } = await run.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html) }));
  });
}
