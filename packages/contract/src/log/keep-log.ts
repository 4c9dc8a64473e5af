/**
 * The log that a contract keeps for its owner: cells of its own state behind all others, `ctx.log` for what may write, and
 * the query `logs`.
 *
 * Lines are written with what the command writes: one that fails leaves none. **Bounds**: those of `log-line.ts`.
 */
import { type StructOf, u8, u64 } from "@pha/scale";
import type { BlockContext, CommandContext, Logger } from "../context.ts";
import { ContractFailure, ensure } from "../failure.ts";
import type {
  ArgCodecs,
  Command,
  Contract,
  ContractOptions,
  Entries,
  EntryBuilders,
  EntryOptions,
  Init,
  Query,
} from "../plain-contract.ts";
import { type OrSecret, openSecret } from "../secret.ts";
import type { ReadableState, WritableState } from "../state/cells.ts";
import {
  type MapCell,
  type SecretValueCell,
  type StateLayout,
  secretMap,
  secretValue,
} from "../state/declare.ts";
import { cutText, KEPT_LINES, LogLine, LogPage, MAX_LINES_PER_CALL } from "./log-line.ts";

/** What `implement` has where the declaration says `logs`: commands and the initialiser may log. */
export interface LoggingBuilders<S extends StateLayout, D extends string>
  extends Pick<EntryBuilders<S, D>, "query"> {
  /** An ordered call that may change state. */
  command<A extends ArgCodecs, R = undefined>(
    options: EntryOptions<A, R>,
    run: (context: CommandContext<S, D> & Logger, args: StructOf<A>) => OrSecret<NoInfer<R>>,
  ): Command<StructOf<A>, R>;
  /** Runs once, when the contract is instantiated; the caller is the owner. */
  init(run: (context: CommandContext<S, D> & Logger) => void): Init;
}

/** The kit's own entry: lines behind a number. */
export type LogEntries = {
  readonly logs: Query<{ readonly after: bigint }, LogPage>;
};

type LogCells = {
  readonly logs: MapCell<number, LogLine>;
  readonly logged: SecretValueCell<bigint>;
};

interface Declared<N extends string, S extends StateLayout, D extends string> {
  implement<E extends Entries>(build: (builders: EntryBuilders<S, D>) => E): Contract<N, E>;
}

/** @param define makes the contract of its own declaration and the log's cells */
export function keepLog<N extends string, S extends StateLayout, D extends string>(
  reason: string,
  options: ContractOptions<S, D>,
  define: (options: ContractOptions<S & LogCells, D>) => Declared<N, S & LogCells, D>,
): {
  implement<E extends Entries>(
    build: (builders: LoggingBuilders<S, D>) => E,
  ): Contract<N, E & LogEntries>;
} {
  const cells: LogCells = {
    logs: secretMap(u8, LogLine, reason),
    logged: secretValue(u64, 0n, "Lines that the log ever had."),
  };
  ensureFree(options.state, Object.keys(cells));
  const { implement } = define({ ...options, state: { ...options.state, ...cells } });
  return {
    implement: (build) =>
      implement((builders) => {
        const entries = build(loggingBuilders(builders));
        ensureFree(entries, ["logs"]);
        const docs = `The log, for the owner: ${reason}`;
        const logs = builders.query(
          { docs, args: { after: u64 }, returns: LogPage },
          ({ callerIsOwner, state }, { after }) => {
            ensure(callerIsOwner, "contract/not-the-owner");
            return readLog(state, after);
          },
        );
        return { ...entries, logs };
      }),
  };
}

function ensureFree(names: object, taken: readonly string[]): void {
  if (taken.some((name) => Object.hasOwn(names, name))) throw new ContractFailure("build/own-logs");
}

/** Commands and the initialiser of these have `log`. */
function loggingBuilders<S extends StateLayout, D extends string>(
  builders: EntryBuilders<S & LogCells, D>,
): LoggingBuilders<S, D> {
  const withLog = <R>(
    context: CommandContext<S & LogCells, D>,
    run: (context: CommandContext<S, D> & Logger) => R,
  ): R => {
    const lines: string[] = [];
    let missing = 0;
    const log = (text: string): void => {
      if (lines.length < MAX_LINES_PER_CALL) lines.push(cutText(text));
      else missing++;
    };
    // The members of the context are read when they are asked for, so they are inherited and not copied.
    const result = run(Object.create(context, { log: { value: log } }));
    if (missing > 0) lines.push(`… and ${missing} more lines of this command`);
    if (lines.length > 0) writeLines(context, lines);
    return result;
  };
  return {
    query: builders.query,
    init: (run) => builders.init((context) => withLog(context, run)),
    command: (options, run) =>
      builders.command(options, (context, args) =>
        withLog(context, (logging) => run(logging, args)),
      ),
  };
}

function writeLines(
  { state, block }: { readonly state: WritableState<LogCells>; readonly block: BlockContext },
  lines: readonly string[],
): void {
  let number = openSecret(state.logged.get());
  for (const text of lines) {
    number++;
    const line = { number, block: block.number, timestampMs: block.timestampMs, text };
    state.logs.put(slotOf(number), line);
  }
  state.logged.put(number);
}

function readLog(state: ReadableState<LogCells>, after: bigint): LogPage {
  const newest = openSecret(state.logged.get());
  const first = newest < KEPT_LINES ? 1n : newest - BigInt(KEPT_LINES) + 1n;
  const lines: LogLine[] = [];
  for (let number = after < first ? first : after + 1n; number <= newest; number++) {
    const line = openSecret(state.logs.get(slotOf(number)));
    if (line !== undefined) lines.push(line);
  }
  return { oldest: newest === 0n ? 0n : first, newest, lines };
}

function slotOf(number: bigint): number {
  return Number(number % BigInt(KEPT_LINES));
}
