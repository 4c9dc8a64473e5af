import { toHex } from "@pha/scale";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import type { Account } from "../chain/accounts.ts";
import type { ReadContract } from "../chain/core/contracts.ts";
import { useAccounts, useConnected } from "../chain/network-context.tsx";
import { useContracts } from "../chain/queries.ts";
import { loadSiteCore } from "../chain/site-queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { isSite } from "../features/analytics/model.ts";
import { NetworkVisits } from "../features/analytics/network-visits.tsx";
import { useAct } from "../features/analytics/use-act.ts";
import { shortened } from "../format/index.ts";
import { useLens } from "../lens/lens-context.tsx";
import { useVisitsText } from "../text/analytics.ts";
import { Button } from "../ui/button.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, ErrorCard, Notice, Skeleton } from "../ui/states.tsx";

const PARTS = [
  ["/visits", "visits.dashboard"],
  ["/visits/install", "visits.install"],
  ["/visits/mine", "visits.mine"],
] as const;

/** A site, in hex and as the chain has it, and through whose eyes it is looked at. */
export interface ShownSite {
  readonly id: string;
  readonly contract: ReadContract;
  readonly account: Account;
}

/** What all parts of Analytics have on top; below it the part, or what the network has. */
export function VisitsFrame({
  children,
}: {
  readonly children: (site: ShownSite) => ReactNode;
}): ReactNode {
  const t = useVisitsText();
  const { site } = useSearch({ strict: false });
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("visits.title")}</h1>
        <p className="muted lead">{t("visits.lead")}</p>
      </header>
      <nav className="tabs" aria-label={t("visits.parts")}>
        {PARTS.map(([to, label]) => (
          <Link
            key={to}
            to={to}
            search={(former) => ({ ...former, site })}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {t(label)}
          </Link>
        ))}
      </nav>
      <QueryView
        viewed={viewedOf(useContracts())}
        skeleton={
          <>
            <Skeleton rows={1} height="row" />
            <Skeleton rows={2} height="block" />
          </>
        }
        isEmpty={(contracts) => !contracts.some(isSite)}
        empty={<Empty title={t("visits.noneTitle")}>{t("visits.none")}</Empty>}
      >
        {(contracts) => <OfSite sites={contracts.filter(isSite)}>{children}</OfSite>}
      </QueryView>
    </div>
  );
}

function OfSite({
  sites,
  children,
}: {
  readonly sites: readonly ReadContract[];
  readonly children: (site: ShownSite) => ReactNode;
}): ReactNode {
  const t = useVisitsText();
  const { site } = useSearch({ strict: false });
  const { account } = useAccounts();
  const { lens, other } = useLens();
  const contract = sites.find(({ address }) => toHex(address) === site) ?? sites[0];
  const viewer = lens === "other" ? other : account;
  if (contract === undefined) return null;
  const id = toHex(contract.address);
  return (
    <>
      <SitePicker sites={sites} chosen={contract} account={account} />
      {lens === "network" ? (
        <NetworkVisits site={id} />
      ) : viewer === undefined ? (
        <Notice kind="permission" title={t("visits.noAccountTitle")}>
          {t("visits.noAccount")}
        </Notice>
      ) : (
        children({ id, contract, account: viewer })
      )}
    </>
  );
}

function SitePicker({
  sites,
  chosen,
  account,
}: {
  readonly sites: readonly ReadContract[];
  readonly chosen: ReadContract;
  readonly account: Account | undefined;
}): ReactNode {
  const t = useVisitsText();
  const navigate = useNavigate();
  const { client } = useConnected();
  const act = useAct();
  const choose = (id: string): void => {
    void navigate({ to: ".", search: (former) => ({ ...former, site: id }) });
  };
  return (
    <>
      <div className="row-wrap site-picker">
        <label className="select-label">
          <span>{t("visits.site")}</span>
          <select
            value={toHex(chosen.address)}
            onChange={(event) => choose(event.target.value)}
            data-testid="site"
          >
            {sites.map(({ address, artefact }) => (
              <option key={toHex(address)} value={toHex(address)} data-value>
                {`${artefact.name} ${shortened(toHex(address), 8, 6)}`}
              </option>
            ))}
          </select>
        </label>
        {account !== undefined && (
          <Button
            isBusy={act.isBusy}
            icon={<Plus size={16} aria-hidden />}
            title={t("visits.newWhy", { owner: account.name })}
            onClick={() =>
              act.run(async () => {
                const core = await loadSiteCore();
                choose(await core.createSite(client, chosen, account));
                return undefined;
              })
            }
          >
            {t("visits.new")}
          </Button>
        )}
      </div>
      {act.problem !== undefined && <ErrorCard problem={act.problem} />}
    </>
  );
}
