import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useConnected } from "../chain/network-context.tsx";
import { useSite, useSiteRows } from "../chain/site-queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import {
  SiteExport,
  SiteFigures,
  SitePlots,
  SiteRowCards,
} from "../features/analytics/dashboard.tsx";
import { LogUpload } from "../features/analytics/log-upload.tsx";
import { useVisitsText } from "../text/analytics.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";
import { type ShownSite, VisitsFrame } from "./visits-frame.tsx";

export function VisitsPage(): ReactNode {
  return (
    <VisitsFrame>
      {(site) => <Dashboard key={site.id + site.account.address} site={site} />}
    </VisitsFrame>
  );
}

function Dashboard({ site: { id, contract, account } }: { readonly site: ShownSite }): ReactNode {
  const t = useVisitsText();
  const connected = useConnected();
  const asked = { site: id, account, purpose: t("visits.purpose") };
  const site = viewedOf(useSite(asked));
  const rows = viewedOf(useSiteRows(asked));
  if (site.problem?.facts["reason"] === "analytics/not-the-owner")
    return (
      <Empty
        title={t("visits.notOwnerTitle", { account: account.name })}
        action={
          <Link
            to="/visits/mine"
            search={(former) => ({ ...former, site: id })}
            className="button button-plain"
          >
            {t("visits.mine")}
          </Link>
        }
      >
        {t("visits.notOwner")}
      </Empty>
    );
  return (
    <>
      <QueryView
        viewed={site}
        skeleton={
          <>
            <Skeleton rows={1} height="row" />
            <Skeleton rows={2} height="block" />
          </>
        }
        isEmpty={({ report }) => report.views + report.events + report.refused === 0}
        empty={
          <Empty
            title={t("visits.emptyTitle")}
            action={
              <Link
                to="/visits/install"
                search={(former) => ({ ...former, site: id })}
                className="button button-primary"
              >
                {t("visits.install")}
              </Link>
            }
          >
            {t("visits.empty")}
          </Empty>
        }
      >
        {(reading) => (
          <>
            <SiteFigures reading={reading} />
            <SitePlots reading={reading} />
            <QueryView viewed={rows} skeleton={<Skeleton rows={2} height="block" />}>
              {(lists) => (
                <>
                  <SiteRowCards rows={lists} least={reading.report.minVisitors} />
                  <div className="row-wrap">
                    <SiteExport reading={reading} rows={lists} />
                  </div>
                </>
              )}
            </QueryView>
          </>
        )}
      </QueryView>
      <LogUpload connected={connected} site={contract.address} account={account} />
    </>
  );
}
