/** The part of Node's `assert` that the cases use, without Node: they run in a browser as well. */

interface Assert {
  (condition: unknown, message?: string): asserts condition;
  equal(actual: unknown, expected: unknown, message?: string): void;
  notEqual(actual: unknown, unexpected: unknown): void;
  /** For plain data and bytes. */
  deepEqual(actual: unknown, expected: unknown): void;
}

export const assert: Assert = Object.assign(
  (condition: unknown, message = "the condition holds"): asserts condition => {
    if (!condition) throw new Error(`not so: ${message}`);
  },
  {
    equal(actual: unknown, expected: unknown, message = ""): void {
      if (!Object.is(actual, expected))
        throw new Error(`${message} ${show(actual)} is not ${show(expected)}`.trim());
    },
    notEqual(actual: unknown, unexpected: unknown): void {
      if (Object.is(actual, unexpected)) throw new Error(`${show(actual)} where it must not be`);
    },
    deepEqual(actual: unknown, expected: unknown): void {
      const [is, wanted] = [show(actual), show(expected)];
      if (is !== wanted) throw new Error(`${is} is not ${wanted}`);
    },
  },
);

/** Text that two values share only when they are equal. */
function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${[...value].join(" ")}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype) throw new Error("only plain data can be compared");
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${name}: ${show(member)}`).join(", ")}}`;
}
