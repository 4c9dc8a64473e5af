/** A call as a value, and as a pallet declares it. */
import { type Codec, type StructOf, struct } from "@pha/scale";
import type { Fields } from "../pallet/declare.ts";
import type { Env } from "../pallet/env.ts";
import type { OriginRule } from "./origin.ts";
import type { DispatchClass, PostDispatch, Weight } from "./weight.ts";
import { formulaWeight, type WeightFormula } from "./weight-formula.ts";

/** A call of the runtime by names; `args` are what the call's codec reads. */
export interface Call {
  readonly pallet: string;
  readonly name: string;
  readonly args: unknown;
}

/** Nothing, or what the call corrects after it ran. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers need not return
export type HandlerResult = PostDispatch | undefined | void;

export interface CallOptions<F extends Fields, Gain, C> {
  readonly docs: string;
  readonly origin: OriginRule<Gain>;
  readonly args: F;
  /** Measured; from the pallet's weight table. What only a function can say, the views at `:code` cannot judge. */
  readonly weight:
    | Weight
    | WeightFormula<keyof F & string>
    | ((args: StructOf<F>, config: C, env: Env) => Weight);
  /** Default `Normal`. */
  readonly dispatchClass?: DispatchClass;
  /** Default true. */
  readonly paysFee?: boolean;
  /** Rust type name per argument, where tools know the argument by it. */
  readonly typeNames?: { readonly [N in keyof F]?: string };
}

/** A declared call, its context type erased; `A` keeps the argument type for callers. */
export interface CallDeclaration<A = unknown> {
  readonly index: number;
  readonly docs: string;
  readonly origin: OriginRule<unknown>;
  readonly args: Codec<A>;
  weight(args: A, config: unknown, env: Env): Weight;
  /** The weight as data; `undefined` when only the function says it. */
  readonly formula: WeightFormula | undefined;
  readonly dispatchClass: DispatchClass;
  readonly paysFee: boolean;
  handle(context: object, args: A): PostDispatch | undefined;
}

/** Declares calls whose handlers get the context `X`, plus what the origin rule adds. */
export type CallBuilder<X, C> = <F extends Fields, Gain>(
  index: number,
  options: CallOptions<F, Gain, C>,
  handler: (context: X & Gain, args: StructOf<F>) => HandlerResult,
) => CallDeclaration<StructOf<F>>;

export function callBuilder<X, C>(): CallBuilder<X, C> {
  return <F extends Fields, Gain>(
    index: number,
    options: CallOptions<F, Gain, C>,
    handler: (context: X & Gain, args: StructOf<F>) => HandlerResult,
  ): CallDeclaration<StructOf<F>> => {
    const { weight } = options;
    const formula =
      typeof weight === "function" ? undefined : "base" in weight ? weight : { base: weight };
    return {
      index,
      docs: options.docs,
      origin: options.origin,
      args: struct(options.args, { typeNames: definedNames(options.typeNames ?? {}) }),
      // The runtime hands every pallet the configuration it was installed with, of type C.
      weight: (args, config, env) =>
        typeof weight === "function"
          ? weight(args, config as C, env)
          : "base" in weight
            ? formulaWeight(weight, args, env)
            : weight,
      formula,
      dispatchClass: options.dispatchClass ?? "Normal",
      paysFee: options.paysFee ?? true,
      // The dispatcher passes the pallet's own context with the rule's gain: X & Gain.
      handle: (context, args) => handler(context as X & Gain, args) ?? undefined,
    };
  };
}

function definedNames(names: Readonly<Record<string, string | undefined>>) {
  const out: Record<string, string> = {};
  for (const [key, name] of Object.entries(names)) if (name !== undefined) out[key] = name;
  return out;
}
