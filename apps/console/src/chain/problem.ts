/** What went wrong, as a card can show it: code, cause, what to do. */
import { isPhaError } from "@pha/scale";

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly facts: Readonly<Record<string, string>>;
}

export function problemOf(error: unknown): Problem {
  if (isPhaError(error))
    return {
      code: error.code,
      message: error.message,
      hint: error.hint,
      facts: Object.fromEntries(
        Object.entries(error.facts).map(([name, value]) => [name, String(value)]),
      ),
    };
  // What no code of ours names: a part that does not load, or a mistake of the page itself.
  const message = error instanceof Error ? error.message : String(error);
  return { code: "console/unexpected", message, hint: undefined, facts: {} };
}
