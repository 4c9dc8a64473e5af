import { type FormEvent, type ReactNode, useId, useState } from "react";
import { idOf, isAddress, type Network } from "../../chain/networks.ts";
import { type TextKey, useText } from "../../text/index.ts";
import { Button } from "../../ui/button.tsx";

/** Adds a network by its addresses. */
export function NetworkForm({
  names,
  onAdd,
}: {
  readonly names: readonly string[];
  readonly onAdd: (network: Network) => void;
}): ReactNode {
  const t = useText();
  const id = useId();
  const [problem, setProblem] = useState<TextKey>();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const read = readNetwork(data, names);
    setProblem(typeof read === "string" ? read : undefined);
    if (typeof read === "string") return;
    form.reset();
    onAdd(read);
  };
  return (
    <details className="raw-details">
      <summary>{t("settings.addNetwork")}</summary>
      <form className="stack" onSubmit={submit}>
        <TextField id={`${id}name`} name="name" label={t("settings.name")} example="My network" />
        <TextField
          id={`${id}node`}
          name="node"
          label={t("settings.node")}
          example="ws://127.0.0.1:9944"
        />
        <TextField
          id={`${id}workers`}
          name="workers"
          label={t("settings.workers")}
          example="http://127.0.0.1:8000"
        />
        <TextField id={`${id}genesis`} name="genesis" label={t("settings.genesis")} example="0x…" />
        <label className="row-tight">
          <input type="checkbox" name="development" />
          <span>{t("settings.development")}</span>
        </label>
        {problem !== undefined && (
          <p className="field-problem" role="alert">
            {t(problem)}
          </p>
        )}
        <div>
          <Button type="submit" tone="primary">
            {t("settings.add")}
          </Button>
        </div>
      </form>
    </details>
  );
}

function TextField({
  id,
  name,
  label,
  example,
}: {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly example: string;
}): ReactNode {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} placeholder={example} autoComplete="off" spellCheck={false} />
    </div>
  );
}

/** @returns the network, or what is wrong with it */
export function readNetwork(data: FormData, names: readonly string[]): Network | TextKey {
  const text = (name: string): string => String(data.get(name) ?? "").trim();
  const name = text("name");
  if (name === "" || name.length > 40) return "settings.badName";
  if (names.some((one) => idOf(one) === idOf(name))) return "settings.sameName";
  const node = text("node");
  if (!isAddress(node, /^wss?:$/)) return "settings.badNode";
  const workers = text("workers")
    .split(/[\s,]+/)
    .filter((url) => url !== "");
  if (!workers.every((url) => isAddress(url, /^https?:$/))) return "settings.badWorkers";
  const genesis = text("genesis");
  if (genesis !== "" && !/^0x[0-9a-f]{64}$/.test(genesis)) return "settings.badGenesis";
  return {
    id: idOf(name),
    name,
    node,
    workers,
    genesis: genesis === "" ? undefined : genesis,
    development: data.get("development") === "on",
    isServed: false,
  };
}
