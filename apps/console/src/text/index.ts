/** Texts of the console in the language that is spoken; all of them are in catalogues. */
import { useMemo, useSyncExternalStore } from "react";
import { EN } from "./en.ts";
import { pseudo } from "./pseudo.ts";

export type TextKey = keyof typeof EN;
export type TextValues = Readonly<Record<string, string | number>>;
export type Translate<K extends string = TextKey> = (key: K, values?: TextValues) => string;
/** `pseudo` is English with other letters, longer, in brackets: what is not in a catalogue stands out. */
export type Language = "en" | "zh" | "pseudo";
/** Texts by key. */
export type Words = Readonly<Record<string, string>>;

interface Spoken {
  readonly language: Language;
  readonly words: Words;
}

const listeners = new Set<() => void>();
let spoken: Spoken = { language: "en", words: {} };

/** @param words of a language that is not made of English; what is not among them stays English */
export function speak(language: Language, words: Words = {}): void {
  spoken = { language, words };
  for (const listener of listeners) listener();
}

export function filledIn(text: string, values: TextValues): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function useSpoken(): Spoken {
  return useSyncExternalStore(subscribe, () => spoken);
}

export function useLanguage(): Language {
  return useSpoken().language;
}

export function useText(): Translate {
  return useWords(EN);
}

/** @param english a catalogue in English, which does not change */
export function useWords<K extends string>(english: Readonly<Record<K, string>>): Translate<K> {
  const { language, words } = useSpoken();
  return useMemo(
    () =>
      (key, values = {}) =>
        filledIn(
          language === "pseudo" ? pseudo(english[key]) : (words[key] ?? english[key]),
          values,
        ),
    [language, words, english],
  );
}
