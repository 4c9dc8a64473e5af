import { toHex } from "@pha/scale";
import type { ReactNode } from "react";
import { useConnected } from "../chain/network-context.tsx";
import { loadSiteCore, useOwnVisits } from "../chain/site-queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { OwnVisits } from "../features/analytics/own-visits.tsx";
import { useAct } from "../features/analytics/use-act.ts";
import { grouped } from "../format/index.ts";
import { useVisitsText } from "../text/analytics.ts";
import { Card } from "../ui/card.tsx";
import { Copyable } from "../ui/copyable.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";
import { type ShownSite, VisitsFrame } from "./visits-frame.tsx";

export function VisitsMinePage(): ReactNode {
  return (
    <VisitsFrame>{(site) => <Mine key={site.id + site.account.address} site={site} />}</VisitsFrame>
  );
}

function Mine({ site: { id, contract, account } }: { readonly site: ShownSite }): ReactNode {
  const t = useVisitsText();
  const { client } = useConnected();
  const act = useAct();
  const query = useOwnVisits({ site: id, account, purpose: t("visits.purpose") });
  const remove = (from: number, most: number): void =>
    act.run(async () => {
      const core = await loadSiteCore();
      const which = { from, most };
      const count = await core.forgetVisits(client, contract.address, account, which);
      await query.refetch();
      return t("visits.deleted", { count: grouped(count) });
    });
  return (
    <>
      <Card>
        <p className="muted">{t("visits.mineWhy")}</p>
        <p className="small">{t("visits.mineAccount")}</p>
        <Copyable
          value={toHex(account.publicKey)}
          label={t("visits.mineAccount")}
          head={18}
          tail={8}
        />
      </Card>
      <QueryView
        viewed={viewedOf(query)}
        skeleton={<Skeleton rows={2} height="block" />}
        isEmpty={(visits) =>
          visits.length === 0 && !act.isBusy && act.said === undefined && act.problem === undefined
        }
        empty={
          <Empty title={t("visits.mineEmptyTitle", { account: account.name })}>
            {t("visits.mineEmpty")}
          </Empty>
        }
      >
        {(visits) => <OwnVisits visits={visits} act={act} onDelete={remove} />}
      </QueryView>
    </>
  );
}
