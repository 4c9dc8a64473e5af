import type { ReactNode } from "react";
import { ErrorCard, type ShownProblem, Skeleton } from "./states.tsx";

/** What a view needs to know of its query. */
export interface Viewed<T> {
  readonly data: T | undefined;
  readonly problem: ShownProblem | undefined;
  /** Unix milliseconds of the data. */
  readonly dataAt: number;
  readonly retry: () => void;
}

/** A data view in its states: loading, failed, failed with stale data kept, empty, and there. */
export function QueryView<T>({
  viewed,
  skeleton = <Skeleton />,
  isEmpty,
  empty,
  children,
}: {
  readonly viewed: Viewed<T>;
  readonly skeleton?: ReactNode;
  readonly isEmpty?: (data: T) => boolean;
  readonly empty?: ReactNode;
  readonly children: (data: T) => ReactNode;
}): ReactNode {
  const { data, problem, dataAt, retry } = viewed;
  if (data === undefined)
    return problem === undefined ? skeleton : <ErrorCard problem={problem} onRetry={retry} />;
  return (
    <>
      {problem !== undefined && (
        <ErrorCard problem={problem} onRetry={retry} staleMs={Date.now() - dataAt} />
      )}
      {isEmpty?.(data) ? empty : children(data)}
    </>
  );
}
