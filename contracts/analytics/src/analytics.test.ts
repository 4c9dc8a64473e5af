import { testContract } from "@pha/contract/testing";
import { expect, test } from "vitest";
import { Analytics, MAX_TOP, mostFrequent, PAGE_NAMES, type PageView } from "./index.ts";

const VIEW: PageView = {
  ip: "203.0.113.77",
  day: "17/May/2015",
  hour: 10,
  path: "/pricing",
  status: 200,
  bytes: 1_000n,
  referrerHost: "news.example.org",
  userAgent: "Mozilla/5.0 (X11; Linux) Test/1.0",
  visitor: undefined,
};

const FIRST = { after: undefined, most: MAX_TOP };

function started() {
  const analytics = testContract(Analytics);
  const owner = analytics.as("owner");
  return {
    analytics,
    ingest: (...views: readonly Partial<PageView>[]) =>
      owner.command.ingest({ views: views.map((view) => ({ ...VIEW, ...view })) }),
    report: () => owner.query.report({}),
    paths: () => owner.query.topPaths(FIRST).names,
    referrers: () => owner.query.topReferrers(FIRST).names,
    owner,
  };
}

test("views are counted by day, hour, path, referrer, status, agent and visitor", () => {
  const { ingest, report, paths, referrers, owner } = started();
  expect(ingest({}, { hour: 23 }, { ip: "203.0.113.78", status: 404 })).toBe(3);
  ingest({ day: "18/May/2015", path: "/", referrerHost: "", userAgent: "curl/8" });
  expect(report()).toEqual({
    views: 4,
    uniqueIps: 2,
    uniqueUserAgents: 2,
    visitors: 3,
    bytes: 4_000n,
    status: [
      ["200", 3],
      ["404", 1],
    ],
    perDay: [
      ["17/May/2015", 3],
      ["18/May/2015", 1],
    ],
    perHour: [
      ["10", 3],
      ["23", 1],
    ],
  });
  expect(paths()).toEqual([
    ["/pricing", 3],
    ["/", 1],
  ]);
  expect(referrers()).toEqual([["news.example.org", 3]]);
  expect(owner.query.topAgents(FIRST)).toEqual({
    names: [
      ["Mozilla/5.0 (X11; Linux) Test/1.0", 3],
      ["curl/8", 1],
    ],
    next: undefined,
  });
});

test("top lists hold as many names as asked for, ties by name", () => {
  const { analytics, ingest, paths, referrers, owner } = started();
  for (const letter of "tsrqponmlkjihgfedcba")
    ingest({ path: `/${letter}`, referrerHost: `${letter}.example` });
  ingest({ path: "/z" }, { path: "/z" });
  expect(paths()).toHaveLength(MAX_TOP);
  expect(paths().slice(0, 3)).toEqual([
    ["/z", 2],
    ["/a", 1],
    ["/b", 1],
  ]);
  expect(referrers().slice(0, 2)).toEqual([
    ["news.example.org", 2],
    ["a.example", 1],
  ]);
  expect(owner.query.topPaths({ after: undefined, most: 1 }).names).toEqual([["/z", 2]]);
  expect(
    analytics.failureOf(() => owner.query.topPaths({ after: undefined, most: MAX_TOP + 1 })),
  ).toBe("analytics/too-many-names");
});

test("names of many pages: the most frequent of the pages are the most frequent of all", () => {
  const { ingest, owner } = started();
  const count = PAGE_NAMES + 100;
  const views = (i: number): number => 1 + (i % 7 === 0 ? 2 : 0);
  const all: [string, number][] = [];
  for (let i = 0; i < count; i++) {
    const path = `/${i}`;
    all.push([path, views(i)]);
    ingest(...Array.from({ length: views(i) }, () => ({ path })));
  }
  const first = owner.query.topPaths(FIRST);
  expect(first.next).toBeDefined();
  const second = owner.query.topPaths({ after: first.next, most: MAX_TOP });
  expect(second.next).toBeUndefined();
  expect(mostFrequent([...first.names, ...second.names], MAX_TOP)).toEqual(
    mostFrequent(all, MAX_TOP),
  );
});

test("aggregates are the owner's alone, and so is counting", () => {
  const { analytics } = started();
  const { command, query } = analytics.as("eve");
  expect(analytics.failureOf(() => query.report({}))).toBe("analytics/not-the-owner");
  for (const top of [query.topPaths, query.topReferrers, query.topAgents])
    expect(analytics.failureOf(() => top(FIRST))).toBe("analytics/not-the-owner");
  expect(analytics.failureOf(() => command.ingest({ views: [VIEW] }))).toBe(
    "analytics/not-the-owner",
  );
});

test("no address is stored", () => {
  const { analytics, ingest } = started();
  ingest({}, { visitor: analytics.as("visitor").account });
  analytics.expectHidden("203.0.113.77");
  // The search finds what is stored.
  expect(() => analytics.expectHidden("/pricing")).toThrow("was found");
});

test("a visitor sees and deletes own views, and aggregates forget them", () => {
  const { analytics, ingest, report, paths, owner } = started();
  const seen = () => [report(), paths(), owner.query.topAgents(FIRST)];
  ingest({});
  const before = seen();
  const visitor = analytics.as("visitor");
  const mine = {
    visitor: visitor.account,
    ip: "198.51.100.9",
    path: "/secret-plan",
    userAgent: "Other/2",
  };
  ingest(
    { ...mine, hour: 3 },
    { ...mine, day: "18/May/2015", referrerHost: "other.example", status: 500 },
  );
  expect(visitor.query.mine({ from: 0 })).toEqual([
    { id: 0, day: "17/May/2015", hour: 3, path: "/secret-plan", status: 200 },
    { id: 1, day: "18/May/2015", hour: 10, path: "/secret-plan", status: 500 },
  ]);
  expect(report().visitors).toBe(1 + 2);
  expect(paths()).toContainEqual(["/secret-plan", 2]);
  expect(visitor.query.mine({ from: 1 })).toHaveLength(1);
  expect(analytics.as("eve").query.mine({ from: 0 })).toEqual([]);
  const eve = analytics.as("eve").command;
  expect(analytics.failureOf(() => eve.forget({ id: 0 }))).toBe("analytics/no-such-view");

  visitor.command.forget({ id: 0 });
  visitor.command.forget({ id: 1 });
  expect(seen()).toEqual(before);
  expect(visitor.query.mine({ from: 0 })).toEqual([]);
  expect(analytics.failureOf(() => visitor.command.forget({ id: 0 }))).toBe(
    "analytics/no-such-view",
  );
  analytics.expectHidden("/secret-plan");
});

test("a command of more than 32 views or of an impossible hour is refused whole", () => {
  const { analytics, ingest, report } = started();
  expect(() => ingest(...Array.from({ length: 33 }, () => ({})))).toThrow("at most 32");
  expect(analytics.failureOf(() => ingest({}, { hour: 24 }))).toBe("analytics/bad-hour");
  expect(report().views).toBe(0);
});

test("paths in other scripts and of thousands of bytes are counted apart", () => {
  const { ingest, paths } = started();
  const long = `/${"x".repeat(3_000)}`;
  ingest(
    { path: "/café" },
    { path: "/日本" },
    { path: "/café" },
    { path: long },
    { path: `${long}y` },
  );
  expect(paths()).toEqual([
    ["/café", 2],
    [long, 1],
    [`${long}y`, 1],
    ["/日本", 1],
  ]);
});
