/** Where results, progress and errors go: results on stdout, everything else on stderr. */
import { isPhaError } from "@pha/scale";
import { EXIT, exitCodeOf } from "./exit-code.ts";

export interface Output {
  readonly json: boolean;
  /** True once a result was printed: an error after it adds no second document to stdout. */
  readonly printed: boolean;
  /** One JSON document, or lines for people. */
  result(document: unknown, lines: readonly string[]): void;
  progress(text: string): void;
}

export function createOutput(options: { readonly json: boolean; readonly quiet: boolean }): Output {
  let printed = false;
  return {
    json: options.json,
    get printed() {
      return printed;
    },
    result(document, lines) {
      printed = true;
      const text = options.json ? toJson(document) : lines.join("\n");
      process.stdout.write(`${text}\n`);
    },
    progress(text) {
      if (!options.quiet) process.stderr.write(`${text}\n`);
    },
  };
}

/** JSON with bigints as decimal text and bytes as hex. */
export function toJson(document: unknown): string {
  return JSON.stringify(
    document,
    (_key, value: unknown) => {
      if (typeof value === "bigint")
        return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
      if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
      return value;
    },
    2,
  );
}

/** Prints what went wrong, why and what to do, and sets the exit code. */
export function reportError(error: unknown, output: Output): void {
  const known = isPhaError(error);
  const code = known ? error.code : "cli/unexpected";
  const message = error instanceof Error ? error.message : String(error);
  const hint = known
    ? (error.hint ?? "See docs/errors.md for this code.")
    : "This is a defect of Pha: run again with --debug and report what it prints.";
  process.exitCode = known ? exitCodeOf(code) : EXIT.unexpected;
  if (output.json && !output.printed) {
    const facts = known ? error.facts : {};
    process.stdout.write(`${toJson({ error: { code, message, hint, facts } })}\n`);
  }
  process.stderr.write(`✗ ${code}: ${message}\n`);
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) process.stderr.write(`  why: ${cause.message}\n`);
  process.stderr.write(`  do:  ${hint}\n`);
  if (process.env["PHA_DEBUG"] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}
