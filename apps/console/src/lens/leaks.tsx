/** What the network learns all the same: said beside everything that is sealed. */
import { Eye } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../text/index.ts";

export interface Leak {
  readonly term: string;
  readonly value: ReactNode;
}

export function Leaks({
  leaks,
  hidden,
}: {
  readonly leaks: readonly Leak[];
  readonly hidden: string;
}): ReactNode {
  const t = useText();
  return (
    <div className="leaks">
      <p className="leaks-title">
        <Eye size={14} aria-hidden />
        {t("lens.leaks")}
      </p>
      <dl className="inline-facts">
        {leaks.map(({ term, value }) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="muted small">{hidden}</p>
    </div>
  );
}
