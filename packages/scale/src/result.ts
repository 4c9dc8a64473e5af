/** Outcome of an operation on foreign data: a value, or an error that is a value too. */
export type Result<T, E> = Ok<T> | Fail<E>;

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Fail<E> {
  readonly ok: false;
  readonly error: E;
}

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

export function fail<const E>(error: E): Fail<E> {
  return { ok: false, error };
}
