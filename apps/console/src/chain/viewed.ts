/** A query as views take it. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { Viewed } from "../ui/query-view.tsx";
import { problemOf } from "./problem.ts";

export function viewedOf<T>(query: UseQueryResult<T>): Viewed<T> {
  const { data, error, dataUpdatedAt, refetch } = query;
  return {
    data,
    problem: error === null ? undefined : problemOf(error),
    dataAt: dataUpdatedAt,
    retry: () => void refetch(),
  };
}
