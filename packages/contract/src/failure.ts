/** How a contract says no: a coded failure that undoes the call's writes and reaches its caller. */

/** Longest error code, in characters. */
export const MAX_CODE_LENGTH = 64;

/** Thrown by `ensure` and by the kit; a handler's other exceptions are faults of the contract (`contract/threw`). */
export class ContractFailure extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.name = "ContractFailure";
    this.code = code;
  }
}

/**
 * Ends the call with `code` when `condition` is false; nothing that the call wrote remains.
 *
 * @param code `area/what-is-wrong`, a literal of at most 64 characters: the build lists it in the artefact
 */
export function ensure(condition: unknown, code: string): asserts condition {
  if (!condition) throw new ContractFailure(code);
}
