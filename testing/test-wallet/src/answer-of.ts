import type { CallResult } from "./put-into-page.ts";
import { WalletRefusal } from "./script.ts";
import type { TestWallet } from "./test-wallet.ts";

/** What a wallet says to a page's question, as data that crosses into it. */
export async function answerOf(
  wallets: readonly Pick<TestWallet<unknown>, "id" | "handle">[],
  id: string,
  method: string,
  params: readonly unknown[],
): Promise<CallResult> {
  const wallet = wallets.find((one) => one.id === id);
  if (wallet === undefined) return { error: { message: `no wallet ${id}` } };
  try {
    return { value: structuredClone(await wallet.handle(method, params)) };
  } catch (error) {
    if (!(error instanceof WalletRefusal)) throw error;
    const { message, code } = error;
    return { error: { message, ...(code !== undefined && { code }) } };
  }
}
