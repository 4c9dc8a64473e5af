/**
 * A part of the frame that is loaded when it is first shown. A load that fails is tried again, and when that fails too the
 * part alone says so: the frame and the page in it go on.
 */
import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { type Problem, problemOf } from "../chain/problem.ts";
import { loadPatiently } from "./load-patiently.ts";

type Loaded<P> =
  | { readonly Part: ComponentType<P> }
  | { readonly problem: Problem; readonly attempt: number };

/** @param Failed shows why the part is not there, in its place */
export function lazyPart<P extends object>(
  load: () => Promise<ComponentType<P>>,
  Failed: ComponentType<P & { readonly problem: Problem; readonly onRetry: () => void }>,
): ComponentType<P> {
  let known: ComponentType<P> | undefined;
  return function LazyPart(props: P): ReactNode {
    const [loaded, setLoaded] = useState<Loaded<P> | undefined>(known && { Part: known });
    const [attempt, setAttempt] = useState(0);
    useEffect(() => {
      if (known !== undefined) return undefined;
      let isGone = false;
      loadPatiently(load).then(
        (Part) => {
          known = Part;
          if (!isGone) setLoaded({ Part });
        },
        (error: unknown) => {
          if (!isGone) setLoaded({ problem: problemOf(error), attempt });
        },
      );
      return () => {
        isGone = true;
      };
    }, [attempt]);
    if (loaded === undefined) return null;
    if ("Part" in loaded) return <loaded.Part {...props} />;
    return (
      <Failed {...props} problem={loaded.problem} onRetry={() => setAttempt(loaded.attempt + 1)} />
    );
  };
}
