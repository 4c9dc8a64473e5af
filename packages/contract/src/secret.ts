/**
 * A value that must not leave by accident: it has no text and no JSON form, only computations.
 *
 * It leaves sealed, when a handler returns it to its caller, or disclosed, for a reason that the manifest names. The
 * type guards against mistakes, not against the author: the callback of `map` sees the plain value.
 */
import { ContractFailure } from "./failure.ts";

let openAny: <T>(sealed: Secret<T>) => T;

export class Secret<T> {
  readonly #value: T;

  static {
    openAny = (sealed) => sealed.#value;
  }

  constructor(value: T) {
    this.#value = value;
  }

  /** The secret of what `change` makes of the plain value. */
  map<R>(change: (value: T) => R): Secret<R> {
    return new Secret(change(this.#value));
  }

  toString(): never {
    throw new ContractFailure("contract/secret-shown");
  }

  toJSON(): never {
    throw new ContractFailure("contract/secret-shown");
  }

  [Symbol.toPrimitive](): never {
    throw new ContractFailure("contract/secret-shown");
  }
}

export function secret<T>(value: T): Secret<T> {
  return new Secret(value);
}

/** The plain value; the kit's own door, not exported to authors. */
export function openSecret<T>(value: Secret<T>): T {
  return openAny(value);
}

/** What may be written or returned: a value, or a secret of it. */
export type OrSecret<T> = T | Secret<T>;

export function plain<T>(value: OrSecret<T>): T {
  return value instanceof Secret ? openSecret(value) : value;
}

type Values<S extends readonly Secret<unknown>[]> = {
  readonly [I in keyof S]: S[I] extends Secret<infer T> ? T : never;
};

/** One secret of several: `combine([bid, limit], (bid, limit) => bid <= limit)`. */
export function combine<const S extends readonly Secret<unknown>[], R>(
  secrets: S,
  compute: (...values: Values<S>) => R,
): Secret<R> {
  // A mapped tuple has the length and order of its source, which the compiler does not derive from `map`.
  return secret(compute(...(secrets.map(openSecret) as unknown as Values<S>)));
}
