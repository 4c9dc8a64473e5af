/** Why trust this: the chain of trust that this page verified by itself. */
import { RotateCw } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useClockDifference } from "../../chain/clock.ts";
import { takeStep } from "../../chain/first-steps.ts";
import { useNetwork } from "../../chain/network-context.tsx";
import { useContract, useReplicas, useTrust } from "../../chain/queries.ts";
import { viewedOf } from "../../chain/viewed.ts";
import { ClockNotice } from "../../evidence/clock-notice.tsx";
import { wholeTone } from "../../evidence/tone.ts";
import { VerdictTree } from "../../evidence/verdict-tree.tsx";
import { grouped, span } from "../../format/index.ts";
import { useVerifyText } from "../../text/verify.ts";
import { Button } from "../../ui/button.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { QueryView } from "../../ui/query-view.tsx";
import { ErrorCard, Notice, Skeleton } from "../../ui/states.tsx";

export function EvidenceDrawer({
  contract,
  isOpen,
  onClose,
}: {
  readonly contract: string | undefined;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactNode {
  const t = useVerifyText();
  useEffect(() => {
    if (isOpen) takeStep("trust");
  }, [isOpen]);
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("evidence.title")} kind="drawer">
      {contract === undefined ? (
        <Skeleton rows={6} height="row" />
      ) : (
        <DrawerContent contract={contract} />
      )}
    </Dialog>
  );
}

function DrawerContent({ contract }: { readonly contract: string }): ReactNode {
  const t = useVerifyText();
  const network = useNetwork();
  const trust = useTrust(contract);
  const unreachable = viewedOf(useReplicas(contract)).problem;
  const clock = useClockDifference(trust.data);
  const name = useContract(contract).data?.artefact.name ?? contract;
  const command = network.isServed
    ? `npx --no pha verify ${name}${network.development ? " --allow-simulated" : ""}`
    : `pha verify ${contract}${network.node === undefined ? "" : ` --url ${network.node}`}`;
  return (
    <QueryView viewed={viewedOf(trust)} skeleton={<Skeleton rows={8} height="row" />}>
      {({ report, block, verifiedAt }) => {
        const tone = wholeTone(report);
        const holds = report.verdicts.filter(({ ok }) => ok).length;
        return (
          <div className="stack">
            {tone === "simulated" && (
              <Notice kind="simulated" title={t("evidence.simulatedTitle")}>
                {t("evidence.simulated")}
              </Notice>
            )}
            {tone === "broken" && (
              <ErrorCard
                problem={{
                  code: "verify/not-trusted",
                  message: t("evidence.broken"),
                  hint: t("evidence.brokenHint"),
                  facts: {},
                }}
              />
            )}
            <ClockNotice difference={clock} />
            <div className="row-between">
              <p className="muted" data-testid="evidence-summary">
                {t("evidence.summary", {
                  holds,
                  all: report.verdicts.length,
                  block: grouped(block),
                  age: span(Date.now() - verifiedAt),
                })}
              </p>
              <Button
                icon={<RotateCw size={16} aria-hidden />}
                isBusy={trust.isFetching}
                onClick={() => void trust.refetch()}
              >
                {t("evidence.again")}
              </Button>
            </div>
            <p className="muted small">
              {t(network.node === undefined ? "evidence.way.light" : "evidence.way.node")}
            </p>
            {unreachable && <ErrorCard problem={unreachable} />}
            <VerdictTree verdicts={report.verdicts} />
            <div className="stack-tight">
              <p className="label">{t("evidence.terminal")}</p>
              <Copyable value={command} label={t("evidence.terminal")} isWhole />
            </div>
          </div>
        );
      }}
    </QueryView>
  );
}
