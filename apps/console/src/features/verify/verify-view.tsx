/** Verifies what somebody pastes, in this page: verdict in three lines, then the tree. */

import { toHex } from "@pha/scale";
import { useQuery } from "@tanstack/react-query";
import { FileUp, ShieldCheck } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useClockDifference } from "../../chain/clock.ts";
import type { SubjectReading } from "../../chain/core/verify-subject.ts";
import { takeStep } from "../../chain/first-steps.ts";
import { useMaybeConnected, useNetwork } from "../../chain/network-context.tsx";
import { chainKey, useContracts } from "../../chain/queries.ts";
import { viewedOf } from "../../chain/viewed.ts";
import { ClockNotice } from "../../evidence/clock-notice.tsx";
import { wholeTone } from "../../evidence/tone.ts";
import { VerdictTree } from "../../evidence/verdict-tree.tsx";
import { grouped, shortened } from "../../format/index.ts";
import { useVerifyText } from "../../text/verify.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { QueryView } from "../../ui/query-view.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { VerdictLines } from "./verdict-lines.tsx";

/** Longest subject that is part of the page's address; receipts are longer and stay in the page. */
const LINKABLE = 66;
const MAX_FILE_BYTES = 2 << 20;

export function VerifyView({
  subject,
  onSubject,
}: {
  /** Of the page's address. */
  readonly subject: string | undefined;
  readonly onSubject: (subject: string | undefined) => void;
}): ReactNode {
  const t = useVerifyText();
  const [long, setLong] = useState<string>();
  const asked = long ?? subject;
  const choose = (text: string): void => {
    const trimmed = text.trim();
    const isLong = trimmed.length > LINKABLE;
    setLong(isLong ? trimmed : undefined);
    onSubject(isLong || trimmed === "" ? undefined : trimmed);
  };
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("verify.title")}</h1>
        <p className="muted lead">{t("verify.lead")}</p>
      </header>
      <SubjectForm key={asked} subject={asked} onChoose={choose} />
      {asked === undefined ? (
        <Empty title={t("verify.emptyTitle")}>{t("verify.empty")}</Empty>
      ) : (
        <Verdict subject={asked} />
      )}
    </div>
  );
}

function SubjectForm({
  subject,
  onChoose,
}: {
  readonly subject: string | undefined;
  readonly onChoose: (text: string) => void;
}): ReactNode {
  const t = useVerifyText();
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const [fileProblem, setFileProblem] = useState<string>();
  const contracts = useContracts().data ?? [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onChoose(input.current?.value ?? "");
  };
  const open = async (file: File | undefined): Promise<void> => {
    setFileProblem(undefined);
    if (file === undefined) return;
    if (file.size > MAX_FILE_BYTES) return setFileProblem(t("verify.fileTooLong"));
    const bytes = new Uint8Array(await file.arrayBuffer());
    const text = new TextDecoder().decode(bytes).trim();
    // Text in hex or base64; else the bytes themselves.
    onChoose(/^[\w+/=\s-]+$/.test(text) ? text : toHex(bytes));
  };
  return (
    <Card>
      <form className="stack" onSubmit={submit}>
        <div className="field">
          <label htmlFor={id}>{t("verify.label")}</label>
          <textarea
            id={id}
            ref={input}
            rows={3}
            className="data"
            defaultValue={subject ?? ""}
            spellCheck={false}
            autoComplete="off"
            placeholder="0x"
          />
        </div>
        {fileProblem !== undefined && (
          <p className="field-problem" role="alert">
            {fileProblem}
          </p>
        )}
        <div className="row-wrap">
          <Button type="submit" tone="primary" icon={<ShieldCheck size={16} aria-hidden />}>
            {t("verify.run")}
          </Button>
          <label className="button button-plain file-button">
            <FileUp size={16} aria-hidden />
            <span>{t("verify.file")}</span>
            <input
              type="file"
              className="visually-hidden"
              onChange={({ target }) => void open(target.files?.[0])}
            />
          </label>
          {contracts.slice(0, 4).map(({ address, artefact }) => (
            <Button key={toHex(address)} tone="quiet" onClick={() => onChoose(toHex(address))}>
              {t("verify.pick", { name: artefact.name })}
            </Button>
          ))}
        </div>
      </form>
    </Card>
  );
}

function Verdict({ subject }: { readonly subject: string }): ReactNode {
  const t = useVerifyText();
  const connected = useMaybeConnected();
  const query = useQuery({
    queryKey: chainKey(connected, "verify", subject.length > LINKABLE ? hashed(subject) : subject),
    queryFn: async () => {
      if (connected === undefined) throw new Error("a query ran without a connection");
      const { verifySubject } = await import("../../chain/core/verify-subject.ts");
      return verifySubject(connected.client, subject);
    },
    enabled: connected !== undefined,
    retry: false,
    staleTime: 0,
  });
  useEffect(() => {
    if (query.data !== undefined) takeStep("verify");
  }, [query.data]);
  return (
    <div aria-live="polite" className="stack">
      <QueryView viewed={viewedOf(query)} skeleton={<Skeleton rows={6} height="row" />}>
        {(reading) => (
          <>
            <VerdictLines reading={reading} />
            <VerdictClock reading={reading} at={query.dataUpdatedAt} />
            <Card title={t("verify.links")}>
              <VerdictTree verdicts={reading.verdicts} />
            </Card>
            <Share reading={reading} />
          </>
        )}
      </QueryView>
    </div>
  );
}

function VerdictClock({
  reading,
  at,
}: {
  readonly reading: SubjectReading;
  /** Unix milliseconds. */
  readonly at: number;
}): ReactNode {
  return <ClockNotice difference={useClockDifference({ report: reading, verifiedAt: at })} />;
}

/** Short name of a long text for a key; equal texts have equal ones, and unequal ones of equal length seldom. */
function hashed(text: string): string {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return `${text.length} ${sum} ${text.slice(0, 32)}${text.slice(-32)}`;
}

/** Of what is kept as a file. */
function commandFor({ kind, id, verdicts }: SubjectReading): string {
  if (kind === "receipt") return `npx --no pha receipt ${shortened(id)}.receipt`;
  const { reportData } = verdicts.find(({ link }) => link === "evidence/read")?.facts ?? {};
  return `npx --no pha verify evidence FILE --report-data ${reportData ?? "0x…"}`;
}

function Share({ reading }: { readonly reading: SubjectReading }): ReactNode {
  const t = useVerifyText();
  const network = useNetwork();
  if (!reading.isLinkable)
    return (
      <Card title={t("verify.share")}>
        <p className="muted">{t("verify.notLinkable")}</p>
        <Copyable value={commandFor(reading)} label={t("evidence.terminal")} isWhole />
      </Card>
    );
  const link = `${location.origin}/verify?subject=${reading.id}`;
  const badge = `<a href="${link}">${t("verify.badgeText", { name: reading.name ?? shortened(reading.id) })}</a>`;
  const command = `npx --no pha verify ${reading.name ?? reading.id}${network.development ? " --allow-simulated" : ""}`;
  return (
    <Card title={t("verify.share")}>
      <p className="muted">{t("verify.shareWhy")}</p>
      <dl className="details">
        <div>
          <dt>{t("verify.link")}</dt>
          <dd>
            <Copyable value={link} label={t("verify.link")} head={34} tail={12} />
          </dd>
        </div>
        <div>
          <dt>{t("verify.badge")}</dt>
          <dd>
            <Copyable value={badge} label={t("verify.badge")} head={34} tail={12} />
          </dd>
        </div>
        {reading.kind === "contract" && (
          <div>
            <dt>{t("evidence.terminal")}</dt>
            <dd>
              <Copyable value={command} label={t("evidence.terminal")} isWhole />
            </dd>
          </div>
        )}
      </dl>
      <p className="muted small">
        {t("verify.under", {
          block: grouped(reading.block),
          tone: t(
            `tone.${wholeTone(reading) === "broken" ? "broken" : reading.simulated ? "simulated" : "verified"}`,
          ),
        })}
      </p>
    </Card>
  );
}
