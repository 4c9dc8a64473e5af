/** A contract's log, for its owner: what is kept of it, and what comes while it is looked at. **Bounds**: `MOST_ROWS`. */
import type { LogLine } from "@pha/contract/log";
import type { Client } from "@pha/sdk";
import { type LogLook, openLog } from "@pha/sdk/logs";
import type { Account } from "../accounts.ts";
import { ensureSession } from "./sessions.ts";

export interface LogRow {
  readonly number: bigint;
  readonly block: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly text: string;
  /** Lines between the row before and this one that gave way to newer ones before they were read. */
  readonly lostBefore: bigint;
}

export interface LogReading {
  /** Oldest first. */
  readonly rows: readonly LogRow[];
  readonly stateBlock: number;
}

export interface LogTail {
  /** All rows so far. */
  look(): Promise<LogReading>;
}

export interface LogTailInput {
  readonly address: Uint8Array;
  readonly account: Account;
  /** Words in the certificate. */
  readonly purpose: string;
}

const MOST_ROWS = 1_000;

export function createLogTail(
  client: Client,
  { address, account, purpose }: LogTailInput,
): LogTail {
  const log = openLog(client, {
    address,
    session: () => ensureSession(client, { account, contract: address, purpose }),
  });
  let rows: readonly LogRow[] = [];
  return {
    async look() {
      const look = await log.look();
      rows = withLook(rows, look);
      return { rows, stateBlock: look.stateBlock };
    },
  };
}

/** The rows with those of a look behind them; of too many the oldest go. */
export function withLook(
  rows: readonly LogRow[],
  { lines, lost }: Pick<LogLook, "lines" | "lost">,
): readonly LogRow[] {
  if (lines.length === 0) return rows;
  const next = lines.map((line, i) => rowOf(line, i === 0 ? lost : 0n));
  return [...rows, ...next].slice(-MOST_ROWS);
}

function rowOf({ number, block, timestampMs, text }: LogLine, lostBefore: bigint): LogRow {
  return { number, block, at: Number(timestampMs), text, lostBefore };
}
