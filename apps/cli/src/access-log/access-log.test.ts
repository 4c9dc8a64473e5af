import { existsSync, readFileSync } from "node:fs";
import { parseLogLine } from "@pha/contract-analytics/client";
import { expect, test } from "vitest";
import { aggregatesOf } from "./aggregates.ts";
import { syntheticLog } from "./synthetic.ts";

const FILE = new URL("../../../../../shared/vectors/apps/access.log", import.meta.url);

test("reads odd but real lines and refuses what is none", () => {
  const quoted = String.raw`::1 - bob [01/Feb/2026:23:59:59 +0100] "GET /a?b=\"c\" HTTP/1.1" 404 - "-" "say \"hi\""`;
  expect(parseLogLine(quoted)).toEqual({
    ip: "::1",
    day: "01/Feb/2026",
    hour: 23,
    path: "/a",
    status: 404,
    bytes: 0,
    refererHost: "",
    userAgent: String.raw`say \"hi\"`,
  });
  expect(
    parseLogLine('1.2.3.4 - - [01/Feb/2026:00:00:00 +0000] "\\x16\\x03\\x01" 400 226'),
  ).toMatchObject({
    path: "\\x16\\x03\\x01",
    userAgent: "-",
  });
  expect(parseLogLine("")).toBeUndefined();
  expect(parseLogLine("not a log line")).toBeUndefined();
  expect(
    parseLogLine(`1.2.3.4 - - [01/Feb/2026:00:00:00 +0000] "${"a".repeat(70_000)}`),
  ).toBeUndefined();
});

test("cuts texts to the contract's bounds between characters; figures beyond them are no line", () => {
  const line = (ip: string, path: string, size: string): string =>
    `${ip} - - [01/Feb/2026:00:00:00 +0000] "GET ${path} HTTP/1.1" 200 ${size} "http://${"h".repeat(600)}/" "${"é".repeat(3000)}"`;
  const long = parseLogLine(line("i".repeat(300), `/${"😀".repeat(2000)}`, "1"));
  expect(long?.ip).toBe("i".repeat(256));
  expect(long?.path).toBe(`/${"😀".repeat(1023)}`);
  expect(long?.refererHost).toBe("h".repeat(512));
  expect(long?.userAgent).toBe("é".repeat(2048));
  expect(parseLogLine(line("::1", "/", "9007199254740991"))?.bytes).toBe(2 ** 53 - 1);
  expect(parseLogLine(line("::1", "/", "9007199254740992"))).toBeUndefined();
  const late = '::1 - - [01/Feb/2026:24:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"';
  expect(parseLogLine(late)).toBeUndefined();
});

test("counts visitors by address, agent and day, and breaks ties by name", () => {
  const lines = syntheticLog(300, "test");
  const entries = lines.flatMap((line) => parseLogLine(line) ?? []);
  expect(entries.length).toBe(300);
  const aggregates = aggregatesOf(entries, 301);
  expect(aggregates.unparsed).toBe(1);
  expect(Object.values(aggregates.status).reduce((a, b) => a + b, 0)).toBe(300);
  expect(syntheticLog(300, "test")).toEqual(lines);
});

test.skipIf(!existsSync(FILE))("agrees with an independent count of 6,500 real lines", () => {
  const expected = JSON.parse(readFileSync(new URL("./access-log-expected.json", FILE), "utf8"));
  const lines = readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const entries = lines.flatMap((line) => parseLogLine(line) ?? []);
  const { note: _note, ...wanted } = expected;
  expect(aggregatesOf(entries, lines.length)).toEqual(wanted);
});
