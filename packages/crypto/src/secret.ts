/**
 * Bytes that must not leave the process by accident.
 *
 * Every way a value becomes text shows "[secret]", and sending one to another thread fails. This guards against
 * mistakes, not against code that wants the bytes: `expose()` is the one way to them, and easy to find in a review.
 */
export interface SecretBytes {
  readonly length: number;
  /** The bytes themselves, not a copy. */
  readonly expose: () => Uint8Array;
  /** Overwrites the bytes with zeros. Copies the engine made are out of reach. */
  readonly wipe: () => void;
  readonly toString: () => string;
  readonly toJSON: () => string;
}

const SHOWN = "[secret]";
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Takes ownership of `bytes`. The functions are the object's own, which makes `structuredClone` refuse it. */
export function secretBytes(bytes: Uint8Array): SecretBytes {
  const show = (): string => SHOWN;
  const secret = {
    length: bytes.length,
    expose: (): Uint8Array => bytes,
    wipe: (): void => {
      bytes.fill(0);
    },
    toString: show,
    toJSON: show,
    [INSPECT]: show,
  };
  return Object.freeze(secret);
}
