import type { ErrorComponentProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { problemOf } from "../chain/problem.ts";
import { ErrorCard } from "../ui/states.tsx";

/** A page that broke, in place of it; the rest of the console goes on. */
export function RouteError({ error, reset }: ErrorComponentProps): ReactNode {
  return <ErrorCard problem={problemOf(error)} onRetry={reset} />;
}
