import type { LogLine } from "@pha/contract/log";
import { PhaError } from "@pha/scale";
import type { LogLook, LogReader } from "@pha/sdk/logs";
import { expect, test } from "vitest";
import { createOutput } from "../program/output.ts";
import { keepPrinted } from "../testing/printed.ts";
import { lineText, printLog } from "./logs.ts";

const printed = keepPrinted();
const AT = BigInt(Date.parse("2026-11-30T12:04:11Z"));
const line = (number: bigint, text: string): LogLine => ({
  number,
  block: 345,
  timestampMs: AT,
  text,
});

function look(lines: readonly LogLine[], lost = 0n): LogLook {
  return { lines, lost, newest: lines.at(-1)?.number ?? 0n, stateBlock: 346 };
}

/** Prints these looks one after the other. */
async function shown(
  looks: readonly LogLook[],
  { json = false, tail = 128, filter = "" } = {},
): Promise<void> {
  let at = 0;
  const log = { look: async () => looks[at++] } as LogReader;
  const output = createOutput({ json, quiet: false });
  await printLog(log, { tail, filter }, output, async () => at < looks.length);
}

test("a line says number, block, time and text", () => {
  expect(lineText(line(12n, "refused: too late"))).toBe(
    "#12  block 345  12:04:11  refused: too late",
  );
  expect(lineText({ ...line(1n, ""), timestampMs: (1n << 64n) - 1n })).toMatch(/^#1 {2}block 345/);
});

test("what would control a terminal, turn the text or begin a line is shown by its number", () => {
  const text = "\u001b[2J red\n#13  block 9\u202e\u0007\u2028😀 ä";
  expect(lineText(line(12n, text))).toBe(
    "#12  block 345  12:04:11  \\u{1b}[2J red\\u{a}#13  block 9\\u{202e}\\u{7}\\u{2028}😀 ä",
  );
});

test("the newest of the lines that have the text are printed", async () => {
  const lines = ["Refused a", "took b", "refused c", "refused d"].map((text, i) =>
    line(BigInt(i + 1), text),
  );
  await shown([look(lines, 7n)], { tail: 2, filter: "REFUSED" });
  expect(printed.stdout).toBe(
    "#3  block 345  12:04:11  refused c\n#4  block 345  12:04:11  refused d\n",
  );
});

test("following goes on with what comes, and tells what was lost", async () => {
  await shown([
    look([line(34n, "a")], 33n),
    look([]),
    look([line(35n, "b")]),
    look([line(40n, "c")], 4n),
  ]);
  expect(printed.stdout.split("\n")).toEqual([
    "… 33 older lines are no longer kept",
    "#34  block 345  12:04:11  a",
    "#35  block 345  12:04:11  b",
    "… 4 lines came and went between two looks",
    "#40  block 345  12:04:11  c",
    "",
  ]);
});

test("a log without lines, or without such lines, says so beside the result", async () => {
  await shown([look([])]);
  expect([printed.stdout, printed.stderr]).toEqual(["", "The log is empty.\n"]);
  await shown([look([line(1n, "a")])], { filter: "b" });
  expect(printed.stderr).toContain('None of 1 lines has "b".');
});

test("a program gets the text as it is, and whole times", async () => {
  await shown([look([line(12n, "\u001b[2J")], 11n)], { json: true });
  expect(JSON.parse(printed.stdout)).toEqual({
    lines: [{ number: 12, block: 345, time: "2026-11-30T12:04:11.000Z", text: "\u001b[2J" }],
    lost: 11,
    newest: 12,
    stateBlock: 346,
  });
});

test("a look that fails ends it with its code", async () => {
  const refused = new PhaError("contract/not-the-owner", "no");
  const log: LogReader = { look: () => Promise.reject(refused) };
  const output = createOutput({ json: false, quiet: false });
  const running = printLog(log, { tail: 1, filter: "" }, output, async () => true);
  await expect(running).rejects.toBe(refused);
});
