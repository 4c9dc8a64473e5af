/** Parts of the explorer, and the search by anything. */
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { type Problem, problemOf } from "../../chain/problem.ts";
import { useText } from "../../text/index.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorCard } from "../../ui/states.tsx";
import { isSearchable } from "./model.ts";

const PARTS = [
  ["/explorer", "explorer.blocks"],
  ["/explorer/contracts", "nav.contracts"],
  ["/explorer/workers", "explorer.workers"],
  ["/explorer/gatekeepers", "explorer.gatekeepers"],
  ["/explorer/clusters", "explorer.clusters"],
] as const;

export function ExplorerNav({
  onFind,
}: {
  /** Goes there; false: the chain has nothing of this name. */
  readonly onFind: (text: string) => Promise<boolean>;
}): ReactNode {
  const t = useText();
  return (
    <>
      <header className="page-header">
        <h1>{t("explorer.title")}</h1>
        <p className="muted lead">{t("explorer.lead")}</p>
      </header>
      <SearchForm onFind={onFind} />
      <nav className="tabs" aria-label={t("explorer.parts")}>
        {PARTS.map(([to, label]) => (
          <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
            {t(label)}
          </Link>
        ))}
      </nav>
    </>
  );
}

function SearchForm({
  onFind,
}: {
  readonly onFind: (text: string) => Promise<boolean>;
}): ReactNode {
  const t = useText();
  const id = useId();
  const [state, setState] = useState<"idle" | "looking" | "unknown" | "nothing">("idle");
  const [problem, setProblem] = useState<Problem>();
  const look = async (text: string): Promise<void> => {
    setProblem(undefined);
    if (!isSearchable(text)) {
      setState("unknown");
      return;
    }
    setState("looking");
    try {
      setState((await onFind(text)) ? "idle" : "nothing");
    } catch (error) {
      setState("idle");
      setProblem(problemOf(error));
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void look(String(new FormData(event.currentTarget).get("asked") ?? "").trim());
  };
  return (
    <form className="search" onSubmit={submit}>
      <div className="field">
        <label htmlFor={id}>{t("explorer.search")}</label>
        <input id={id} name="asked" autoComplete="off" spellCheck={false} placeholder="0x" />
      </div>
      <Button
        type="submit"
        tone="primary"
        isBusy={state === "looking"}
        icon={<Search size={16} aria-hidden />}
      >
        {t("explorer.find")}
      </Button>
      {(state === "unknown" || state === "nothing") && (
        <p className="field-problem" role="alert">
          {t(state === "unknown" ? "explorer.unknown" : "explorer.nothing")}
        </p>
      )}
      {problem !== undefined && <ErrorCard problem={problem} />}
    </form>
  );
}
