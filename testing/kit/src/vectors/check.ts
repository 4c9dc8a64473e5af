/** Checks of vectors that run in pages, too, where Node's `assert` is not. */

interface Check {
  (condition: unknown, message?: string): asserts condition;
  equal(actual: unknown, expected: unknown, message?: string): void;
  /** Of what JSON can say. */
  deepEqual(actual: unknown, expected: unknown, message?: string): void;
  match(text: string, pattern: RegExp, message?: string): void;
}

function fails(message: string): never {
  throw new Error(message);
}

const text = (value: unknown): string => JSON.stringify(value, sorted) ?? String(value);

/** Keys in one order; what JSON leaves out is said. */
function sorted(_key: string, value: unknown): unknown {
  if (value === undefined) return "undefined";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const ensure = (condition: unknown, message = "a check failed"): asserts condition => {
  if (!condition) fails(message);
};

export const assert: Check = Object.assign(ensure, {
  equal(actual: unknown, expected: unknown, message = "other than expected") {
    if (!Object.is(actual, expected))
      fails(`${message}\n${text(actual)} and not ${text(expected)}`);
  },
  deepEqual(actual: unknown, expected: unknown, message = "other than expected") {
    if (text(actual) !== text(expected))
      fails(`${message}\n${text(actual)} and not ${text(expected)}`);
  },
  match(given: string, pattern: RegExp, message = "other than expected") {
    if (!pattern.test(given)) fails(`${message}\n${given} and not ${pattern}`);
  },
});

/** Padded or not, of either alphabet. */
export function fromBase64(encoded: string): Uint8Array {
  const plain = encoded.replaceAll(/\s/g, "").replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
