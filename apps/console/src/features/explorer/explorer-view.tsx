/** The newest finalized blocks, and a search by anything. */
import { Download, Search } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useBlocksSource } from "../../chain/network-context.tsx";
import { useRecentBlocks } from "../../chain/recent-blocks.ts";
import { useText } from "../../text/index.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { BlocksTable } from "./blocks-table.tsx";
import { csvOf, plainJson, type SearchTarget, targetsOf } from "./model.ts";

export function ExplorerView({
  onGo,
}: {
  readonly onGo: (targets: readonly SearchTarget[]) => void;
}): ReactNode {
  const t = useText();
  const blocks = useRecentBlocks(useBlocksSource());
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("explorer.title")}</h1>
        <p className="muted lead">{t("explorer.lead")}</p>
      </header>
      <SearchForm onGo={onGo} />
      <Card
        title={t("home.alive")}
        actions={
          <>
            <Button
              icon={<Download size={16} aria-hidden />}
              onClick={() => save("blocks.csv", "text/csv", csvOf(blocks))}
            >
              {t("explorer.csv")}
            </Button>
            <Button onClick={() => save("blocks.json", "application/json", plainJson(blocks))}>
              {t("explorer.json")}
            </Button>
          </>
        }
      >
        {blocks.length === 0 ? <Skeleton rows={8} height="row" /> : <BlocksTable blocks={blocks} />}
      </Card>
    </div>
  );
}

function SearchForm({
  onGo,
}: {
  readonly onGo: (targets: readonly SearchTarget[]) => void;
}): ReactNode {
  const t = useText();
  const id = useId();
  const [isUnknown, setUnknown] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const targets = targetsOf(String(new FormData(event.currentTarget).get("asked") ?? ""));
    setUnknown(targets.length === 0);
    if (targets.length > 0) onGo(targets);
  };
  return (
    <form className="search" onSubmit={submit}>
      <div className="field">
        <label htmlFor={id}>{t("explorer.search")}</label>
        <input id={id} name="asked" autoComplete="off" spellCheck={false} placeholder="0x" />
      </div>
      <Button type="submit" tone="primary" icon={<Search size={16} aria-hidden />}>
        {t("explorer.find")}
      </Button>
      {isUnknown && (
        <p className="field-problem" role="alert">
          {t("explorer.unknown")}
        </p>
      )}
    </form>
  );
}

/** Gives a file to the person: made in this page, nothing is asked. */
function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
