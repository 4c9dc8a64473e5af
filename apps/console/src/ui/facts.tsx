import type { ReactNode } from "react";
import { Copyable } from "./copyable.tsx";

const LONG = 24;

/** Names and values of a verdict or a record, as they are; long ones can be copied whole. */
export function Facts({
  facts,
}: {
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}): ReactNode {
  return (
    <dl className="facts">
      {Object.entries(facts).map(([name, value]) => {
        const text = String(value);
        return (
          <div key={name}>
            <dt data-value>{name}</dt>
            <dd>
              {text.length > LONG ? (
                <Copyable value={text} label={name} />
              ) : (
                <code className="data">{text}</code>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** Term and description, both ours. */
export function Detail({
  term,
  children,
}: {
  readonly term: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
