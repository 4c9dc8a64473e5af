import { parseLogLine, visitOf } from "@pha/contract-analytics/client";
import { expect, test } from "vitest";
import { csvText } from "../../format/export.ts";
import {
  arrivedSince,
  CSV_COLUMNS,
  csvRows,
  perDay,
  perHour,
  sampleLog,
  snippetOf,
  whenOf,
} from "./model.ts";

const reading = {
  report: {
    views: 12,
    events: 1,
    visitors: 7,
    refused: 0,
    live: 2,
    minVisitors: 5,
    perDay: [{ day: "2026-06-01", views: 8, visitors: 6 }],
    perHour: [{ name: "7", views: 8 }],
    hidden: 1,
  },
  blockNumber: 9,
  stateBlock: 8,
};
const none = { rows: [], hidden: 0, isPartial: false };

test("the snippet names script, site and key", () => {
  expect(snippetOf("0x01", "0x02", "https://stats.example/")).toBe(
    '<script defer src="https://stats.example/w.js" data-site="0x01" data-worker-key="0x02"></script>',
  );
});

test("days are as the contract gives them, hours are all of a day", () => {
  expect(perDay(reading, ["Views", "Visitors"])).toEqual({
    labels: ["2026-06-01"],
    series: [
      { name: "Views", counts: [8] },
      { name: "Visitors", counts: [6] },
    ],
  });
  const hours = perHour(reading, "Views");
  expect(hours.labels).toHaveLength(24);
  expect(hours.series[0]?.counts.slice(6, 9)).toEqual([0, 8, 0]);
});

test("a file has every row that was given, and a hostile name stays text", () => {
  const rows = {
    sitePaths: { rows: [{ name: '=cmd("x")', views: 6 }], hidden: 3, isPartial: false },
    siteReferrers: none,
    siteAgents: { rows: [{ name: "Firefox on Linux", views: 12 }], hidden: 0, isPartial: false },
    siteEvents: none,
  };
  expect(csvText(CSV_COLUMNS, csvRows(reading, rows))).toBe(
    [
      "kind,name,views",
      "day,2026-06-01,8",
      "hour,7,8",
      `paths,"'=cmd(""x"")",6`,
      "agents,Firefox on Linux,12",
      "",
    ].join("\n"),
  );
});

test("a visit has arrived when there are more than at first", () => {
  expect(arrivedSince(undefined, 5)).toBe(false);
  expect(arrivedSince(5, undefined)).toBe(false);
  expect(arrivedSince(5, 5)).toBe(false);
  expect(arrivedSince(5, 6)).toBe(true);
});

test("a visit's moment is its day and hour", () => {
  const visit = {
    id: 1,
    day: "2026-06-01",
    hour: 7,
    event: "",
    path: "/",
    referrerHost: "",
    agent: "",
  };
  expect(whenOf(visit)).toBe("2026-06-01, 07 h UTC");
});

test("the sample log is visits, of enough visitors to be shown", () => {
  const visits = sampleLog()
    .split("\n")
    .map((line) => {
      const entry = parseLogLine(line);
      return entry && visitOf(entry);
    });
  expect(visits.every((visit) => visit !== undefined)).toBe(true);
  expect(new Set(visits.map((visit) => visit?.visit.path)).size).toBeGreaterThan(3);
});
