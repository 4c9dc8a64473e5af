import type { ReactNode } from "react";

/** A region with a title. */
export function Card({
  title,
  actions,
  children,
  className = "",
  level = 2,
}: {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  readonly level?: 2 | 3;
}): ReactNode {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section className={`card ${className}`}>
      {(title !== undefined || actions !== undefined) && (
        <header className="card-header">
          <Heading className="card-title">{title}</Heading>
          {actions !== undefined && <div className="row-tight">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}
