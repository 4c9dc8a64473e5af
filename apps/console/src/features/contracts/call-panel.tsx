/** Calls one entry: a form, who acts, and what will be seen of it. */
import type { AbiEntry } from "@pha/contract";
import { toHex } from "@pha/scale";
import { Lock, Send } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { activity } from "../../chain/activity.ts";
import type { ReadContract } from "../../chain/core/contracts.ts";
import { takeStep } from "../../chain/first-steps.ts";
import { useAccounts, useConnected } from "../../chain/network-context.tsx";
import { useStore } from "../../chain/store.ts";
import { draftOf } from "../../chain/vault.ts";
import { openWallets } from "../../chain/wallets.ts";
import { ArgsForm, argsOf, typeName } from "../../lens/args-form.tsx";
import { useLens } from "../../lens/lens-context.tsx";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Notice } from "../../ui/states.tsx";
import { startRun } from "./run.ts";
import { SigningNotice } from "./signing-notice.tsx";

interface CallPanelProps {
  readonly contract: ReadContract;
  readonly kind: "command" | "query";
  readonly method: string;
  readonly entry: AbiEntry;
}

export function CallPanel(props: CallPanelProps): ReactNode {
  const t = useText();
  const { lens, setLens } = useLens();
  const { account } = useAccounts();
  if (lens === "network")
    return (
      <Card title={t("call.networkTitle")}>
        <p>{t("call.network")}</p>
        <div>
          <Button onClick={() => setLens("mine")}>{t("call.backToMine")}</Button>
        </div>
      </Card>
    );
  return account === undefined ? (
    <Notice
      kind="permission"
      title={t("call.noAccountTitle")}
      action={<Button onClick={openWallets}>{t("wallets.open")}</Button>}
    >
      {t("call.noAccount")}
    </Notice>
  ) : (
    <CallForm {...props} />
  );
}

function CallForm({ contract, kind, method, entry }: CallPanelProps): ReactNode {
  const t = useText();
  const id = useId();
  const connected = useConnected();
  const { account, accounts } = useAccounts();
  const { lens, other } = useLens();
  const actor = lens === "other" ? other : account;
  const [runId, setRunId] = useState<number>();
  const run = useStore(activity).find((one) => one.id === runId);
  const isRunning = run?.state === "running";
  const purpose = t("call.purpose", { contract: contract.artefact.name }).slice(0, 128);
  const readsOnly = kind === "command" && actor !== undefined && actor.signer === undefined;
  // A draft is its author's: another account gets a form of its own.
  const form = `${connected.genesis} ${toHex(contract.address)} ${method} ${actor?.address ?? ""}`;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (actor === undefined || isRunning || readsOnly) return;
    const args = argsOf(entry.args, draftOf(form));
    setRunId(startRun({ connected, contract, kind, method, args, account: actor, purpose }));
    if (actor.id !== accounts[0]?.id) takeStep("other");
  };
  return (
    <Card
      title={<span data-value>{method}</span>}
      actions={<Badge>{kind === "command" ? t("call.command") : t("call.query")}</Badge>}
    >
      <form className="stack" onSubmit={submit} aria-describedby={id}>
        <p className="muted" id={id}>
          <span data-value>{entry.docs}</span>{" "}
          {kind === "command" ? t("call.commandWhy") : t("call.queryWhy")}
        </p>
        <ArgsForm type={entry.args} form={form} />
        {actor !== undefined && <SigningNotice {...{ account: actor, contract, kind, purpose }} />}
        <div className="row-between">
          <span className="muted small">
            <Lock size={13} aria-hidden /> {t("call.returns", { type: typeName(entry.returns) })}
          </span>
          <Button
            type="submit"
            tone="primary"
            isBusy={isRunning}
            disabled={readsOnly}
            icon={<Send size={16} aria-hidden />}
          >
            {kind === "command"
              ? t("call.send", { account: actor?.name ?? "" })
              : t("call.ask", { account: actor?.name ?? "" })}
          </Button>
        </div>
      </form>
    </Card>
  );
}
