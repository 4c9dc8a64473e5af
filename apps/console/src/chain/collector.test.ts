import { afterEach, expect, test, vi } from "vitest";
import { collectorOf, readCollector, servedAnalytics, servedOf } from "./collector.ts";

const SITE = `0x${"07".repeat(32)}`;
const GOOD = {
  account: "45R2",
  site: SITE,
  standing: "idle",
  waiting: 1,
  brought: 2,
  refused: 0,
  dropped: 3,
  problem: null,
};

afterEach(() => vi.unstubAllGlobals());

test("a collector's word is read field by field", () => {
  expect(collectorOf(GOOD)).toEqual({ ...GOOD, problem: undefined });
  expect(
    collectorOf({ ...GOOD, waiting: -1, brought: "2", problem: "x".repeat(500) }),
  ).toMatchObject({
    waiting: 0,
    brought: 0,
    problem: "x".repeat(80),
  });
  for (const bad of [
    null,
    5,
    {},
    { ...GOOD, standing: "well" },
    { ...GOOD, site: "0x1" },
    { ...GOOD, account: 5 },
  ])
    expect(collectorOf(bad)).toBeUndefined();
});

test("who does not answer, or something else, is no collector", async () => {
  for (const answer of [
    () => Promise.reject(new TypeError("failed to fetch")),
    () => Promise.resolve(new Response("<!doctype html>")),
    () => Promise.resolve(Response.json({ standing: "well" })),
  ]) {
    vi.stubGlobal("fetch", vi.fn(answer));
    await expect(readCollector("http://127.0.0.1:7000")).rejects.toMatchObject({
      code: "collector/unreachable",
    });
  }
  const fetched = vi.fn(() => Promise.resolve(Response.json(GOOD)));
  vi.stubGlobal("fetch", fetched);
  expect(await readCollector("http://127.0.0.1:7000/")).toMatchObject({ brought: 2 });
  expect(fetched).toHaveBeenCalledWith("http://127.0.0.1:7000/v1/site", expect.anything());
});

test("a devnet says where its collector is; other servers do not", async () => {
  const analytics = {
    site: SITE,
    collector: "http://127.0.0.1:7000",
    page: "http://127.0.0.1:7080",
  };
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(Response.json({ analytics }))),
  );
  expect(await servedAnalytics()).toEqual(analytics);
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(new Response("<!doctype html>"))),
  );
  expect(await servedAnalytics()).toBeUndefined();
  expect(servedOf({ analytics: { ...analytics, page: "javascript:alert(1)" } })).toBeUndefined();
  expect(servedOf({ analytics: { ...analytics, site: "0x" } })).toBeUndefined();
});
