import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { servedAnalytics } from "../chain/collector.ts";
import { useConnected, useNetwork } from "../chain/network-context.tsx";
import { isAddress } from "../chain/networks.ts";
import { loadSiteCore, useCollector, useSite, useVisitKey } from "../chain/site-queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import {
  AppointButton,
  CheckCard,
  CollectorFacts,
  CollectorForm,
  SnippetCard,
} from "../features/analytics/install-panels.tsx";
import { arrivedSince, snippetOf } from "../features/analytics/model.ts";
import { useAct } from "../features/analytics/use-act.ts";
import { useVisitsText } from "../text/analytics.ts";
import { Card } from "../ui/card.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";
import { type ShownSite, VisitsFrame } from "./visits-frame.tsx";

export function VisitsInstallPage(): ReactNode {
  return <VisitsFrame>{(site) => <Install key={site.id} site={site} />}</VisitsFrame>;
}

function Install({ site: shown }: { readonly site: ShownSite }): ReactNode {
  const network = useNetwork();
  const served = useQuery({
    queryKey: ["served-analytics"],
    queryFn: async () => (await servedAnalytics()) ?? null,
    enabled: network.isServed,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (network.isServed && served.isPending) return <Skeleton rows={3} height="block" />;
  const own = served.data ?? undefined;
  return (
    <Steps
      shown={shown}
      collector={own?.collector}
      samplePage={own?.site === shown.id ? own.page : undefined}
    />
  );
}

function Steps({
  shown: { id, contract, account },
  collector,
  samplePage,
}: {
  readonly shown: ShownSite;
  readonly collector: string | undefined;
  readonly samplePage: string | undefined;
}): ReactNode {
  const t = useVisitsText();
  const { client } = useConnected();
  const [url, setUrl] = useState(collector ?? "");
  const act = useAct();
  const isUrl = isAddress(url, /^https?:$/);
  const standing = useCollector(isUrl ? url : undefined);
  const key = viewedOf(useVisitKey(id));
  const reading = useSite({ site: id, account, purpose: t("visits.purpose") }).data;
  const now = reading && reading.report.views + reading.report.events;
  const [first, setFirst] = useState<number>();
  // The first reading is what later ones are compared with.
  if (first === undefined && now !== undefined) setFirst(now);

  const appoint = (address: string): void =>
    act.run(async () => {
      const core = await loadSiteCore();
      await core.appointCollector(client, contract.address, account, address);
      return t("visits.appointed");
    });

  return (
    <div className="install-grid">
      <QueryView viewed={key} skeleton={<Skeleton rows={1} height="block" />}>
        {(hex) => (
          <SnippetCard
            snippet={snippetOf(id, hex, isUrl ? url : "https://your-collector.example")}
          />
        )}
      </QueryView>
      <Card title={t("visits.collector")}>
        <p className="muted">{t("visits.collectorWhy")}</p>
        <CollectorForm key={collector} url={url} onUrl={setUrl} />
        {isUrl ? (
          <QueryView viewed={viewedOf(standing)} skeleton={<Skeleton rows={2} height="row" />}>
            {(one) => (
              <>
                <CollectorFacts collector={one} site={id} />
                <AppointButton
                  owner={account.name}
                  act={act}
                  onAppoint={() => appoint(one.account)}
                />
              </>
            )}
          </QueryView>
        ) : (
          <Empty title={t("visits.noCollectorTitle")}>{t("visits.noCollector")}</Empty>
        )}
      </Card>
      <CheckCard
        isThere={arrivedSince(first, now)}
        live={reading?.report.live}
        samplePage={samplePage}
      />
    </div>
  );
}
