/** What a view shows when it has not, or not all of, what it is for. */
import { CircleAlert, Clock, Inbox, KeyRound, RotateCw, Unplug } from "lucide-react";
import { type ReactNode, useState } from "react";
import { span } from "../format/index.ts";
import { useText } from "../text/index.ts";
import { Button } from "./button.tsx";
import { Raw } from "./raw.tsx";

/** Of the final shape, so that nothing moves when the content comes. */
export function Skeleton({
  rows = 3,
  height = "line",
}: {
  readonly rows?: number;
  readonly height?: "line" | "row" | "block";
}): ReactNode {
  const t = useText();
  return (
    <div className="skeletons" role="status" aria-label={t("ui.loading")}>
      {Array.from({ length: rows }, (_, i) => (
        // Rows of a skeleton have no identity beside their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={i} className={`skeleton skeleton-${height}`} />
      ))}
    </div>
  );
}

export function Empty({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <Inbox size={22} aria-hidden className="muted" />
      <p className="empty-title">{title}</p>
      <p className="muted">{children}</p>
      {action}
    </div>
  );
}

/** A failure with its code, cause and what to do. */
export interface ShownProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly facts: Readonly<Record<string, string>>;
}

export function ErrorCard({
  problem,
  onRetry,
  staleMs,
}: {
  readonly problem: ShownProblem;
  readonly onRetry?: (() => void) | undefined;
  /** Age of what is still shown beside it. */
  readonly staleMs?: number | undefined;
}): ReactNode {
  const t = useText();
  const [isOpen, setOpen] = useState(false);
  const facts = Object.entries(problem.facts);
  return (
    <div className="notice notice-broken" role="alert">
      <CircleAlert size={18} aria-hidden />
      <div className="notice-body">
        <p className="notice-title">
          <span data-value>{problem.message}</span>
        </p>
        {problem.hint !== undefined && <p data-value>{problem.hint}</p>}
        {staleMs !== undefined && (
          <p className="muted">{t("state.stale", { age: span(staleMs) })}</p>
        )}
        <p className="row-tight">
          <code className="data">{problem.code}</code>
          {facts.length > 0 && (
            <button type="button" className="link" onClick={() => setOpen(!isOpen)}>
              {isOpen ? t("ui.hideFacts") : t("ui.showFacts")}
            </button>
          )}
        </p>
        {isOpen && <Raw>{JSON.stringify(problem.facts, undefined, 2)}</Raw>}
        {onRetry && (
          <div>
            <Button icon={<RotateCw size={16} aria-hidden />} onClick={onRetry}>
              {t("ui.retry")}
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

const NOTICES = {
  offline: Unplug,
  partial: Clock,
  permission: KeyRound,
  simulated: CircleAlert,
} as const;

export function Notice({
  kind,
  title,
  children,
  action,
}: {
  readonly kind: keyof typeof NOTICES;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}): ReactNode {
  const Icon = NOTICES[kind];
  return (
    <div className={`notice notice-${kind}`} role="status">
      <Icon size={18} aria-hidden />
      <div className="notice-body">
        <p className="notice-title">{title}</p>
        {children !== undefined && <p>{children}</p>}
        {action !== undefined && <div>{action}</div>}
      </div>
    </div>
  );
}
