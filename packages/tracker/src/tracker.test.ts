import { openVisit, VISIT_DOMAIN, Visit as VisitCodec } from "@pha/contract-analytics";
import { hpkeOpen, x25519PublicKey } from "@pha/crypto";
import { DOMAIN } from "@pha/protocol";
import { concatBytes, toHex, utf8 } from "@pha/scale";
import { describe, expect, test, vi } from "vitest";
import { createTracker, readSettings, type Surroundings, sealVisit, type Visit } from "./index.ts";
import { mayCount, type PageFacts, referrerHostOf, shownPath } from "./page.ts";
import type { Bytes } from "./seal-visit.ts";
import { createSender, MOST_WAITING, PAUSES_MS } from "./sender.ts";
import { MOST_SEALING } from "./tracker.ts";
import { encodeVisit } from "./visit.ts";
import { agree } from "./x25519-fallback.ts";

const SECRET = new Uint8Array(32).fill(9);
const KEY = Uint8Array.from(x25519PublicKey(SECRET));
const SITE = new Uint8Array(32).fill(7);
const VISIT: Visit = {
  event: "",
  path: "/pricing",
  referrerHost: "news.example",
  userAgent: "Test/1",
  account: undefined,
};

function opened(box: Uint8Array): Uint8Array | undefined {
  return hpkeOpen({
    secret: SECRET,
    enc: box.slice(1, 33),
    info: concatBytes(DOMAIN.sealedBox, SITE, utf8(VISIT_DOMAIN)),
    aad: new Uint8Array(0),
    ciphertext: box.slice(33),
  });
}

const visitIn = (box: Uint8Array) => openVisit(opened(box));

describe("a visit", () => {
  test("has the bytes of the contract's codec", () => {
    for (const visit of [
      VISIT,
      { ...VISIT, event: "Signup", account: new Uint8Array(32).fill(3) },
      { ...VISIT, path: `/${"é".repeat(200)}`, userAgent: "a".repeat(256) },
      { ...VISIT, path: "", referrerHost: "", userAgent: "" },
      { ...VISIT, path: "/<img src=x onerror=alert(1)>\u202e" },
    ])
      expect(openVisit(encodeVisit(visit))).toEqual(visit);
  });

  test("of any length fits: texts are cut at whole characters", () => {
    const long = "é".repeat(5_000);
    const visit = openVisit(
      encodeVisit({
        event: long,
        path: long,
        referrerHost: long,
        userAgent: `x${long}`,
        account: SITE,
      }),
    );
    expect(visit).toEqual({
      event: "é".repeat(32),
      path: "é".repeat(256),
      referrerHost: "é".repeat(64),
      userAgent: `x${"é".repeat(127)}`,
      account: SITE,
    });
    expect(VisitCodec.shape.kind).toBe("composite");
  });

  test("of lone halves of characters is written as can be", () => {
    expect(openVisit(encodeVisit({ ...VISIT, path: "/\ud800x" }))?.path).toBe("/\ufffdx");
  });
});

describe("sealing", () => {
  test("gives what the library opens, by WebCrypto and by the fallback, each time another box", async () => {
    const [one, two] = await Promise.all([
      sealVisit(VISIT, { site: SITE, key: KEY }),
      sealVisit(VISIT, { site: SITE, key: KEY }),
    ]);
    expect(one).toHaveLength(1 + 32 + 256 + 16);
    expect(visitIn(one)).toEqual(VISIT);
    expect(visitIn(two)).toEqual(VISIT);
    expect(one).not.toEqual(two);

    const generate = vi.spyOn(crypto.subtle, "generateKey").mockRejectedValue(new Error("none"));
    try {
      await expect(sealVisit(VISIT, { site: SITE, key: KEY })).rejects.toThrow("none");
      const fallback = () => Promise.resolve(agree);
      expect(visitIn(await sealVisit(VISIT, { site: SITE, key: KEY, fallback }))).toEqual(VISIT);
    } finally {
      generate.mockRestore();
    }
  });

  test("is refused to a key of small order", async () => {
    const key = new Uint8Array(32);
    await expect(sealVisit(VISIT, { site: SITE, key })).rejects.toThrow();
    const fallback = () => Promise.resolve(() => ({ enc: KEY, shared: new Uint8Array(32) }));
    const generate = vi.spyOn(crypto.subtle, "generateKey").mockRejectedValue(new Error("none"));
    try {
      await expect(sealVisit(VISIT, { site: SITE, key, fallback })).rejects.toThrow("small order");
    } finally {
      generate.mockRestore();
    }
  });
});

describe("settings", () => {
  const site = toHex(SITE);
  const given = { site, "worker-key": toHex(KEY) };

  test("are the defaults where nothing is said", () => {
    expect(readSettings(given, "https://stats.example")).toEqual({
      site: SITE,
      workerKey: KEY,
      collector: "https://stats.example",
      domains: [],
      localhost: false,
      auto: true,
      hash: false,
      excludeSearch: false,
      excludeHash: false,
      fallback: true,
      beforeSend: "",
    });
  });

  test("are what the attributes say", () => {
    const all = readSettings(
      {
        ...given,
        collector: "http://127.0.0.1:7000/",
        domains: "Example.org, www.example.org",
        localhost: "",
        auto: "false",
        hash: "true",
        "exclude-search": "",
        "exclude-hash": "true",
        fallback: "off",
        "before-send": "change",
      },
      "https://stats.example",
    );
    expect(all).toMatchObject({
      collector: "http://127.0.0.1:7000",
      domains: ["example.org", "www.example.org"],
      localhost: true,
      auto: false,
      hash: true,
      excludeSearch: true,
      excludeHash: true,
      fallback: false,
      beforeSend: "change",
    });
  });

  test("without a site, a key or a collector are none", () => {
    for (const broken of [
      {},
      { site },
      { ...given, site: "0x12" },
      { ...given, "worker-key": `${toHex(KEY)}00` },
      { ...given, "worker-key": "x".repeat(64) },
      { ...given, collector: "javascript:alert(1)" },
      { ...given, collector: "https://a.example/?x" },
    ])
      expect(readSettings(broken, "https://stats.example")).toBeUndefined();
    expect(readSettings(given, "null")).toBeUndefined();
  });
});

describe("whether a visit is counted", () => {
  const free = { doNotTrack: null, globalPrivacyControl: undefined, ignore: null };
  const anywhere = { localhost: false, domains: [] };

  test("is the visitor's wish first", () => {
    expect(mayCount(anywhere, "example.org", free)).toBe(true);
    for (const wish of [
      { doNotTrack: "1" },
      { doNotTrack: "yes" },
      { globalPrivacyControl: true },
      { ignore: "true" },
      { ignore: "1" },
    ])
      expect(mayCount(anywhere, "example.org", { ...free, ...wish })).toBe(false);
    for (const wish of [{ doNotTrack: "0" }, { globalPrivacyControl: false }, { ignore: "false" }])
      expect(mayCount(anywhere, "example.org", { ...free, ...wish })).toBe(true);
  });

  test("then the owner's: not on this machine, not on other domains", () => {
    for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]", ""]) {
      expect(mayCount(anywhere, host, free), host).toBe(false);
      expect(mayCount({ ...anywhere, localhost: true }, host, free), host).toBe(true);
    }
    const two = { localhost: false, domains: ["example.org", "www.example.org"] };
    expect(mayCount(two, "WWW.example.org", free)).toBe(true);
    expect(mayCount(two, "staging.example.org", free)).toBe(false);
    expect(mayCount(two, "notexample.org", free)).toBe(false);
  });
});

test("paths are with query and fragment unless the owner leaves them out", () => {
  const page = { host: "a.example", path: "/p", search: "?q=1", hash: "#top" };
  expect(shownPath(page, { excludeSearch: false, excludeHash: false })).toBe("/p?q=1#top");
  expect(shownPath(page, { excludeSearch: true, excludeHash: false })).toBe("/p#top");
  expect(shownPath(page, { excludeSearch: true, excludeHash: true })).toBe("/p");
});

test("a referrer is another host, or nothing", () => {
  expect(referrerHostOf("https://news.example:8443/a?b", "a.example")).toBe("news.example:8443");
  expect(referrerHostOf("https://a.example/x", "a.example")).toBe("");
  expect(referrerHostOf("", "a.example")).toBe("");
  expect(referrerHostOf("no address", "a.example")).toBe("");
});

describe("the sender", () => {
  const box = (n: number): Bytes => Uint8Array.of(n);

  function sending(statusOf: (box: number, attempt: number) => number) {
    const posted: number[] = [];
    const pauses: number[] = [];
    const sender = createSender({
      post: ([n = 0]) => {
        posted.push(n);
        const status = statusOf(n, posted.filter((one) => one === n).length);
        return status === 0 ? Promise.reject(new Error("unreachable")) : Promise.resolve(status);
      },
      wait: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    });
    return { sender, posted, pauses };
  }

  test("sends in order, tries again what did not arrive, gives up in the end", async () => {
    const { sender, posted, pauses } = sending((n, attempt) =>
      n === 2 ? 0 : n === 3 && attempt < 3 ? 503 : n === 4 ? 400 : 202,
    );
    for (const n of [1, 2, 3, 4, 5]) sender.send(box(n));
    await vi.waitFor(() => expect(posted.at(-1)).toBe(5), { timeout: 20_000 });
    expect(posted).toEqual([1, 2, 2, 2, 2, 3, 3, 3, 4, 5]);
    expect(pauses).toEqual([...PAUSES_MS, ...PAUSES_MS.slice(0, 2)]);
  });

  test("keeps the newest of many, and sends the rest at once when the page goes", async () => {
    const posted: number[] = [];
    const sender = createSender({
      post: ([n = 0]) => {
        posted.push(n);
        return new Promise(() => undefined);
      },
      wait: () => Promise.resolve(),
    });
    for (let n = 0; n < MOST_WAITING + 10; n++) sender.send(box(n));
    await vi.waitFor(() => expect(posted).toEqual([0]), { timeout: 20_000 });
    sender.flush();
    expect(posted).toHaveLength(MOST_WAITING);
    expect(posted.at(-1)).toBe(MOST_WAITING + 9);
    sender.flush();
    expect(posted).toHaveLength(MOST_WAITING);
  });
});

describe("the tracker", () => {
  const site = toHex(SITE);
  const workerKey = toHex(KEY);

  function tracking(
    options: {
      readonly attributes?: Readonly<Record<string, string>>;
      readonly around?: Partial<Surroundings>;
    } = {},
  ) {
    const settings = readSettings(
      { site, "worker-key": workerKey, ...options.attributes },
      "https://stats.example",
    );
    if (settings === undefined) throw new Error("the settings are whole");
    const posted: { readonly address: string; readonly box: Bytes }[] = [];
    let page: PageFacts = { host: "a.example", path: "/p", search: "?q=1", hash: "" };
    let ignore: string | null = null;
    const tracker = createTracker(settings, {
      page: () => page,
      referrer: () => "https://news.example/x",
      userAgent: () => "Test/1",
      wishes: () => ({ doNotTrack: null, globalPrivacyControl: undefined, ignore }),
      setIgnore: (wish) => {
        ignore = wish ? "true" : null;
      },
      post: (address, box) => {
        posted.push({ address, box });
        return Promise.resolve(202);
      },
      wait: () => Promise.resolve(),
      named: () => undefined,
      ...options.around,
    });
    const seen = async (count: number) => {
      await vi.waitFor(() => expect(posted).toHaveLength(count), { timeout: 20_000 });
      return posted.map(({ box }) => visitIn(box));
    };
    return {
      tracker,
      posted,
      seen,
      go: (path: string) => {
        page = { ...page, path };
      },
    };
  }

  test("sends views and events sealed, the referrer with the first alone, an account when it is told", async () => {
    const { tracker, posted, seen, go } = tracking();
    tracker.view();
    await seen(1);
    go("/q");
    tracker.event("Signup");
    await seen(2);
    tracker.account(toHex(SITE));
    tracker.view("/virtual");
    await seen(3);
    tracker.account(undefined);
    tracker.view();
    const common = { event: "", referrerHost: "", userAgent: "Test/1", account: undefined };
    expect(await seen(4)).toEqual([
      { ...common, path: "/p?q=1", referrerHost: "news.example" },
      { ...common, path: "/q?q=1", event: "Signup" },
      { ...common, path: "/virtual", account: SITE },
      { ...common, path: "/q?q=1" },
    ]);
    expect(posted[0]?.address).toBe(`https://stats.example/v1/visits/${site}`);
    for (const { box } of posted) expect(Buffer.from(box).includes("/p?q=1")).toBe(false);
  });

  test("sends nothing to who wants not to be counted, as soon as they say so", async () => {
    const { tracker, seen } = tracking();
    tracker.ignore(true);
    tracker.view();
    tracker.event("Signup");
    tracker.ignore(false);
    tracker.view("/after");
    expect(await seen(1)).toMatchObject([{ path: "/after" }]);
  });

  test("asks the site's function, which changes a visit or refuses it", async () => {
    const change = (draft: { path: string }) => {
      if (draft.path.startsWith("/private")) return undefined;
      if (draft.path.startsWith("/broken")) throw new Error("a fault of the page");
      return { ...draft, path: draft.path.replace(/\d+/, ":id"), referrerHost: 5 };
    };
    const { tracker, seen } = tracking({
      attributes: { "before-send": "change" },
      around: { named: (name) => (name === "change" ? change : undefined) },
    });
    for (const path of ["/private/1", "/broken", "/user/123"]) tracker.view(path);
    expect(await seen(1)).toMatchObject([{ path: "/user/:id", referrerHost: "" }]);
    const missing = tracking({ attributes: { "before-send": "nobody" } });
    missing.tracker.view();
    const after = tracking();
    after.tracker.view();
    await after.seen(1);
    expect(missing.posted).toEqual([]);
  });

  test("throws nothing into the page, whatever is broken around it", async () => {
    const fails = (): never => {
      throw new Error("broken");
    };
    for (const around of [
      { page: fails },
      { wishes: fails },
      { userAgent: fails },
      { setIgnore: fails },
      { named: fails },
      { post: fails },
      { post: () => Promise.reject(new Error("down")) },
    ] satisfies Partial<Surroundings>[]) {
      const { tracker } = tracking({ around, attributes: { "before-send": "change" } });
      tracker.view();
      tracker.event("x");
      tracker.ignore(true);
      tracker.flush();
    }
    const { tracker, seen } = tracking();
    // As a page without types calls it.
    for (const odd of [7, null, {}, []] as unknown as string[]) {
      tracker.event(odd);
      tracker.account(odd);
    }
    tracker.view();
    expect(await seen(1)).toMatchObject([{ event: "", account: undefined }]);
  });

  test("seals so many visits at once, and no more", async () => {
    const { tracker, seen, posted } = tracking();
    for (let i = 0; i < MOST_SEALING + 20; i++) tracker.view(`/${i}`);
    await seen(MOST_SEALING);
    expect(posted).toHaveLength(MOST_SEALING);
  });
});
