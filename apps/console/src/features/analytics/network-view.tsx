/** Visits through the network's eyes: ciphertext, and what leaks. */
import type { ReactNode } from "react";
import type { SealedFacts } from "../../chain/sealed.ts";
import { grouped } from "../../format/index.ts";
import { Leaks } from "../../lens/leaks.tsx";
import { Ciphertext } from "../../lens/protected.tsx";
import { useVisitsText } from "../../text/analytics.ts";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";

export interface SeenCommand {
  readonly sealed: SealedFacts;
  readonly block: number;
}

export function VisitsOfNetwork({ last }: { readonly last: SeenCommand | undefined }): ReactNode {
  const t = useVisitsText();
  return (
    <Card title={t("visits.networkTitle")}>
      <p className="muted">{t("visits.networkWhy")}</p>
      <h3 className="section-title">{t("visits.lastCommand")}</h3>
      {last === undefined ? (
        <Empty title={t("visits.noCommandTitle")}>{t("visits.noCommand")}</Empty>
      ) : (
        <>
          <p className="muted small">{t("stage.block", { block: grouped(last.block) })}</p>
          <Ciphertext sealed={last.sealed} />
        </>
      )}
      <Leaks
        leaks={[
          { term: t("visits.leakSender"), value: t("visits.leakSenderIs") },
          { term: t("visits.leakTime"), value: t("visits.leakTimeIs") },
          { term: t("visits.leakCount"), value: t("visits.leakCountIs") },
        ]}
        hidden={t("visits.leakHidden")}
      />
    </Card>
  );
}
