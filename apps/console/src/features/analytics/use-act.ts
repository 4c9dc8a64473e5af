/** A command that somebody starts here: whether it runs, what it said, what went wrong. */
import { useCallback, useState } from "react";
import { type Problem, problemOf } from "../../chain/problem.ts";

export interface Act {
  readonly isBusy: boolean;
  readonly said: string | undefined;
  readonly problem: Problem | undefined;
  /** @param work gives what is said when it is done */
  readonly run: (work: () => Promise<string | undefined>) => void;
}

export function useAct(): Act {
  const [state, setState] = useState<Omit<Act, "run">>({
    isBusy: false,
    said: undefined,
    problem: undefined,
  });
  const run = useCallback((work: () => Promise<string | undefined>) => {
    setState({ isBusy: true, said: undefined, problem: undefined });
    work().then(
      (said) => setState({ isBusy: false, said, problem: undefined }),
      (error: unknown) => setState({ isBusy: false, said: undefined, problem: problemOf(error) }),
    );
  }, []);
  return { ...state, run };
}
