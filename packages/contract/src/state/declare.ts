/**
 * Declarations of a contract's state.
 *
 * Every cell is encrypted at rest. *Secret* cells give `Secret` values; *public* ones give plain values that code may
 * branch on and fail by. What no cell hides: how many entries are written, and how long, by size bucket of the block's
 * delta.
 */
import type { Codec } from "@pha/scale";

interface Cell<K extends string> {
  readonly kind: K;
  readonly docs: string;
}

export interface MapCell<K, V> extends Cell<"secret-map"> {
  readonly key: Codec<K>;
  readonly value: Codec<V>;
}

export interface SetCell<K> extends Cell<"secret-set"> {
  readonly key: Codec<K>;
}

export interface SecretValueCell<V> extends Cell<"secret-value"> {
  readonly value: Codec<V>;
  readonly initial: V;
}

export interface PublicValueCell<V> extends Cell<"public-value"> {
  readonly value: Codec<V>;
  readonly initial: V;
}

/** Any cell. `never` and `unknown` where a cell's own types do not matter. */
export type AnyCell =
  // biome-ignore lint/suspicious/noExplicitAny: codecs are invariant in their value; no other type holds every cell.
  MapCell<any, any> | SetCell<any> | SecretValueCell<any> | PublicValueCell<any>;

/** Cells by name; the order is the storage layout, so new cells go last. */
export type StateLayout = Readonly<Record<string, AnyCell>>;

/** Secret values by key. An encoded key has at most 127 bytes. */
export function secretMap<K, V>(key: Codec<K>, value: Codec<V>, docs: string): MapCell<K, V> {
  return { kind: "secret-map", key, value, docs };
}

/** Keys that are present or not. */
export function secretSet<K>(key: Codec<K>, docs: string): SetCell<K> {
  return { kind: "secret-set", key, docs };
}

export function secretValue<V>(value: Codec<V>, initial: V, docs: string): SecretValueCell<V> {
  return { kind: "secret-value", value, initial, docs };
}

/** A value that handlers may show to anyone. */
export function publicValue<V>(value: Codec<V>, initial: V, docs: string): PublicValueCell<V> {
  return { kind: "public-value", value, initial, docs };
}
