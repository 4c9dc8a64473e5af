import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMaybeConnected } from "../chain/network-context.tsx";
import { chainKey, connectedOf } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { AccountView } from "../features/explorer/account-view.tsx";
import { useText } from "../text/index.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Skeleton } from "../ui/states.tsx";

export function AccountPage(): ReactNode {
  const t = useText();
  const connected = useMaybeConnected();
  const { address } = useParams({ from: "/explorer/accounts/$address" });
  const query = useQuery({
    queryKey: chainKey(connected, "account", address),
    queryFn: () => {
      const { core, client } = connectedOf(connected);
      return core.readAccount(client, address);
    },
    enabled: connected !== undefined,
    refetchInterval: 5_000,
    retry: false,
  });
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("explorer.accountTitle")}</h1>
        <p className="muted lead">{t("explorer.accountLead")}</p>
      </header>
      <QueryView viewed={viewedOf(query)} skeleton={<Skeleton rows={1} height="block" />}>
        {(account) => <AccountView account={account} />}
      </QueryView>
    </div>
  );
}
