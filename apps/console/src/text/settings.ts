/** Texts of the page Settings, which brings its own catalogue and that of wallets beside that of the frame. */
import { EN_SETTINGS } from "./en-settings.ts";
import { type Translate, useWords } from "./index.ts";
import { EN_WITH_WALLETS } from "./wallets.ts";

export const EN_AND_SETTINGS = { ...EN_WITH_WALLETS, ...EN_SETTINGS };
export type SettingsKey = keyof typeof EN_AND_SETTINGS;

export function useSettingsText(): Translate<SettingsKey> {
  return useWords(EN_AND_SETTINGS);
}
