import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { addNetwork, networks, removeNetwork } from "../app/known-networks.ts";
import { chooseLanguage } from "../app/language.ts";
import { chooseTheme, theme } from "../app/preferences.ts";
import { useNetwork } from "../chain/network-context.tsx";
import { useStore } from "../chain/store.ts";
import { SettingsView } from "../features/settings/settings-view.tsx";

export function SettingsPage(): ReactNode {
  const navigate = useNavigate();
  return (
    <SettingsView
      networks={useStore(networks) ?? []}
      network={useNetwork()}
      theme={useStore(theme)}
      onTheme={chooseTheme}
      onLanguage={(language) => void chooseLanguage(language)}
      onAdd={addNetwork}
      onRemove={removeNetwork}
      onChoose={(id) =>
        void navigate({ to: "/settings", search: (former) => ({ ...former, net: id }) })
      }
    />
  );
}
