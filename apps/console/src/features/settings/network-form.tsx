import { FileUp } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useRef, useState } from "react";
import { keepChainSpec, MAX_SPEC } from "../../chain/chain-specs.ts";
import { idOf, isAddress, KEPT, type Network } from "../../chain/networks.ts";
import { type SettingsKey, useSettingsText } from "../../text/settings.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/segments.tsx";

type Way = "node" | "light";

/** Adds a network: by a node's address, or by the specification that the light client begins with. */
export function NetworkForm({
  names,
  onAdd,
}: {
  readonly names: readonly string[];
  readonly onAdd: (network: Network) => void;
}): ReactNode {
  const t = useSettingsText();
  const id = useId();
  const [problem, setProblem] = useState<SettingsKey>();
  const [way, setWay] = useState<Way>("node");
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    data.set("way", way);
    const read = readNetwork(data, names);
    setProblem(typeof read === "string" ? read : undefined);
    if (typeof read === "string") return;
    if (read.node === undefined) keepChainSpec(read.id, String(data.get("chainSpec")).trim());
    form.reset();
    onAdd(read);
  };
  return (
    <details className="raw-details">
      <summary>{t("settings.addNetwork")}</summary>
      <form className="stack" onSubmit={submit}>
        <TextField id={`${id}name`} name="name" label={t("settings.name")} example="My network" />
        <div className="stack-tight">
          <p className="label">{t("settings.way")}</p>
          <Segments<Way>
            label={t("settings.way")}
            value={way}
            onChange={setWay}
            segments={[
              { value: "node", label: t("settings.way.node") },
              { value: "light", label: t("settings.way.light") },
            ]}
          />
          <p className="muted small">
            {way === "node" ? t("settings.way.nodeWhy") : t("settings.way.lightWhy")}
          </p>
        </div>
        {way === "node" ? (
          <TextField
            id={`${id}node`}
            name="node"
            label={t("settings.node")}
            example="ws://127.0.0.1:9944"
          />
        ) : (
          <SpecField id={`${id}spec`} />
        )}
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

function SpecField({ id }: { readonly id: string }): ReactNode {
  const t = useSettingsText();
  const text = useRef<HTMLTextAreaElement>(null);
  const open = async (file: File | undefined): Promise<void> => {
    // A longer one is cut, and so no JSON: it is refused in words when it is added.
    if (file && text.current) text.current.value = await file.slice(0, MAX_SPEC + 1).text();
  };
  return (
    <div className="field">
      <label htmlFor={id}>{t("settings.chainSpec")}</label>
      <textarea
        id={id}
        ref={text}
        name="chainSpec"
        rows={3}
        className="data"
        autoComplete="off"
        spellCheck={false}
      />
      <label className="button button-plain file-button">
        <FileUp size={16} aria-hidden />
        <span>{t("settings.chainSpecFile")}</span>
        <input
          type="file"
          className="visually-hidden"
          onChange={({ target }) => void open(target.files?.[0])}
        />
      </label>
    </div>
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
export function readNetwork(data: FormData, names: readonly string[]): Network | SettingsKey {
  const text = (name: string): string => String(data.get(name) ?? "").trim();
  const name = text("name");
  if (name === "" || name.length > 40) return "settings.badName";
  if (names.some((one) => idOf(one) === idOf(name))) return "settings.sameName";
  const isLight = text("way") === "light";
  const node = isLight ? undefined : text("node");
  if (node !== undefined && !isAddress(node, /^wss?:$/)) return "settings.badNode";
  if (isLight && !isChainSpec(text("chainSpec"))) return "settings.badChainSpec";
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
    chainSpec: isLight ? KEPT : undefined,
    workers,
    genesis: genesis === "" ? undefined : genesis,
    development: data.get("development") === "on",
    isServed: false,
  };
}

/** Of the form alone: the light client reads it. */
function isChainSpec(text: string): boolean {
  if (text.length > MAX_SPEC) return false;
  try {
    const spec: unknown = JSON.parse(text);
    return typeof spec === "object" && spec !== null && "genesis" in spec && "bootNodes" in spec;
  } catch {
    // No JSON.
    return false;
  }
}
