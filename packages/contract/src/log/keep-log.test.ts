import { u32 } from "@pha/scale";
import { expect, test } from "vitest";
import { defineContract, ensure, secretValue } from "../index.ts";
import { secret } from "../secret.ts";
import { testContract } from "../testing/index.ts";
import { KEPT_LINES, type LogPage } from "./index.ts";
import { MAX_LINE_BYTES } from "./log-line.ts";

const Talker = defineContract("talker", {
  docs: "Says what it does.",
  logs: "What the talker did, for who runs it.",
  state: { told: secretValue(u32, 0, "How often it was told to.") },
}).implement(({ command, query, init }) => ({
  init: init((ctx) => ctx.log("made")),
  say: command({ docs: "Logs lines.", args: { lines: u32 }, returns: u32 }, (ctx, { lines }) => {
    for (let i = 1; i <= lines; i++) ctx.log(`line ${i}`);
    return ctx.state.told.update((told) => told + 1);
  }),
  fail: command({ docs: "Logs, and fails.", args: {} }, ({ log, state, random }) => {
    log("about to fail");
    state.told.put(99);
    random();
    ensure(false, "talker/failed");
  }),
  quiet: command({ docs: "Logs nothing.", args: {} }, ({ state }) => state.told.put(7)),
  told: query({ docs: "How often.", args: {}, returns: u32 }, ({ state }) => state.told.get()),
}));

function talking() {
  const talker = testContract(Talker);
  const logs = (after = 0n): LogPage => talker.as("owner").query.logs({ after });
  return { ...talker, logs, texts: (after = 0n) => logs(after).lines.map(({ text }) => text) };
}

test("a line has a number from one, the block and the time of its command", () => {
  const talker = talking();
  talker.nextBlock(4);
  expect(talker.as("alice").command.say({ lines: 2 })).toBe(1);
  const [made, first, second] = talker.logs().lines;
  expect(made).toMatchObject({ number: 1n, block: 1, text: "made" });
  expect(first).toEqual({
    number: 2n,
    block: 5,
    timestampMs: talker.block.timestampMs,
    text: "line 1",
  });
  expect(second).toMatchObject({ number: 3n, block: 5, text: "line 2" });
  expect(talker.logs()).toMatchObject({ oldest: 1n, newest: 3n });
});

test("what lies behind a number comes, and nothing behind the newest", () => {
  const talker = talking();
  talker.as("alice").command.say({ lines: 3 });
  expect(talker.texts(2n)).toEqual(["line 2", "line 3"]);
  expect(talker.logs(4n)).toEqual({ oldest: 1n, newest: 4n, lines: [] });
  expect(talker.texts((1n << 64n) - 1n)).toEqual([]);
});

test("an empty log has no numbers", () => {
  const Silent = defineContract("silent", { docs: "Never logs.", logs: "Nothing.", state: {} });
  const silent = testContract(Silent.implement(() => ({})));
  expect(silent.as("owner").query.logs({ after: 0n })).toEqual({
    oldest: 0n,
    newest: 0n,
    lines: [],
  });
});

test("the newest lines stay, and who looks late sees how many are lost", () => {
  const talker = talking();
  for (let i = 0; i < 10; i++) talker.as("alice").command.say({ lines: 16 });
  const { oldest, newest, lines } = talker.logs(3n);
  expect({ oldest, newest, count: lines.length }).toEqual({
    oldest: 34n,
    newest: 161n,
    count: KEPT_LINES,
  });
  expect(lines.map(({ number }) => number)).toEqual(lines.map((_, i) => oldest + BigInt(i)));
  expect(lines.at(-1)?.text).toBe("line 16");
  // Two cells, and no entry more than the ring has.
  expect(talker.stored().entries).toBe(KEPT_LINES + 2);
});

test("of a command's lines sixteen are kept, and the number of the others", () => {
  const talker = talking();
  talker.as("alice").command.say({ lines: 21 });
  expect(talker.texts(1n)).toEqual([
    ...Array.from({ length: 16 }, (_, i) => `line ${i + 1}`),
    "… and 5 more lines of this command",
  ]);
  talker.as("alice").command.say({ lines: 1 });
  expect(talker.texts(18n)).toEqual(["line 1"]);
});

test("a command that fails leaves no line, one that logs nothing writes nothing", () => {
  const talker = talking();
  expect(talker.failureOf(() => talker.as("alice").command.fail({}))).toBe("talker/failed");
  expect(talker.texts()).toEqual(["made"]);
  talker.as("alice").command.quiet({});
  expect(talker.stored().entries).toBe(3);
  talker.expectHidden("about to fail");
});

test("the owner alone reads it", () => {
  const talker = talking();
  expect(talker.failureOf(() => talker.as("alice").query.logs({ after: 0n }))).toBe(
    "contract/not-the-owner",
  );
});

const Echo = defineContract("echo", {
  docs: "Logs what the test says.",
  logs: "Texts of all kinds.",
  state: {},
});

test.each<readonly [what: string, given: string, kept: string]>([
  ["as it is when it fits", "x".repeat(256), "x".repeat(256)],
  ["cut when it is a byte too long", "x".repeat(257), `${"x".repeat(253)}…`],
  ["cut between characters of two bytes", "é".repeat(129), `${"é".repeat(126)}…`],
  ["cut between characters of three bytes", "語".repeat(86), `${"語".repeat(84)}…`],
  ["cut between characters of four bytes", `a${"😀".repeat(64)}`, `a${"😀".repeat(63)}…`],
  ["cut when it is a book", "😀".repeat(1 << 16), `${"😀".repeat(63)}…`],
  ["with a mark for half of a character", "\ud83d!", "\ufffd!"],
  ["empty", "", ""],
  ["with whatever controls a terminal", "\u001b[2J\u0000\n", "\u001b[2J\u0000\n"],
])("a text is kept %s", (_, given, kept) => {
  const contract = Echo.implement(({ command }) => ({
    say: command({ docs: "Logs.", args: {} }, (ctx) => ctx.log(given)),
  }));
  const echo = testContract(contract);
  echo.as("alice").command.say({});
  const [line] = echo.as("owner").query.logs({ after: 0n }).lines;
  expect(line?.text).toBe(kept);
  expect(new TextEncoder().encode(line?.text).length).toBeLessThanOrEqual(MAX_LINE_BYTES);
});

test("names that are the log's cannot be declared beside it", () => {
  const own = (name: string) =>
    defineContract("own", { docs: "", logs: "Why.", state: { [name]: secretValue(u32, 0, "") } });
  expect(() => own("logs")).toThrow("build/own-logs");
  expect(() => own("logged")).toThrow("build/own-logs");
  const build = () =>
    Echo.implement(({ query }) => ({
      logs: query({ docs: "", args: {}, returns: u32 }, () => 1),
    }));
  expect(build).toThrow("build/own-logs");
});

test("secrets, queries and contracts without a log have none", () => {
  Echo.implement(({ command, query }) => ({
    secret: command({ docs: "", args: {} }, (ctx) => {
      // @ts-expect-error a secret is no text
      ctx.log(secret("hidden"));
    }),
    // @ts-expect-error a query writes nothing
    ask: query({ docs: "", args: {}, returns: u32 }, (ctx) => ctx.log("")),
  }));
  defineContract("mute", { docs: "", state: {} }).implement(({ command }) => ({
    // @ts-expect-error the declaration says no logs
    say: command({ docs: "", args: {} }, (ctx) => ctx.log("")),
  }));
});
