import type { ReactNode } from "react";
import { NetworkForm } from "../features/settings/network-form.tsx";
import { useText } from "../text/index.ts";
import { Card } from "../ui/card.tsx";
import { addNetwork } from "./known-networks.ts";

/** Of a console that a plain file server serves: the person names the network. */
export function NoNetwork(): ReactNode {
  const t = useText();
  return (
    <main className="page">
      <div className="stack">
        <h1>{t("noNetwork.title")}</h1>
        <p className="muted lead">{t("noNetwork.lead")}</p>
        <Card>
          <NetworkForm names={[]} onAdd={addNetwork} />
        </Card>
      </div>
    </main>
  );
}
