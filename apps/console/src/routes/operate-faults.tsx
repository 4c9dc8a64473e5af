import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { actOnFault, type Fault, readFaults } from "../chain/devnet-faults.ts";
import { useMaybeConnected, useNetwork } from "../chain/network-context.tsx";
import { chainKey } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { FaultsView } from "../features/operate/faults-view.tsx";
import { useMachineText } from "../text/machines.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Notice, Skeleton } from "../ui/states.tsx";
import { OperateFrame } from "./operate-frame.tsx";

export function OperateFaultsPage(): ReactNode {
  const t = useMachineText();
  const network = useNetwork();
  const connected = useMaybeConnected();
  const query = useQuery({
    queryKey: chainKey(connected, "faults"),
    queryFn: async () => (await readFaults()) ?? null,
    // Its key has the network in it: asked before, its cards would be made anew under the hand.
    enabled: network.isServed && connected !== undefined,
    refetchInterval: 2_000,
  });
  const act = async (action: "start" | "end", fault: Fault, target: string): Promise<void> => {
    await actOnFault(action, fault, target);
    await query.refetch();
  };
  const none = <Empty title={t("faults.noneTitle")}>{t("faults.none")}</Empty>;
  return (
    <OperateFrame>
      {network.isServed ? (
        <QueryView
          viewed={viewedOf(query)}
          skeleton={<Skeleton rows={2} height="block" />}
          isEmpty={(state) => state === null}
          empty={none}
        >
          {(state) =>
            state !== null && (
              <>
                <Notice kind="simulated" title={t("faults.realTitle")}>
                  {t("faults.real")}
                </Notice>
                <FaultsView state={state} onAct={act} />
              </>
            )
          }
        </QueryView>
      ) : (
        none
      )}
    </OperateFrame>
  );
}
