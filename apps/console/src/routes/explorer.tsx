import { toHex } from "@pha/scale";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useContracts } from "../chain/queries.ts";
import { ExplorerView } from "../features/explorer/explorer-view.tsx";

export function ExplorerPage(): ReactNode {
  const navigate = useNavigate();
  const contracts = useContracts().data ?? [];
  return (
    <ExplorerView
      onGo={(targets) => {
        const known = targets.find(
          (target) =>
            target.kind !== "contract" ||
            contracts.some(({ address }) => toHex(address) === target.address),
        );
        if (known?.kind === "block")
          void navigate({
            to: "/explorer/blocks/$number",
            params: { number: String(known.number) },
          });
        else if (known?.kind === "contract")
          void navigate({ to: "/contracts/$address", params: { address: known.address } });
        else if (known?.kind === "account")
          void navigate({ to: "/explorer/accounts/$address", params: { address: known.address } });
      }}
    />
  );
}
