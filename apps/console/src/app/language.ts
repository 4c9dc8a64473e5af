/** Which language the console speaks: the one that was chosen, else the browser's own if there is a catalogue of it. */
import { type Language, speak, type Words } from "../text/index.ts";
import { loadPatiently } from "./load-patiently.ts";

const STORE = "pha-language";
/** As documents name them. */
const TAGS: Readonly<Record<Language, string>> = { en: "en", zh: "zh-Hans", pseudo: "en" };

let wanted: Language | undefined;

export async function chooseLanguage(next: Language): Promise<void> {
  try {
    localStorage.setItem(STORE, next);
  } catch {
    // Storage is off: it holds until the page is closed.
  }
  await applyLanguage(next);
}

/** English stays while the words of another language are on their way, and when they do not come. */
export async function applyLanguage(
  next: Language = preferred(),
  load: () => Promise<Words> = loadChinese,
): Promise<void> {
  wanted = next;
  try {
    const words = next === "zh" ? await load() : undefined;
    if (wanted !== next) return;
    speak(next, words);
    document.documentElement.lang = TAGS[next];
  } catch {
    // The server is away. What was spoken goes on; the next visit asks again.
  }
}

function preferred(): Language {
  return kept() ?? (/^zh\b/i.test(navigator.languages[0] ?? "") ? "zh" : "en");
}

function kept(): Language | undefined {
  try {
    const text = localStorage.getItem(STORE);
    return text === "en" || text === "zh" || text === "pseudo" ? text : undefined;
  } catch {
    // Storage is off.
    return undefined;
  }
}

function loadChinese(): Promise<Words> {
  return loadPatiently(async () => (await import("../text/zh-every.ts")).ZH_EVERY);
}
