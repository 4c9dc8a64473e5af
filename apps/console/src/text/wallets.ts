/** Texts of what is about wallets, which bring their own catalogue beside that of the frame. */
import { EN } from "./en.ts";
import { EN_WALLETS } from "./en-wallets.ts";
import { type Translate, useWords } from "./index.ts";

export const EN_WITH_WALLETS = { ...EN, ...EN_WALLETS };
export type WalletKey = keyof typeof EN_WITH_WALLETS;

export function useWalletText(): Translate<WalletKey> {
  return useWords(EN_WITH_WALLETS);
}
