/** A page without a browser, with wallets in it. */
import { answerOf } from "./answer-of.ts";
import { type PageTarget, putIntoPage } from "./put-into-page.ts";
import type { TestWallet } from "./test-wallet.ts";

/** What `@pha/sdk/wallets` looks at of a window. */
export function fakePage(
  wallets: readonly Pick<TestWallet<unknown>, "kind" | "id" | "name" | "handle" | "onAccounts">[],
): EventTarget & PageTarget {
  const page: EventTarget & PageTarget = new EventTarget();
  const side = putIntoPage(page, wallets, (id, method, params) =>
    answerOf(wallets, id, method, params),
  );
  for (const { id, onAccounts } of wallets)
    onAccounts((accounts) => side.tell(id, structuredClone(accounts)));
  return page;
}
