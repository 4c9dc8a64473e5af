/** The one declaration of a confidential contract: that of `plain-contract.ts`, and a log where it says `logs`. */
import { keepLog, type LogEntries, type LoggingBuilders } from "./log/keep-log.ts";
import {
  type Contract,
  defineContract as definePlain,
  type Entries,
  type EntryBuilders as PlainBuilders,
  type ContractOptions as PlainOptions,
} from "./plain-contract.ts";
import type { StateLayout } from "./state/declare.ts";

export type {
  AnyEntry,
  ArgsOf,
  Command,
  Contract,
  Entries,
  Init,
  Query,
  ResultOf,
} from "./plain-contract.ts";

export interface ContractOptions<S extends StateLayout, D extends string, L extends string = never>
  extends PlainOptions<S, D> {
  /**
   * What the log is for, in words: commands then have `ctx.log`, and the owner the query `logs`. Everybody sees that there
   * is one.
   */
  readonly logs?: L;
}

/** `L` is never where the declaration says no `logs`. */
type IfLogs<L extends string, Then, Else> = [L] extends [never] ? Else : Then;

/** The tools of `implement`, typed by the declared state. */
export type EntryBuilders<
  S extends StateLayout,
  D extends string,
  L extends string = never,
> = IfLogs<L, LoggingBuilders<S, D>, PlainBuilders<S, D>>;

/** @param name kebab-case, at most 64 characters */
export function defineContract<
  const N extends string,
  S extends StateLayout,
  const D extends string = never,
  const L extends string = never,
>(
  name: N,
  options: ContractOptions<S, D, L>,
): {
  implement<E extends Entries>(
    build: (builders: EntryBuilders<S, D, L>) => E,
  ): Contract<N, E & IfLogs<L, LogEntries, unknown>>;
} {
  const { logs, ...plain } = options;
  const declared =
    logs === undefined
      ? definePlain<N, S, D>(name, plain)
      : keepLog(logs, plain, (given) => definePlain(name, given));
  // `L` is never exactly where `logs` is absent, which the compiler does not follow.
  return declared as never;
}
