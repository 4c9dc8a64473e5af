/** How long certificates last that are made from now on; kept in this browser. */
import { createStore } from "./store.ts";

/** Name → milliseconds. */
export const LIVES = {
  seconds: 15_000,
  minutes: 10 * 60_000,
  hour: 60 * 60_000,
  hours: 8 * 60 * 60_000,
  day: 24 * 60 * 60_000,
} as const;
export type Life = keyof typeof LIVES;

const STORE = "pha-certificate-life";
const USUAL: Life = "hours";

export const certificateLife = createStore<Life>(load());

function load(): Life {
  try {
    const kept = localStorage.getItem(STORE);
    return kept !== null && Object.hasOwn(LIVES, kept)
      ? // One of the names, as was just asked.
        (kept as Life)
      : USUAL;
  } catch {
    // Storage is off.
    return USUAL;
  }
}

export function chooseLife(next: Life): void {
  certificateLife.set(next);
  try {
    localStorage.setItem(STORE, next);
  } catch {
    // Storage is off: it holds until the page is closed.
  }
}
