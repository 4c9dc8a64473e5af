import { KEPT_LINES, type LogLine, LogPage } from "@pha/contract/log";
import { encode, PhaError } from "@pha/scale";
import { describe, expect, test } from "vitest";
import type { Client } from "../client.ts";
import type { Session } from "../contracts/session.ts";
import { CONTRACT } from "../testing/fake-chain.ts";
import { newLines, openLog } from "./read-log.ts";

const line = (number: bigint): LogLine => ({
  number,
  block: Number(number) * 2,
  timestampMs: 1_700_000_000_000n + number,
  text: `line ${number}`,
});
/** What a contract that has logged so many lines answers. */
function page(newest: bigint, after: bigint): LogPage {
  const first = newest < KEPT_LINES ? 1n : newest - BigInt(KEPT_LINES) + 1n;
  const from = after < first ? first : after + 1n;
  const count = from > newest ? 0 : Number(newest - from) + 1;
  const lines = Array.from({ length: count }, (_, i) => line(from + BigInt(i)));
  return { oldest: newest === 0n ? 0n : first, newest, lines };
}
const numbers = ({ lines }: { readonly lines: readonly LogLine[] }) =>
  lines.map(({ number }) => Number(number));

describe("new lines", () => {
  test("are those behind the last known one, and the next look begins behind them", () => {
    const first = newLines(page(3n, 0n), 0n);
    expect([numbers(first), first.lost, first.newest]).toEqual([[1, 2, 3], 0n, 3n]);
    const second = newLines(page(5n, 3n), 3n);
    expect([numbers(second), second.lost, second.newest]).toEqual([[4, 5], 0n, 5n]);
    const third = newLines(page(5n, 5n), 5n);
    expect([numbers(third), third.lost, third.newest]).toEqual([[], 0n, 5n]);
  });

  test("tell how many gave way to newer ones", () => {
    const look = newLines(page(200n, 10n), 10n);
    expect([look.lost, look.lines.length, look.newest]).toEqual([62n, 128, 200n]);
    expect(look.lines[0]?.number).toBe(73n);
    // The oldest that is kept is the next one: nothing is lost.
    expect(newLines(page(200n, 72n), 72n).lost).toBe(0n);
  });

  test("of a replica that is behind are none", () => {
    const look = newLines(page(4n, 9n), 9n);
    expect([numbers(look), look.lost, look.newest]).toEqual([[], 0n, 9n]);
  });

  test("come once and in order, whatever the contract answers", () => {
    const lines = [2n, 2n, 5n, 3n, 6n].map(line);
    const look = newLines({ oldest: 1n, newest: 9n, lines }, 1n);
    expect([numbers(look), look.newest]).toEqual([[2, 5, 6], 6n]);
  });
});

const session = {} as Session;

/** A log over a client whose one replica fails like this. */
function logThatFails(error: Error) {
  const client = {
    clusterOf: () => Promise.reject(error),
  } as unknown as Client;
  return openLog(client, { address: CONTRACT, session });
}

test.each([
  ["contract/not-the-owner", "contract/not-the-owner"],
  ["contract/no-such-entry", "contract/no-log"],
])("a refusal %s is told as %s", async (reason, code) => {
  const failed = new PhaError("contract/failed", "refused", { facts: { reason } });
  await expect(logThatFails(failed).look()).rejects.toMatchObject({
    code,
    hint: expect.stringMatching(/.+/),
  });
});

test("another failure stays what it is, and the next look asks again", async () => {
  const log = logThatFails(new PhaError("worker/none-reachable", "nobody"));
  await expect(log.look()).rejects.toMatchObject({ code: "worker/none-reachable" });
  await expect(log.look()).rejects.toMatchObject({ code: "worker/none-reachable" });
});

test("the fullest page fits into a reply", () => {
  const lines = Array.from({ length: KEPT_LINES }, (_, i) => ({
    ...line(BigInt(i)),
    text: "x".repeat(256),
  }));
  expect(encode(LogPage, { oldest: 1n, newest: 128n, lines }).length).toBeLessThan(40 << 10);
});
