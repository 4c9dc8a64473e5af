/**
 * The declaration of a confidential contract, without a log; `define-contract.ts` has what authors import.
 *
 * From it derive storage layout, argument and result codecs, manifest, artefact and the client's types.
 */
import { assert, type Codec, type StructOf, struct, unit } from "@pha/scale";
import type { CommandContext, QueryContext } from "./context.ts";
import type { OrSecret } from "./secret.ts";
import type { StateLayout } from "./state/declare.ts";

export type ArgCodecs = Readonly<Record<string, Codec<unknown>>>;

interface EntryBase<K extends string, A, R> {
  readonly kind: K;
  readonly docs: string;
  readonly args: Codec<A>;
  readonly returns: Codec<R>;
}

export interface Command<A, R> extends EntryBase<"command", A, R> {
  readonly run: (context: CommandContext<StateLayout, string>, args: A) => OrSecret<R>;
}

export interface Query<A, R> extends EntryBase<"query", A, R> {
  readonly run: (context: QueryContext<StateLayout, string>, args: A) => OrSecret<R>;
}

export interface Init {
  readonly kind: "init";
  readonly run: (context: CommandContext<StateLayout, string>) => void;
}

/** Any entry; `any` because codecs are invariant in their value. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type AnyEntry = Command<any, any> | Query<any, any> | Init;
export type Entries = Readonly<Record<string, AnyEntry>>;

export interface Contract<N extends string = string, E extends Entries = Entries> {
  readonly name: N;
  readonly docs: string;
  readonly version: string;
  readonly state: StateLayout;
  readonly disclosures: Readonly<Record<string, string>>;
  readonly auditKey: string | undefined;
  readonly entries: E;
}

export interface EntryOptions<A extends ArgCodecs, R> {
  readonly docs: string;
  readonly args: A;
  /** Nothing when absent. */
  readonly returns?: Codec<R>;
}

/** The tools of `implement`, typed by the declared state. */
export interface EntryBuilders<S extends StateLayout, D extends string> {
  /** An ordered call that may change state. */
  command<A extends ArgCodecs, R = undefined>(
    options: EntryOptions<A, R>,
    run: (context: CommandContext<S, D>, args: StructOf<A>) => OrSecret<NoInfer<R>>,
  ): Command<StructOf<A>, R>;
  /** A read whose result is sealed to its caller. */
  query<A extends ArgCodecs, R>(
    options: EntryOptions<A, R>,
    run: (context: QueryContext<S, D>, args: StructOf<A>) => OrSecret<NoInfer<R>>,
  ): Query<StructOf<A>, R>;
  /** Runs once, when the contract is instantiated; the caller is the owner. */
  init(run: (context: CommandContext<S, D>) => void): Init;
}

export interface ContractOptions<S extends StateLayout, D extends string> {
  readonly docs: string;
  /** Semantic version; "0.1.0" when absent. */
  readonly version?: string;
  readonly state: S;
  /** Reason → what is shown or opened, to whom and why. */
  readonly disclosures?: Readonly<Record<D, string>>;
  /**
   * X25519 key in hex (`pha audit key`). Who holds its secret can open every command, reply and entry of this contract, in
   * all of its life; everybody sees that there is one. Such a contract is alone in its cluster, or with others of this key.
   */
  readonly auditKey?: string;
}

/** Most cells of one contract: a cell's number is one byte. */
const MAX_CELLS = 256;

/** @param name kebab-case, at most 64 characters */
export function defineContract<
  const N extends string,
  S extends StateLayout,
  const D extends string = never,
>(
  name: N,
  options: ContractOptions<S, D>,
): {
  implement<E extends Entries>(build: (builders: EntryBuilders<S, D>) => E): Contract<N, E>;
} {
  assert(/^[a-z][a-z0-9-]{0,63}$/.test(name), "a contract's name is kebab-case");
  assert(Object.keys(options.state).length <= MAX_CELLS, "a contract has at most 256 cells");
  const { auditKey } = options;
  assert(
    auditKey === undefined || /^0x[0-9a-f]{64}$/.test(auditKey),
    "an audit key is 32 bytes in hex",
  );
  const builders: EntryBuilders<S, D> = {
    command<A extends ArgCodecs, R>(
      { docs, args, returns }: EntryOptions<A, R>,
      run: (context: CommandContext<S, D>, args: StructOf<A>) => OrSecret<R>,
    ): Command<StructOf<A>, R> {
      return {
        kind: "command",
        docs,
        args: struct(args),
        returns: resultOf(returns),
        run: ownState(run),
      };
    },
    query<A extends ArgCodecs, R>(
      { docs, args, returns }: EntryOptions<A, R>,
      run: (context: QueryContext<S, D>, args: StructOf<A>) => OrSecret<R>,
    ): Query<StructOf<A>, R> {
      return {
        kind: "query",
        docs,
        args: struct(args),
        returns: resultOf(returns),
        run: ownState(run),
      };
    },
    init: (run) => ({ kind: "init", run: ownState(run) }),
  };
  return {
    implement(build) {
      const entries = build(builders);
      for (const [entry, { kind }] of Object.entries(entries)) {
        assert(/^[a-z][A-Za-z0-9]{0,63}$/.test(entry), `the entry ${entry} is camelCase`);
        assert(kind !== "init" || entry === "init", "the initialiser is named init");
        assert(kind === "init" || entry !== "init", "init is the initialiser's name");
      }
      return {
        name,
        docs: options.docs,
        version: options.version ?? "0.1.0",
        state: options.state,
        disclosures: options.disclosures ?? {},
        auditKey,
        entries,
      };
    },
  };
}

/** Without a declared result a handler returns nothing. */
function resultOf<R>(returns: Codec<R> | undefined): Codec<R> {
  // `R` is `undefined` exactly where `returns` is absent.
  return returns ?? (unit as unknown as Codec<R>);
}

/** A handler's context has the state of its own declaration: `createRunner` opens that one and no other. */
function ownState<F>(run: unknown): F {
  return run as F;
}

/** Arguments of one entry: `ArgsOf<typeof Counter, "add">`. */
export type ArgsOf<C, E extends string> =
  C extends Contract<string, infer All>
    ? E extends keyof All
      ? All[E] extends { readonly args: Codec<infer A> }
        ? A
        : never
      : never
    : never;

/** Result of one entry. */
export type ResultOf<C, E extends string> =
  C extends Contract<string, infer All>
    ? E extends keyof All
      ? All[E] extends { readonly returns: Codec<infer R> }
        ? R
        : never
      : never
    : never;
