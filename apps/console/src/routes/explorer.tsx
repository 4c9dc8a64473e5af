import type { ReactNode } from "react";
import { BlocksView } from "../features/explorer/blocks-view.tsx";
import { ExplorerFrame } from "./explorer-frame.tsx";

export function ExplorerPage(): ReactNode {
  return (
    <ExplorerFrame>
      <BlocksView />
    </ExplorerFrame>
  );
}
