/** What all parts of the explorer have on top: its parts and the search. */
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMaybeConnected } from "../chain/network-context.tsx";
import { connectedOf } from "../chain/queries.ts";
import { ExplorerNav } from "../features/explorer/explorer-nav.tsx";

export function ExplorerFrame({ children }: { readonly children: ReactNode }): ReactNode {
  const navigate = useNavigate();
  const connected = useMaybeConnected();
  const onFind = async (text: string): Promise<boolean> => {
    const { client } = connectedOf(connected);
    const { findSubject } = await import("../chain/core/machines.ts");
    const found = await findSubject(client, text);
    switch (found?.kind) {
      case undefined:
        return false;
      case "block":
        await navigate({ to: "/explorer/blocks/$number", params: { number: `${found.number}` } });
        return true;
      case "extrinsic":
        await navigate({
          to: "/explorer/extrinsics/$place",
          params: { place: `${found.block}-${found.index}` },
        });
        return true;
      case "contract":
        await navigate({ to: "/contracts/$address", params: { address: found.id } });
        return true;
      case "worker":
        await navigate({ to: "/explorer/workers/$identity", params: { identity: found.id } });
        return true;
      case "cluster":
        await navigate({ to: "/explorer/clusters/$cluster", params: { cluster: found.id } });
        return true;
      case "account":
        await navigate({ to: "/explorer/accounts/$address", params: { address: found.id } });
        return true;
    }
  };
  return (
    <div className="stack">
      <ExplorerNav onFind={onFind} />
      {children}
    </div>
  );
}
