import { testContract } from "@pha/contract/testing";
import { expect, test } from "vitest";
import { Analytics, type PageView } from "./index.ts";

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

function started() {
  const analytics = testContract(Analytics);
  const owner = analytics.as("owner");
  return {
    analytics,
    ingest: (...views: readonly Partial<PageView>[]) =>
      owner.command.ingest({ views: views.map((view) => ({ ...VIEW, ...view })) }),
    report: () => owner.query.report({}),
  };
}

test("views are counted by day, hour, path, referrer, status, agent and visitor", () => {
  const { ingest, report } = started();
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
    topPaths: [
      ["/pricing", 3],
      ["/", 1],
    ],
    topReferrerHosts: [["news.example.org", 3]],
  });
});

test("top lists hold fifteen paths and ten hosts, ties by name", () => {
  const { ingest, report } = started();
  for (const letter of "tsrqponmlkjihgfedcba")
    ingest({ path: `/${letter}`, referrerHost: `${letter}.example` });
  ingest({ path: "/z" }, { path: "/z" });
  const { topPaths, topReferrerHosts } = report();
  expect(topPaths).toHaveLength(15);
  expect(topPaths.slice(0, 3)).toEqual([
    ["/z", 2],
    ["/a", 1],
    ["/b", 1],
  ]);
  expect(topReferrerHosts).toHaveLength(10);
  expect(topReferrerHosts.slice(0, 2)).toEqual([
    ["news.example.org", 2],
    ["a.example", 1],
  ]);
});

test("aggregates are the owner's alone, and so is counting", () => {
  const { analytics } = started();
  const { command, query } = analytics.as("eve");
  expect(analytics.failureOf(() => query.report({}))).toBe("analytics/not-the-owner");
  expect(analytics.failureOf(() => command.ingest({ views: [VIEW] }))).toBe(
    "analytics/not-the-owner",
  );
});

test("neither address nor agent is stored", () => {
  const { analytics, ingest } = started();
  ingest({}, { visitor: analytics.as("visitor").account });
  analytics.expectHidden("203.0.113.77");
  analytics.expectHidden("Mozilla/5.0");
  // The search finds what is stored.
  expect(() => analytics.expectHidden("/pricing")).toThrow("was found");
});

test("a visitor sees and deletes own views, and aggregates forget them", () => {
  const { analytics, ingest, report } = started();
  ingest({});
  const before = report();
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
  expect(report().visitors).toBe(before.visitors + 2);
  expect(visitor.query.mine({ from: 1 })).toHaveLength(1);
  expect(analytics.as("eve").query.mine({ from: 0 })).toEqual([]);
  const eve = analytics.as("eve").command;
  expect(analytics.failureOf(() => eve.forget({ id: 0 }))).toBe("analytics/no-such-view");

  visitor.command.forget({ id: 0 });
  visitor.command.forget({ id: 1 });
  expect(report()).toEqual(before);
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
  const { ingest, report } = started();
  const long = `/${"x".repeat(3_000)}`;
  ingest(
    { path: "/café" },
    { path: "/日本" },
    { path: "/café" },
    { path: long },
    { path: `${long}y` },
  );
  expect(report().topPaths).toEqual([
    ["/café", 2],
    [long, 1],
    [`${long}y`, 1],
    ["/日本", 1],
  ]);
});
