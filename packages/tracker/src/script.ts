/**
 * `w.js`: what a page loads. Reads its attributes, takes what was called before it came, and counts.
 *
 * ```text
 * <script defer src="https://stats.example/w.js" data-site="0x…" data-worker-key="0x…"></script>
 * ```
 */
import { startTracker } from "./browser.ts";
import type { Agree } from "./seal-visit.ts";
import { readSettings } from "./settings.ts";
import type { Tracker } from "./tracker.ts";

/** Calls that a page made before this came: `(w3a.q = w3a.q || []).push(arguments)`. */
const MOST_EARLIER = 32;

function start(script: HTMLOrSVGScriptElement | null): void {
  if (!(script instanceof HTMLScriptElement)) return;
  const attributes: Record<string, string> = {};
  for (const { name, value } of script.attributes)
    if (name.startsWith("data-")) attributes[name.slice(5)] = value;
  const settings = readSettings(attributes, new URL(script.src).origin);
  if (settings === undefined) return;
  const beside = new URL("w-x25519.js", script.src).href;
  const tracker = startTracker(settings, async () => {
    const loaded: { readonly agree: Agree } = await import(beside);
    return loaded.agree;
  });
  const earlier: unknown = Reflect.get(Reflect.get(window, "w3a") ?? {}, "q");
  const w3a = (...call: readonly unknown[]): void => run(tracker, call);
  Reflect.set(window, "w3a", w3a);
  if (Array.isArray(earlier))
    for (const call of earlier.slice(0, MOST_EARLIER)) run(tracker, Array.from(call));
}

function run(tracker: Tracker, [name, value]: readonly unknown[]): void {
  const text = typeof value === "string" ? value : undefined;
  if (name === "view") tracker.view(text);
  else if (name === "event") tracker.event(text ?? "");
  else if (name === "account") tracker.account(text);
  else if (name === "ignore") tracker.ignore(value !== false);
}

try {
  start(document.currentScript);
} catch {
  // A page is not there for its tracker.
}
