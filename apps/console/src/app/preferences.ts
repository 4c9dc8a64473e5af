/** What this browser keeps of a person's taste. */
import { createStore } from "../chain/store.ts";
import type { Theme } from "../features/settings/settings-view.tsx";

const STORE = "pha-theme";

export const theme = createStore<Theme>(load());

function load(): Theme {
  try {
    const kept = localStorage.getItem(STORE);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    // Storage is off.
    return "system";
  }
}

export function chooseTheme(next: Theme): void {
  theme.set(next);
  applyTheme();
  try {
    localStorage.setItem(STORE, next);
  } catch {
    // Storage is off: it holds until the page is closed.
  }
}

/** `system` is what the style sheet decides by itself. */
export function applyTheme(): void {
  const chosen = theme.get();
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}
