/** What is wrong with a contract's source, and where. */
export interface BuildProblem {
  readonly code:
    | "build/type-error"
    | "build/not-deterministic"
    | "build/not-bundled"
    /** Its declaration cannot be evaluated. */
    | "build/not-loaded"
    /** It declares `logs`, and an entry or cell of a name that is the log's. */
    | "build/own-logs";
  readonly file: string;
  /** From 1; 0 when unknown. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The source line. */
  readonly text: string;
}

/** At least one. */
export type BuildProblems = readonly [BuildProblem, ...BuildProblem[]];

/** The line with a mark under the place. */
export function frameOf(problem: BuildProblem): string {
  const { file, line, column, message, text } = problem;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const mark = text === "" ? [] : [`  ${text}`, `  ${" ".repeat(Math.max(0, column - 1))}^`];
  return [`${place}  ${message}`, ...mark].join("\n");
}
