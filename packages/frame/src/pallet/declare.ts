/** Parts of a pallet's declaration: configuration, constants, events, errors. */
import { type Codec, type CodecType, type StructOf, struct } from "@pha/scale";
import type { DispatchError } from "../dispatch/dispatch-error.ts";
import type { RuntimeVersion } from "../runtime/version.ts";

/** Carries the type of a pallet's configuration; there is no value of it. */
export interface ConfigOf<C> {
  readonly phantom?: C;
}

/** What a runtime must supply to include the pallet. */
export function configOf<C>(): ConfigOf<C> {
  return {};
}

/** What constants may take from the runtime as a whole. */
export interface RuntimeFacts {
  readonly version: RuntimeVersion;
}

export interface Constant<C, T> {
  readonly codec: Codec<T>;
  readonly value: (config: C, runtime: RuntimeFacts) => T;
  readonly docs: string;
}

export function constant<C, T>(
  codec: Codec<T>,
  value: (config: C, runtime: RuntimeFacts) => T,
  docs: string,
): Constant<C, T> {
  return { codec, value, docs };
}

export type Fields = Readonly<Record<string, Codec<unknown>>>;

export interface EventDeclaration<F extends Fields = Fields> {
  readonly index: number;
  readonly fields: F;
  readonly codec: Codec<StructOf<F>>;
  readonly docs: string;
}

/** An event; `index` is explicit and never reused. */
export function event<F extends Fields>(
  index: number,
  fields: F,
  docs: string,
): EventDeclaration<F> {
  return { index, fields, codec: struct(fields), docs };
}

export interface ErrorDeclaration {
  readonly index: number;
  readonly docs: string;
}

/** An error; `index` is explicit and never reused. */
export function error(index: number, docs: string): ErrorDeclaration {
  return { index, docs };
}

export type ConstantsOf<K> = {
  readonly [P in keyof K]: K[P] extends { readonly codec: Codec<infer T> } ? T : never;
};
/** An event without fields takes no argument. */
export type EmitOf<E> = {
  readonly [P in keyof E]: E[P] extends EventDeclaration<infer F>
    ? keyof F extends never
      ? () => void
      : (fields: { readonly [N in keyof F]: CodecType<F[N]> }) => void
    : never;
};
export type ErrorsOf<X> = { readonly [P in keyof X]: DispatchError };
