import type { ReactNode } from "react";
import { openEvidence } from "../chain/evidence-drawer-state.ts";
import { HomeView } from "../features/home/home-view.tsx";

export function HomePage(): ReactNode {
  return <HomeView onWhy={openEvidence} />;
}
