/** Wallets of this browser: found, asked, connected, and their accounts. */
import { type ReactNode, useEffect, useState } from "react";
import { useAccounts, useMaybeConnected, useNetwork } from "../../chain/network-context.tsx";
import { type Problem, problemOf } from "../../chain/problem.ts";
import { useStore } from "../../chain/store.ts";
import { connectWallet, disconnectWallet, lookForWallets } from "../../chain/wallet-actions.ts";
import { cancelWallet, lastWallet, wallets } from "../../chain/wallets.ts";
import { useWalletText } from "../../text/wallets.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorCard, Skeleton } from "../../ui/states.tsx";
import { WalletList } from "./wallet-list.tsx";

export function WalletDialog({
  isOpen,
  onClose,
  onUse,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onUse: (id: string) => void;
}): ReactNode {
  const t = useWalletText();
  const network = useNetwork();
  const genesis = useMaybeConnected()?.genesis;
  const { account } = useAccounts();
  const known = useStore(wallets);
  const [problem, setProblem] = useState<Problem>();
  const fail = (error: unknown): void => setProblem(problemOf(error));
  useEffect(() => lookForWallets((error) => setProblem(problemOf(error))), []);
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("wallets.open")} kind="drawer">
      <div className="stack">
        <p className="muted">{t("wallets.lead")}</p>
        {problem !== undefined && <ErrorCard problem={problem} />}
        {genesis === undefined ? (
          <Skeleton rows={2} height="block" />
        ) : (
          <WalletList
            wallets={known}
            acting={account?.id}
            last={lastWallet()}
            isDevelopment={network.development}
            onConnect={(id) => void connectWallet(id, genesis).catch(fail)}
            onDisconnect={(id) => void disconnectWallet(id).catch(fail)}
            onGiveUp={cancelWallet}
            onUse={(id) => {
              onUse(id);
              onClose();
            }}
          />
        )}
      </div>
    </Dialog>
  );
}
