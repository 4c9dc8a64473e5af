import type { ReactNode } from "react";
import { useKeys, useWorkerNames } from "../chain/fleet-queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { KeysView } from "../features/keys/keys-view.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Skeleton } from "../ui/states.tsx";
import { OperateFrame } from "./operate-frame.tsx";

export function OperateKeysPage(): ReactNode {
  const names = useWorkerNames();
  return (
    <OperateFrame>
      <QueryView viewed={viewedOf(useKeys())} skeleton={<Skeleton rows={3} height="block" />}>
        {(keys) => <KeysView keys={keys} names={names} />}
      </QueryView>
    </OperateFrame>
  );
}
