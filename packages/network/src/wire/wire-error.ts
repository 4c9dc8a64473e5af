/** How a message of a peer can be wrong. */
import { type DecodeReason, fail, ok, type Result } from "@pha/scale";

export type WireReason =
  | DecodeReason
  /** More than 64 bits, or longer than necessary. */
  | "bad-varint"
  /** Field number 0, or a wire type that does not exist. */
  | "bad-field"
  /** A known field of another wire type. */
  | "wrong-type"
  /** A single field that comes twice, or two of which only one may be there. */
  | "repeated-field"
  | "missing-field"
  | "too-many-items";

export interface WireError {
  readonly code: "wire/malformed";
  readonly reason: WireReason;
}

/** Thrown inside the readers of this folder only; `wireResult` turns exactly this class into a `Result`. */
export class WireFailure extends Error {
  readonly reason: WireReason;
  constructor(reason: WireReason) {
    super(reason);
    this.reason = reason;
  }
}

export function wireResult<T>(read: () => T): Result<T, WireError> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof WireFailure) return fail({ code: "wire/malformed", reason: error.reason });
    throw error;
  }
}
