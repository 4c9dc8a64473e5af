import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { speak } from "../text/index.ts";
import { applyLanguage, chooseLanguage } from "./language.ts";

vi.mock("../text/index.ts", () => ({ speak: vi.fn() }));

const WORDS = { "nav.home": "首页" };
const html = { lang: "en" };
let kept: Map<string, string>;

function prefer(...languages: readonly string[]): void {
  vi.stubGlobal("navigator", { languages });
}

beforeEach(() => {
  kept = new Map();
  html.lang = "en";
  vi.mocked(speak).mockClear();
  vi.stubGlobal("document", { documentElement: html });
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => kept.set(name, text),
  });
  prefer("en-GB", "zh-CN");
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** What is spoken after a load of the page. */
async function afterLoad(): Promise<readonly [string | undefined, string]> {
  await applyLanguage(undefined, async () => WORDS);
  return [vi.mocked(speak).mock.lastCall?.[0], html.lang];
}

test("the language that was chosen goes before the browser's, and garbage is none", async () => {
  expect(await afterLoad()).toEqual(["en", "en"]);
  for (const tag of ["zh", "zh-CN", "ZH-hans-SG"]) {
    prefer(tag, "en");
    expect(await afterLoad()).toEqual(["zh", "zh-Hans"]);
  }
  for (const text of ["en", "pseudo"] as const) {
    kept.set("pha-language", text);
    expect(await afterLoad()).toEqual([text, "en"]);
  }
  for (const text of ["", "ZH", "toString", "__proto__", "zh;en"]) {
    kept.set("pha-language", text);
    prefer("de");
    expect(await afterLoad()).toEqual(["en", "en"]);
  }
  prefer();
  expect(await afterLoad()).toEqual(["en", "en"]);
  kept.set("pha-language", "zh");
  expect(await afterLoad()).toEqual(["zh", "zh-Hans"]);
  expect(speak).toHaveBeenLastCalledWith("zh", WORDS);
});

test("a browser without storage speaks its own language, and changes it for a visit", async () => {
  const refuse = (): never => {
    throw new DOMException("storage is off", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse });
  prefer("zh-TW");
  expect(await afterLoad()).toEqual(["zh", "zh-Hans"]);
  await chooseLanguage("pseudo");
  expect(speak).toHaveBeenLastCalledWith("pseudo", undefined);
  expect(html.lang).toBe("en");
});

test("the real catalogue is loaded when it is chosen, and kept as the choice", async () => {
  await chooseLanguage("zh");
  expect(kept.get("pha-language")).toBe("zh");
  expect(vi.mocked(speak).mock.lastCall?.[1]).toMatchObject(WORDS);
  expect(html.lang).toBe("zh-Hans");
});

test("words that do not come change nothing, and the choice is kept for the next visit", async () => {
  kept.set("pha-language", "zh");
  await applyLanguage(undefined, async () => {
    throw new TypeError("a part did not load");
  });
  expect(speak).not.toHaveBeenCalled();
  expect(html.lang).toBe("en");
  expect(kept.get("pha-language")).toBe("zh");
});

test("words that come after another choice are not spoken", async () => {
  let arrive = (_words: typeof WORDS): void => undefined;
  const late = applyLanguage("zh", () => new Promise((resolve) => (arrive = resolve)));
  await applyLanguage("pseudo");
  arrive(WORDS);
  await late;
  expect(vi.mocked(speak).mock.calls).toEqual([["pseudo", undefined]]);
  expect(html.lang).toBe("en");
});
