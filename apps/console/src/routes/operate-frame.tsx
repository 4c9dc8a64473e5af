import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMachineText } from "../text/machines.ts";

const PARTS = [
  ["/operate", "operate.fleet"],
  ["/operate/keys", "operate.keys"],
  ["/operate/faults", "operate.faults"],
] as const;

/** What all parts of Operate have on top. */
export function OperateFrame({ children }: { readonly children: ReactNode }): ReactNode {
  const t = useMachineText();
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("operate.title")}</h1>
        <p className="muted lead">{t("operate.lead")}</p>
      </header>
      <nav className="tabs" aria-label={t("operate.parts")}>
        {PARTS.map(([to, label]) => (
          <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
            {t(label)}
          </Link>
        ))}
      </nav>
      {children}
    </div>
  );
}
