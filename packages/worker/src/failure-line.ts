/** Last line of a worker host that cannot go on: what its supervisor reads from stderr. */
import { PhaError } from "@pha/scale";

/** pino's number of `fatal`. */
const FATAL = 60;

export function failureLine(error: unknown): string {
  return JSON.stringify({ level: FATAL, ...failureOf(error) }, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

function failureOf(error: unknown): object {
  if (error instanceof PhaError) {
    const { code, message, hint, facts } = error;
    return { code, message, hint, facts };
  }
  const message = error instanceof Error ? error.stack : String(error);
  const hint = "This is a defect of Pha: keep the log and report it.";
  return { code: "worker/internal", message, hint };
}
