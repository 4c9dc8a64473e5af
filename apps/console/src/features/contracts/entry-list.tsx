import type { Artefact } from "@pha/contract";
import type { ReactNode } from "react";
import { useText } from "../../text/index.ts";

/** Commands and queries, one chosen. */
export function EntryList({
  artefact,
  chosen,
  onChoose,
}: {
  readonly artefact: Artefact;
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}): ReactNode {
  const t = useText();
  return (
    <nav className="entry-list" aria-label={t("contract.entries")}>
      <Group
        title={t("contract.commands")}
        names={Object.keys(artefact.commands)}
        chosen={chosen}
        onChoose={onChoose}
      />
      <Group
        title={t("contract.queries")}
        names={Object.keys(artefact.queries)}
        chosen={chosen}
        onChoose={onChoose}
      />
    </nav>
  );
}

function Group({
  title,
  names,
  chosen,
  onChoose,
}: {
  readonly title: string;
  readonly names: readonly string[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}): ReactNode {
  if (names.length === 0) return null;
  return (
    <div>
      <p className="label">{title}</p>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <button
              type="button"
              className="entry"
              aria-pressed={name === chosen}
              onClick={() => onChoose(name)}
              data-value
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
