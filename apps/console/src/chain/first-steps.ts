/** The first steps a person has taken here; kept in this browser. */
import { createStore } from "./store.ts";

export const STEPS = ["call", "lens", "other", "trust", "verify"] as const;
export type FirstStep = (typeof STEPS)[number];

const STORE = "pha-first-steps";

export const firstSteps = createStore<ReadonlySet<FirstStep>>(load());

function load(): ReadonlySet<FirstStep> {
  try {
    const kept = (localStorage.getItem(STORE) ?? "").split(" ");
    return new Set(STEPS.filter((step) => kept.includes(step)));
  } catch {
    // Storage is off.
    return new Set();
  }
}

export function takeStep(step: FirstStep): void {
  if (firstSteps.get().has(step)) return;
  keep(new Set([...firstSteps.get(), step]));
}

export function forgetSteps(): void {
  keep(new Set());
}

function keep(steps: ReadonlySet<FirstStep>): void {
  firstSteps.set(steps);
  try {
    localStorage.setItem(STORE, [...steps].join(" "));
  } catch {
    // Storage is off: they are known until the page is closed.
  }
}
