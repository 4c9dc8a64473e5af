/**
 * The pallet: one declaration from which storage keys, dispatch, metadata, docs and client types follow.
 *
 * Keys of the declaration are the names in metadata; indexes are explicit and never reused.
 */
import type { Codec, Result } from "@pha/scale";
import type { Call, CallBuilder, CallDeclaration } from "../dispatch/call.ts";
import type { Weight } from "../dispatch/weight.ts";
import type {
  InvalidTransaction,
  TransactionSource,
  ValidTransaction,
} from "../extrinsic/validity.ts";
import type { RuntimeApiTable } from "../runtime/api.ts";
import type { StorageItem } from "../storage/item.ts";
import type {
  ConfigOf,
  Constant,
  ConstantsOf,
  EmitOf,
  ErrorDeclaration,
  ErrorsOf,
  EventDeclaration,
} from "./declare.ts";
import type { BlockContext, Env, HasEnv } from "./env.ts";

export type Constants = Readonly<Record<string, Constant<never, unknown>>>;
export type StorageItems = Readonly<Record<string, StorageItem<unknown>>>;
export type Events = Readonly<Record<string, EventDeclaration>>;
export type Errors = Readonly<Record<string, ErrorDeclaration>>;

/** Declaration of a pallet without behaviour; the key of its context in `env.of`. */
export interface PalletDeclaration<
  N extends string = string,
  C = unknown,
  K = Constants,
  S = StorageItems,
  E = Events,
  X = Errors,
> {
  readonly name: N;
  readonly docs: string;
  readonly config: ConfigOf<C>;
  readonly constants: K;
  readonly storage: S;
  readonly events: E;
  readonly errors: X;
}

export type StorageAccess<S> = {
  readonly [P in keyof S]: S[P] extends StorageItem<infer A> ? A : never;
};

/** What handlers and hooks of a pallet work with. */
export interface Context<C, K, S, E, X> extends HasEnv {
  readonly config: C;
  readonly constants: ConstantsOf<K>;
  readonly storage: StorageAccess<S>;
  /** Deposits an event of this pallet; undone with the call. */
  readonly emit: EmitOf<E>;
  /** For `ensure`. */
  readonly errors: ErrorsOf<X>;
  readonly block: BlockContext;
}

export type ContextOf<D> =
  D extends PalletDeclaration<string, infer C, infer K, infer S, infer E, infer X>
    ? Context<C, K, S, E, X>
    : never;

export interface ImplementTools<X, C> {
  /** Declares a call: `call(index, {docs, origin, args, weight}, handler)`. */
  readonly call: CallBuilder<X, C>;
  /** Codec of any call of the runtime the pallet is part of. */
  readonly runtimeCall: Codec<Call>;
}

/** What the block's author puts in front of all extrinsics. */
export interface Inherent<X> {
  /** Eight characters. */
  readonly identifier: string;
  /** The pallet's call that carries it. */
  readonly call: string;
  /** A block without it is invalid. */
  readonly required: boolean;
  /** Arguments of the call, from the author's data under the identifier; `undefined`: nothing to say. */
  create(context: X, data: Uint8Array): unknown;
  /** Whether the call in a received block agrees with our own data; text says why not. */
  check(context: X, args: unknown, data: Uint8Array): string | undefined;
}

/**
 * Which calls of the pallet may come in a transaction that nobody signed and that is no inherent.
 *
 * **Trust**: such a transaction costs its sender nothing; what is not provably useful must be refused here.
 */
export interface UnsignedRule<X> {
  /** `undefined`: the call is not one of them. */
  validate(
    context: X,
    call: Call,
    source: TransactionSource,
  ): Result<ValidTransaction, InvalidTransaction> | undefined;
}

export interface Hooks<X> {
  /** Returns the weight it took; `undefined` is none. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without weight need not return
  onInitialize?(context: X): Weight | undefined | void;
  onFinalize?(context: X): void;
  /** Invariants of the pallet's storage, by `assert`; run after every block in tests. */
  tryState?(context: X): void;
}

export interface Implementation<X, Calls, G> {
  readonly calls: Calls;
  /** Writes the pallet's part of the genesis state. */
  readonly genesis?: (context: X, genesis: G) => void;
  readonly hooks?: Hooks<X>;
  readonly inherent?: Inherent<X>;
  readonly unsigned?: UnsignedRule<X>;
  readonly runtimeApis?: RuntimeApiTable<X>;
}

export interface Pallet<N extends string, C, K, S, E, X, Calls, G>
  extends PalletDeclaration<N, C, K, S, E, X> {
  instantiate(
    tools: ImplementTools<Context<C, K, S, E, X>, C>,
  ): Implementation<Context<C, K, S, E, X>, Calls, G>;
}

type AnyCalls = Readonly<Record<string, CallDeclaration>>;

export interface PalletBuilder<N extends string, C, K, S, E, X>
  extends PalletDeclaration<N, C, K, S, E, X> {
  /** Adds behaviour. Calls inside are checked against the declaration's context. */
  implement<Calls extends AnyCalls, G = undefined>(
    build: (
      tools: ImplementTools<Context<C, K, S, E, X>, C>,
    ) => Implementation<Context<C, K, S, E, X>, Calls, G>,
  ): Pallet<N, C, K, S, E, X, Calls, G>;
}

export interface PalletSchema<C, K, S, E, X> {
  readonly docs: string;
  readonly config?: ConfigOf<C>;
  readonly constants?: K;
  readonly storage?: S;
  readonly events?: E;
  readonly errors?: X;
}

export function definePallet<
  N extends string,
  C = object,
  K extends Constants = Record<never, never>,
  S extends StorageItems = Record<never, never>,
  E extends Events = Record<never, never>,
  X extends Errors = Record<never, never>,
>(name: N, schema: PalletSchema<C, K, S, E, X>): PalletBuilder<N, C, K, S, E, X> {
  const declaration: PalletDeclaration<N, C, K, S, E, X> = {
    name,
    docs: schema.docs,
    config: schema.config ?? {},
    constants: given(schema.constants),
    storage: given(schema.storage),
    events: given(schema.events),
    errors: given(schema.errors),
  };
  return {
    ...declaration,
    implement: (build) => ({ ...declaration, instantiate: build }),
  };
}

function given<T extends object>(part: T | undefined): T {
  // A part that is absent was inferred as the empty record, which the empty object is.
  return part ?? ({} as T);
}

/** A pallet of any kind, for code that handles all of a runtime's pallets alike. */
export interface AnyPallet extends PalletDeclaration {
  instantiate(tools: ImplementTools<object, unknown>): AnyImplementation;
}
export interface AnyImplementation {
  readonly calls: AnyCalls;
  genesis?(context: object, genesis: unknown): void;
  readonly hooks?: Hooks<object>;
  readonly inherent?: Inherent<object>;
  readonly unsigned?: UnsignedRule<object>;
  readonly runtimeApis?: RuntimeApiTable<object>;
}

/** A pallet at its index, with its configuration. */
export interface Installed<P = AnyPallet> {
  readonly index: number;
  readonly pallet: P;
  readonly config: unknown;
}

type ConfigFor<P> =
  P extends PalletDeclaration<string, infer C, infer _K, infer _S, infer _E, infer _X> ? C : never;

/** Installs a pallet: `at(5, Balances, { existentialDeposit: 500n })`. */
export function at<P extends { readonly name: string }>(
  index: number,
  pallet: P,
  ...config: object extends ConfigFor<P> ? [config?: ConfigFor<P>] : [config: ConfigFor<P>]
): Installed<P> {
  return { index, pallet, config: config[0] ?? {} };
}

export type { Env };
