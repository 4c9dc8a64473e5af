import { testContract } from "@pha/contract/testing";
import { encode, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { agentClass } from "./agent-class.ts";
import { momentOf } from "./calendar.ts";
import { parseLogLine, visitOf } from "./client.ts";
import {
  Analytics,
  LISTED_VISITS,
  MAX_TOP,
  MIN_VISITORS,
  openVisit,
  padVisit,
  VISIT_DOMAIN,
  Visit,
} from "./index.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const VISIT: Visit = {
  event: "",
  path: "/pricing",
  referrerHost: "news.example.org",
  userAgent: FIREFOX,
  account: undefined,
};
const FIRST = { after: undefined, most: MAX_TOP };
/** 14 November 2023, 22:13:20 UTC. */
const AT = 1_700_000_000_000n;

function started() {
  const analytics = testContract(Analytics, { timestampMs: AT });
  const owner = analytics.as("owner");
  const collector = analytics.as("collector");
  owner.command.appoint({ collector: collector.account });
  const box = (visit: Partial<Visit>) =>
    analytics.seal(VISIT_DOMAIN, padVisit({ ...VISIT, ...visit }));
  /** One visit from each of so many addresses. */
  const visits = (count: number, visit: Partial<Visit> = {}, from = 0) =>
    collector.command.collect({
      views: Array.from({ length: count }, (_, i) => ({
        box: box(visit),
        address: `203.0.113.${from + i}`,
      })),
    });
  return { analytics, owner, collector, box, visits, site: () => owner.query.site({}) };
}

test("sealed visits are counted by day, hour, path, referrer, class of agent and event", () => {
  const { visits, site, owner, analytics } = started();
  expect(visits(6)).toEqual({ counted: 6, refused: 0 });
  visits(5, { event: "Signup" });
  expect(site()).toEqual({
    views: 6,
    events: 5,
    visitors: 6,
    refused: 0,
    live: 6,
    minVisitors: 5,
    perDay: [{ day: "2023-11-14", views: 6, visitors: 6 }],
    perHour: [{ name: "22", views: 6 }],
    hidden: 0,
  });
  const { query } = owner;
  const page = (name: string, views: number) => ({
    rows: [{ name, views }],
    hidden: 0,
    next: undefined,
  });
  expect(query.sitePaths(FIRST)).toEqual(page("/pricing", 6));
  expect(query.siteReferrers(FIRST)).toEqual(page("news.example.org", 6));
  expect(query.siteAgents(FIRST)).toEqual(page("Firefox on Linux", 6));
  expect(query.siteEvents(FIRST)).toEqual(page("Signup", 5));
  analytics.expectHidden("203.0.113.1");
  analytics.expectHidden("rv:140.0");
});

test("no row of fewer than five visitors comes back, from any query, however often it was viewed", () => {
  const { visits, site, owner, analytics } = started();
  const rare = { path: "/secret-plan", referrerHost: "rare.example", userAgent: "Rare/1 curl" };
  for (let i = 0; i < 10; i++) visits(MIN_VISITORS - 1, rare);
  visits(9);
  const { query } = owner;
  for (const name of ["sitePaths", "siteReferrers", "siteAgents", "siteEvents"] as const) {
    const { rows, hidden } = query[name](FIRST);
    expect(rows.map((row) => row.name)).not.toContain("/secret-plan");
    expect(rows.length + hidden).toBe(name === "siteEvents" ? 0 : 2);
  }
  expect(query.sitePaths(FIRST)).toMatchObject({
    rows: [{ name: "/pricing", views: 9 }],
    hidden: 1,
  });
  for (const text of ["/secret-plan", "rare.example", "Other on another system"])
    analytics.expectHiddenFrom("owner", text);
  // The fifth visitor shows it.
  visits(1, rare, 200);
  expect(query.sitePaths(FIRST).rows).toContainEqual({ name: "/secret-plan", views: 41 });
  expect(site().views).toBe(50);
});

test("days and hours of few visitors are counted in the totals alone", () => {
  const { visits, site } = started();
  visits(4);
  expect(site()).toMatchObject({ views: 4, visitors: 4, perDay: [], perHour: [], hidden: 2 });
});

test("a visitor is another one the next day", () => {
  const { visits, site, analytics } = started();
  visits(5);
  visits(5);
  expect(site()).toMatchObject({ views: 10, visitors: 5 });
  analytics.nextBlock(86_400);
  visits(5);
  expect(site()).toMatchObject({
    views: 15,
    visitors: 10,
    live: 5,
    perDay: [
      { day: "2023-11-14", views: 10, visitors: 5 },
      { day: "2023-11-15", views: 5, visitors: 5 },
    ],
  });
});

test("visitors of the last five minutes are counted once each, and no more than two hundred", () => {
  const { visits, site, analytics } = started();
  visits(3);
  analytics.nextBlock(200);
  visits(2, {}, 2);
  expect(site().live).toBe(4);
  analytics.nextBlock(200);
  expect(site().live).toBe(2);
  for (let i = 0; i < 8; i++) visits(30, {}, 30 * i);
  expect(site().live).toBe(200);
});

test("whatever is no sealed visit is counted as refused, and fails no other", () => {
  const { analytics, collector, box, site } = started();
  const sealed = (plain: Uint8Array) => analytics.seal(VISIT_DOMAIN, plain);
  const good = padVisit(VISIT);
  const dirty = good.slice();
  dirty[255] = 1;
  const long = new Uint8Array(256);
  long.set([255, 255]);
  const notUtf8 = good.slice();
  notUtf8[4] = 0xff;
  const bad = [
    new Uint8Array(0),
    utf8("not sealed"),
    analytics.seal("another domain", good),
    sealed(good.subarray(0, 255)),
    sealed(dirty),
    sealed(long),
    sealed(notUtf8),
    sealed(new Uint8Array(256)),
  ];
  const views = [...bad, box({})].map((one) => ({ box: one, address: "203.0.113.9" }));
  expect(collector.command.collect({ views })).toEqual({ counted: 1, refused: bad.length });
  expect(site()).toMatchObject({ views: 1, refused: bad.length });
});

test("only owner and collector bring visits, only the owner reads, appoints and counts a log", () => {
  const { analytics, owner, collector, box } = started();
  const views = [{ box: box({}), address: "203.0.113.9" }];
  const eve = analytics.as("eve");
  expect([owner, collector, eve].map(({ query }) => query.mayCollect({}))).toEqual([
    ...[true, true, false],
  ]);
  const { failureOf } = analytics;
  expect(failureOf(() => eve.command.collect({ views }))).toBe("analytics/not-the-collector");
  expect(owner.command.collect({ views })).toMatchObject({ counted: 1 });
  for (const { command, query } of [eve, collector]) {
    const refused = [
      () => command.appoint({ collector: eve.account }),
      () => command.countLog({ visits: [] }),
      () => query.site({}),
      ...([query.sitePaths, query.siteReferrers, query.siteAgents, query.siteEvents] as const).map(
        (top) => () => top(FIRST),
      ),
    ];
    for (const call of refused) expect(failureOf(call)).toBe("analytics/not-the-owner");
  }
  owner.command.appoint({ collector: undefined });
  expect(failureOf(() => collector.command.collect({ views }))).toBe("analytics/not-the-collector");
  expect(failureOf(() => owner.query.sitePaths({ after: undefined, most: MAX_TOP + 1 }))).toBe(
    "analytics/too-many-names",
  );
});

describe("a visitor", () => {
  test("sees own visits, deletes them, and the aggregates are as if they had never been", () => {
    const { analytics, visits, site, owner } = started();
    visits(7);
    const { query } = owner;
    const seen = () => [
      site(),
      query.sitePaths(FIRST),
      query.siteReferrers(FIRST),
      query.siteAgents(FIRST),
      query.siteEvents(FIRST),
    ];
    const before = seen();
    const visitor = analytics.as("visitor");
    const { account } = visitor;
    visits(1, { account, path: "/secret-plan" }, 100);
    visits(1, { account, event: "Signup", referrerHost: "" }, 100);
    const shown = { day: "2023-11-14", hour: 22, agent: "Firefox on Linux" };
    expect(visitor.query.myVisits({ from: 0 })).toEqual([
      { id: 0, ...shown, event: "", path: "/secret-plan", referrerHost: "news.example.org" },
      { id: 1, ...shown, event: "Signup", path: "/pricing", referrerHost: "" },
    ]);
    expect(visitor.query.myVisits({ from: 1 })).toHaveLength(1);
    expect(site()).toMatchObject({ views: 8, events: 1, visitors: 8 });
    expect(analytics.as("eve").query.myVisits({ from: 0 })).toEqual([]);
    expect(analytics.as("eve").command.forgetVisits({ from: 0, most: 9 })).toBe(0);

    expect(visitor.command.forgetVisits({ from: 0, most: 1 })).toBe(1);
    expect(visitor.query.myVisits({ from: 0 })).toHaveLength(1);
    expect(visitor.command.forgetVisits({ from: 0, most: 9 })).toBe(1);
    expect(visitor.query.myVisits({ from: 0 })).toEqual([]);
    expect(seen()).toEqual(before);
    expect(visitor.command.forgetVisits({ from: 0, most: 9 })).toBe(0);
    analytics.expectHidden("/secret-plan");
  });

  test("who deletes takes a row below the threshold again", () => {
    const { analytics, visits, owner } = started();
    visits(4);
    const visitor = analytics.as("visitor");
    visits(1, { account: visitor.account }, 100);
    expect(owner.query.sitePaths(FIRST).rows).toHaveLength(1);
    visitor.command.forgetVisits({ from: 0, most: 9 });
    expect(owner.query.sitePaths(FIRST)).toMatchObject({ rows: [], hidden: 1 });
  });

  test("has lists and deletions of bounded length", () => {
    const { analytics, collector, box } = started();
    const visitor = analytics.as("visitor");
    const views = Array.from({ length: 32 }, () => ({
      box: box({ account: visitor.account }),
      address: "203.0.113.9",
    }));
    for (let i = 0; i < 3; i++) collector.command.collect({ views });
    expect(visitor.query.myVisits({ from: 0 })).toHaveLength(LISTED_VISITS);
    expect(visitor.command.forgetVisits({ from: 0, most: 1_000 })).toBe(LISTED_VISITS);
    expect(visitor.query.myVisits({ from: 0 })).toHaveLength(96 - LISTED_VISITS);
  });
});

test("a log's visits are counted at the log's own time", () => {
  const { analytics, owner, site } = started();
  const visits = Array.from({ length: 6 }, (_, i) => ({
    address: `198.51.100.${i}`,
    day: "2015-05-17",
    hour: 10,
    visit: VISIT,
  }));
  expect(owner.command.countLog({ visits })).toBe(6);
  expect(site()).toMatchObject({
    live: 0,
    perDay: [{ day: "2015-05-17", views: 6, visitors: 6 }],
    perHour: [{ name: "10", views: 6 }],
  });
  const late = [{ address: "", day: "2015-05-17", hour: 24, visit: VISIT }];
  expect(analytics.failureOf(() => owner.command.countLog({ visits: late }))).toBe(
    "analytics/bad-hour",
  );
});

test("a log's lines are visits, but for errors and what has no day", () => {
  const line = (status: number, agent = "Agent/1") =>
    `203.0.113.9 - - [17/May/2015:10:05:03 +0000] "GET /a?x=1 HTTP/1.1" ${status} 12 "http://h.example/" "${agent}"`;
  const visitIn = (text: string) => {
    const entry = parseLogLine(text);
    return entry && visitOf(entry);
  };
  expect(visitIn(line(200, "é".repeat(300)))).toEqual({
    address: "203.0.113.9",
    day: "2015-05-17",
    hour: 10,
    visit: {
      event: "",
      path: "/a",
      referrerHost: "h.example",
      userAgent: "é".repeat(128),
      account: undefined,
    },
  });
  expect(visitIn(line(404))).toBeUndefined();
  expect(visitIn(line(200).replace("May", "Mai"))).toBeUndefined();
});

test("the key to which pages seal is anybody's to read", () => {
  const { analytics } = started();
  expect(analytics.as("anybody").query.visitKey({})).toHaveLength(32);
});

test("a padded visit opens as it was, whatever its length, in one of three sizes", () => {
  for (const path of ["/", `/${"x".repeat(300)}`, `/${"é".repeat(255)}`]) {
    const visit = { ...VISIT, path, userAgent: "a".repeat(256), account: new Uint8Array(32) };
    const padded = padVisit(visit);
    expect([256, 512, 1024]).toContain(padded.length);
    expect(openVisit(padded)).toEqual(visit);
  }
  expect(padVisit(VISIT)).toHaveLength(256);
  const longest = encode(Visit, {
    event: "e".repeat(64),
    path: "p".repeat(512),
    referrerHost: "r".repeat(128),
    userAgent: "a".repeat(256),
    account: new Uint8Array(32),
  });
  expect(longest.length + 2).toBeLessThanOrEqual(1024);
});

test("days and hours are those of the calendar", () => {
  for (const iso of [
    "1970-01-01T00:00:00Z",
    "2000-02-29T23:59:59Z",
    "2000-03-01T00:00:00Z",
    "2023-12-31T12:00:00Z",
    "2024-02-29T01:02:03Z",
    "2100-03-01T00:00:00Z",
    "2099-12-31T23:59:59Z",
  ]) {
    const { day, hour } = momentOf(BigInt(Date.parse(iso)));
    expect(`${day}T${String(hour).padStart(2, "0")}`).toBe(iso.slice(0, 13));
  }
});

test("agents fall into few classes", () => {
  const classes: readonly (readonly [string, string])[] = [
    [FIREFOX, "Firefox on Linux"],
    [
      "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
      "Chrome on Windows",
    ],
    ["Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
    ["Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/17.0 Safari/604.1", "Safari on iOS"],
    ["Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Safari/537.36", "Chrome on Android"],
    ["Googlebot/2.1", "Robot"],
    ["curl/8", "Other on another system"],
    ["", "Other on another system"],
  ];
  for (const [agent, name] of classes) expect(agentClass(agent)).toBe(name);
});
