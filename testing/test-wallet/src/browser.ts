/** Wallets in pages of a real browser: keys and scripts stay in the test's process. */
import type { BrowserContext } from "playwright-core";
import { answerOf } from "./answer-of.ts";
import { type CallResult, type PageTarget, putIntoPage } from "./put-into-page.ts";
import type { TestWallet } from "./test-wallet.ts";

/** Names in the page, behind which the test's process answers. */
const CALL = "phaTestWalletCall";
const SIDE = "phaTestWalletSide";

/** Every page of this context that is opened from now on has the wallets. */
export async function attachWallets(
  context: BrowserContext,
  wallets: readonly Pick<TestWallet<unknown>, "kind" | "id" | "name" | "handle" | "onAccounts">[],
): Promise<void> {
  await context.exposeFunction(
    CALL,
    (id: string, method: string, params: readonly unknown[]): Promise<CallResult> =>
      answerOf(wallets, id, method, params),
  );
  const cards = wallets.map(({ kind, id, name }) => ({ kind, id, name }));
  await context.addInitScript(
    `window.${SIDE} = (${putIntoPage.toString()})(window, ${JSON.stringify(cards)}, ` +
      `(...asked) => window.${CALL}(...asked));`,
  );
  for (const { id, onAccounts } of wallets)
    onAccounts((accounts) => {
      for (const page of context.pages())
        page
          .evaluate(
            ([side, wallet, list]) => {
              // Put there by the script above.
              const window = globalThis as unknown as Record<
                string,
                { tell(id: string, accounts: unknown): void }
              >;
              window[side]?.tell(wallet, list);
            },
            [SIDE, id, accounts] as const,
          )
          // A page that is closed meanwhile hears nothing.
          .catch(() => undefined);
    });
}

export type { PageTarget };
