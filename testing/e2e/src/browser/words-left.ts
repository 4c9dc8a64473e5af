import type { Page } from "playwright-core";

/** Text that is in no catalogue, of a page in the pseudo language; data and what contracts say have no translation. */
export function wordsLeft(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? "";
      const parent = node.parentElement;
      if (!/[A-Za-z]{2}/.test(text) || parent === null) continue;
      if (parent.closest("[data-value], code, pre, kbd, option, textarea, noscript, script"))
        continue;
      if (!/^⟦|⟧$/.test(text)) found.push(text);
    }
    return found;
  });
}
