import { expect, test } from "vitest";
import {
  generalizedTimeText,
  parseGeneralizedTime,
  parseIsoTime,
  parseUtcTime,
  parseZonelessTime,
} from "./time.ts";

test("agrees with the language's calendar over ten thousand days, and at its ends", () => {
  for (let day = -800_000; day < 2_900_000; day += 371) {
    const at = BigInt(day) * 86_400_000n + 45_296_000n;
    const text = new Date(Number(at)).toISOString();
    if (text.startsWith("-") || text.startsWith("+")) continue;
    const digits = text.slice(0, 19).replace(/[-:T]/g, "");
    // Years before 1 have no calendar here.
    if (text.startsWith("0000")) continue;
    expect(parseGeneralizedTime(`${digits}Z`), text).toBe(at);
    expect(parseIsoTime(`${text.slice(0, 19)}Z`), text).toBe(at);
    if (day >= 0) expect(generalizedTimeText(at), text).toBe(`${digits}Z`);
  }
});

test("two digits of a year mean 1950 to 2049", () => {
  expect(parseUtcTime("500101000000Z")).toBe(BigInt(Date.UTC(1950, 0, 1)));
  expect(parseUtcTime("491231235959Z")).toBe(BigInt(Date.UTC(2049, 11, 31, 23, 59, 59)));
});

test("fractions of a second without a zone", () => {
  expect(parseZonelessTime("2021-09-12T18:06:20.402478")).toBe(
    BigInt(Date.UTC(2021, 8, 12, 18, 6, 20, 402)),
  );
  expect(parseZonelessTime("2021-09-12T18:06:20")).toBe(BigInt(Date.UTC(2021, 8, 12, 18, 6, 20)));
  expect(parseZonelessTime("2021-09-12T18:06:20.4")).toBe(
    BigInt(Date.UTC(2021, 8, 12, 18, 6, 20, 400)),
  );
  expect(parseZonelessTime("2021-09-12T18:06:20Z")).toBeUndefined();
});

test.each([
  "20230229000000Z",
  "19000229000000Z",
  "20231301000000Z",
  "20230001000000Z",
  "20230100000000Z",
  "20230431000000Z",
  "20230101240000Z",
  "20230101006000Z",
  "20230101000060Z",
  "00000101000000Z",
  "20230101000000",
  "20230101000000+0000",
  "20230101000000.5Z",
  "202301010000Z",
])("%s is no time", (text) => {
  expect(parseGeneralizedTime(text)).toBeUndefined();
});
