/** What a page asks of the compiler's worker, and what it gets. */
import type { Artefact } from "@pha/contract";
import type { BuildProblem } from "@pha/contract/build/artefact";
import type { Problem } from "../chain/problem.ts";

export interface Built {
  readonly artefact: Artefact;
  /** What is uploaded. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** In hex. */
  readonly codeHash: string;
}

export type BuildOutcome =
  | { readonly ok: true; readonly built: Built }
  | { readonly ok: false; readonly problems: readonly BuildProblem[] };

/** One call of a trial. */
export interface TrialCall {
  readonly kind: "command" | "query";
  readonly method: string;
  /** As JSON has them. */
  readonly args: unknown;
  /** Name of who calls; the owner is `TRIAL_OWNER`. */
  readonly caller: string;
  readonly fuelLimit: bigint;
}

export type TrialOutcome = {
  readonly fuelUsed: bigint;
  /** Entries that the call wrote, and bytes of them. */
  readonly writes: number;
  readonly writtenBytes: number;
  /** Entries that a query opened to its caller. */
  readonly opened: number;
  /** Texts of the lines that a command wrote into the contract's log. */
  readonly logged: readonly string[];
} & (
  | { readonly status: "ok"; readonly value: string }
  | { readonly status: "failed"; readonly code: string }
  | { readonly status: "trapped"; readonly reason: string }
);

export interface Completion {
  readonly label: string;
  readonly kind: string;
  readonly detail: string;
}

/** Requests by name, and their answers. */
export interface Workshop {
  check(input: { readonly source: string }): readonly BuildProblem[];
  build(input: { readonly source: string }): BuildOutcome;
  /** An artefact that comes from a file; a problem when it is none. */
  open(input: { readonly bytes: Uint8Array }): Built;
  /** A new contract with nothing in its state. */
  startTrial(input: { readonly bytes: Uint8Array }): TrialOutcome;
  callTrial(input: TrialCall): TrialOutcome;
  /** What may stand at this place, counted in UTF-16 units. */
  complete(input: { readonly source: string; readonly at: number }): readonly Completion[];
  /** The type of what stands there. */
  explain(input: { readonly source: string; readonly at: number }): string | undefined;
}

export type Ask = keyof Workshop;
export type Answer<A extends Ask> = ReturnType<Workshop[A]>;

export interface AskMessage {
  readonly id: number;
  readonly ask: Ask;
  readonly input: unknown;
}

export type AnswerMessage =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly problem: Problem };

export const TRIAL_OWNER = "Alice";
export const TRIAL_CALLERS = [TRIAL_OWNER, "Bob", "Charlie"] as const;
