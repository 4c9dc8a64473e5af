/** A stored thing that is missing or does not decode. */
import { PhaError } from "@pha/scale";

export function corrupt(what: string): PhaError {
  return new PhaError("database/corrupt", `a stored ${what} is missing or does not decode`, {
    facts: { what },
    hint: "stop the node and run pha db repair; when that does not help, remove the data directory and let the node start afresh",
  });
}
