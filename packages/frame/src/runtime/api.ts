/** Runtime APIs: questions to the state, asked by name with encoded arguments. */
import type { Codec, StructOf } from "@pha/scale";
import type { Fields } from "../pallet/declare.ts";

export interface ApiMethod<X> {
  readonly docs: string;
  readonly inputs: Fields;
  readonly output: Codec<unknown>;
  answer(context: X, inputs: Readonly<Record<string, unknown>>): unknown;
}

export interface RuntimeApi<X> {
  /** Hex of the blake2b-64 of the API's name; a test recomputes it. */
  readonly id: string;
  readonly version: number;
  readonly docs: string;
  readonly methods: Readonly<Record<string, ApiMethod<X>>>;
}

/** API name → API; entry points are `Name_method`. */
export type RuntimeApiTable<X> = Readonly<Record<string, RuntimeApi<X>>>;

export function apiMethod<X, F extends Fields, T>(
  options: { readonly docs: string; readonly inputs: F; readonly output: Codec<T> },
  answer: (context: X, inputs: StructOf<F>) => T,
): ApiMethod<X> {
  return {
    ...options,
    // The caller decodes `inputs` by the codecs of this very method.
    answer: (context, inputs) => answer(context, inputs as StructOf<F>),
  };
}
