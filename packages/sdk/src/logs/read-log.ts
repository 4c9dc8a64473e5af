/**
 * Reads a contract's log, again and again: every line once, in order, and how many were lost between two looks.
 *
 * What comes is verified like any answer. **Trust**: the lines are the contract's; they are checked for order and bounds, and
 * what they say is its author's and its callers' text.
 */
import { LogArgs, type LogLine, LogPage } from "@pha/contract/log";
import { isPhaError, PhaError, toHex } from "@pha/scale";
import type { Client } from "../client.ts";
import { type EntryCodecs, getContract } from "../contracts/contract.ts";
import type { Session } from "../contracts/session.ts";

/** Whose log is read, and by whom. */
export interface LogOptions {
  readonly address: Uint8Array;
  /** Of the contract's owner; a function gives one that lasts, before each look. */
  readonly session: Session | (() => Promise<Session>);
  /** Number of the last line that is known. Default 0: everything that is kept. */
  readonly after?: bigint;
}

/** What a look brought. */
export interface LogLook {
  /** Oldest first, each once. */
  readonly lines: readonly LogLine[];
  /** Lines behind the last known one that gave way to newer ones before this look. */
  readonly lost: bigint;
  /** Number of the newest line that is known now. */
  readonly newest: bigint;
  /** Block whose state the answer is from. */
  readonly stateBlock: number;
}

/** A place in a log. */
export interface LogReader {
  /**
   * What came since the last look. Looks wait for each other; one that fails changes nothing.
   *
   * @throws PhaError `contract/not-the-owner`, `contract/no-log`, or as queries do
   */
  look(): Promise<LogLook>;
}

// Codecs are invariant in their value; here the one entry is used by its name.
const ENTRIES = {
  logs: { kind: "query", args: LogArgs, returns: LogPage },
} as unknown as EntryCodecs;

/** Opens a contract's log behind a line; asks nothing yet. */
export function openLog(client: Client, { address, session, after = 0n }: LogOptions): LogReader {
  const contract = getContract(client, { address, entries: ENTRIES });
  let last = after;
  let running: Promise<unknown> = Promise.resolve();

  async function lookNow(): Promise<LogLook> {
    const options = { session: typeof session === "function" ? await session() : session };
    const { value, stateBlock } = await contract
      .query("logs", { after: last }, options)
      .catch((error: unknown) => {
        throw logErrorOf(error, address);
      });
    // Decoded by the codec above.
    const look = newLines(value as LogPage, last);
    last = look.newest;
    return { ...look, stateBlock: stateBlock.number };
  }

  return {
    look() {
      const next = running.then(lookNow, lookNow);
      running = next;
      return next;
    },
  };
}

/**
 * The lines of a page behind a known one, and how many of them are missing.
 *
 * A replica whose state is older than a former answer has none: it knows less than is known.
 */
export function newLines(
  { oldest, lines: given }: LogPage,
  after: bigint,
): Omit<LogLook, "stateBlock"> {
  const lines: LogLine[] = [];
  let newest = after;
  for (const line of given) {
    if (line.number <= newest) continue;
    lines.push(line);
    newest = line.number;
  }
  const lost = lines.length > 0 && oldest > after + 1n ? oldest - after - 1n : 0n;
  return { lines, lost, newest };
}

function logErrorOf(error: unknown, contract: Uint8Array): unknown {
  const reason = isPhaError(error) ? error.facts["reason"] : undefined;
  const facts = { contract: toHex(contract) };
  if (reason === "contract/not-the-owner")
    return new PhaError("contract/not-the-owner", "the log is the owner's to read", {
      facts,
      hint: "Ask as the account that owns the contract.",
    });
  if (reason === "contract/no-such-entry") return noLog(contract);
  return error;
}

/** Of a contract whose declaration says no `logs`. */
export function noLog(contract: Uint8Array): PhaError {
  return new PhaError("contract/no-log", "the contract keeps no log", {
    facts: { contract: toHex(contract) },
    hint: "Its author writes `logs` into the declaration and deploys it anew; see packages/contract/README.md.",
  });
}
