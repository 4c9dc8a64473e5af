/**
 * Errors of the environment (disk, socket, RPC, hardware) and of our own programming.
 *
 * Foreign data never throws: it gives a `Result`. Only shells throw `PhaError`.
 */

/** Facts of an error: plain values with units in their names, never a secret. */
export type ErrorFacts = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

export interface PhaErrorOptions {
  readonly facts?: ErrorFacts;
  /** One sentence that says what the person can do; not a repetition of the message. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Failure of the environment, with a stable code `area/what-is-wrong` listed in docs/errors.md. */
export class PhaError extends Error {
  readonly code: string;
  readonly facts: ErrorFacts;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: PhaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PhaError";
    this.code = code;
    this.facts = options.facts ?? {};
    this.hint = options.hint;
  }
}

/**
 * Whether an error is a `PhaError`, of this bundle or another: a program that loads another one (`pha` loads the node and
 * the builder of contracts) has a class of its own, so that `instanceof` fails for what the other throws.
 */
export function isPhaError(error: unknown): error is PhaError {
  if (error instanceof PhaError) return true;
  if (!(error instanceof Error) || error.name !== "PhaError") return false;
  if (!("code" in error && "facts" in error)) return false;
  return typeof error.code === "string" && typeof error.facts === "object" && error.facts !== null;
}

/** A broken promise of our own code; ends the process, never decides an extrinsic or a call. */
export class AssertionError extends Error {
  constructor(why: string) {
    super(`assertion failed: ${why}`);
    this.name = "AssertionError";
  }
}

export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionError(why);
}
