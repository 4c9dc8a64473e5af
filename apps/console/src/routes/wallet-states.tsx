/** The gallery's wallets: found, asked, refused, locked, connected; and what is said before each signature. */
import type { ReactNode } from "react";
import { SigningNotice } from "../features/contracts/signing-notice.tsx";
import { WalletList } from "../features/wallets/wallet-list.tsx";
import { ActivityCard } from "../lens/activity-card.tsx";
import { useWalletText } from "../text/wallets.ts";
import { Card } from "../ui/card.tsx";
import { SAMPLE_CONTRACTS, SAMPLE_WAITING } from "./sample-data.ts";
import { SAMPLE_EVM_ACCOUNT, SAMPLE_WALLET_ACCOUNT, SAMPLE_WALLETS } from "./sample-wallets.ts";

const nothing = (): void => undefined;

export function WalletStates(): ReactNode {
  const t = useWalletText();
  const [contract] = SAMPLE_CONTRACTS;
  const common = {
    acting: SAMPLE_WALLET_ACCOUNT.id,
    last: "substrate:four",
    isDevelopment: true,
    onConnect: nothing,
    onDisconnect: nothing,
    onGiveUp: nothing,
    onUse: nothing,
  };
  return (
    <Card title={t("wallets.open")}>
      <div className="stack" data-view="wallets">
        <WalletList {...common} wallets={SAMPLE_WALLETS} />
        <WalletList {...common} wallets={[]} />
        {SAMPLE_WAITING.map((one) => (
          <ActivityCard key={one.id} activity={one} onWhy={nothing} />
        ))}
        {contract !== undefined &&
          [SAMPLE_WALLET_ACCOUNT, SAMPLE_EVM_ACCOUNT].flatMap((account) =>
            (["command", "query"] as const).map((kind) => (
              <SigningNotice
                key={`${account.id} ${kind}`}
                {...{ account, contract, kind }}
                purpose="read counter on this page"
              />
            )),
          )}
      </div>
    </Card>
  );
}
