/** Pages that navigation and palette offer. */
import {
  Activity,
  Boxes,
  ChartColumn,
  FileCode2,
  Hammer,
  House,
  Settings,
  ShieldCheck,
} from "lucide-react";
import type { TextKey } from "../text/index.ts";

export interface Page {
  readonly to:
    | "/"
    | "/contracts"
    | "/build"
    | "/explorer"
    | "/visits"
    | "/operate"
    | "/verify"
    | "/settings";
  readonly label: TextKey;
  readonly icon: typeof House;
}

export const PAGES: readonly Page[] = [
  { to: "/", label: "nav.home", icon: House },
  { to: "/contracts", label: "nav.contracts", icon: FileCode2 },
  { to: "/build", label: "nav.build", icon: Hammer },
  { to: "/explorer", label: "nav.explorer", icon: Boxes },
  { to: "/visits", label: "nav.analytics", icon: ChartColumn },
  { to: "/operate", label: "nav.operate", icon: Activity },
  { to: "/verify", label: "nav.verify", icon: ShieldCheck },
  { to: "/settings", label: "nav.settings", icon: Settings },
];
