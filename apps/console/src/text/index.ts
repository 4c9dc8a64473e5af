/** Texts of the console in the language that is chosen; all of them are in catalogues. */
import { useMemo, useSyncExternalStore } from "react";
import { EN } from "./en.ts";
import { pseudo } from "./pseudo.ts";

export type TextKey = keyof typeof EN;
export type TextValues = Readonly<Record<string, string | number>>;
export type Translate<K extends string = TextKey> = (key: K, values?: TextValues) => string;
/** `pseudo` is English with other letters, longer, in brackets: what is not in a catalogue stands out. */
export type Language = "en" | "pseudo";
export const LANGUAGES: readonly Language[] = ["en", "pseudo"];

const STORE = "pha-language";
const listeners = new Set<() => void>();
let language: Language = stored();

function stored(): Language {
  try {
    return localStorage.getItem(STORE) === "pseudo" ? "pseudo" : "en";
  } catch {
    // Storage is off.
    return "en";
  }
}

export function currentLanguage(): Language {
  return language;
}

export function chooseLanguage(next: Language): void {
  language = next;
  try {
    localStorage.setItem(STORE, next);
  } catch {
    // Storage is off: it holds until the page is closed.
  }
  for (const listener of listeners) listener();
}

export function translate(of: Language, key: TextKey, values: TextValues = {}): string {
  return filledIn(of, EN[key], values);
}

function filledIn(of: Language, english: string, values: TextValues): string {
  const text = of === "pseudo" ? pseudo(english) : english;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage);
}

export function useText(): Translate {
  return useWords(EN);
}

/** @param words a catalogue in English, which does not change */
export function useWords<K extends string>(words: Readonly<Record<K, string>>): Translate<K> {
  const own = useLanguage();
  return useMemo(
    () =>
      (key, values = {}) =>
        filledIn(own, words[key], values),
    [own, words],
  );
}
