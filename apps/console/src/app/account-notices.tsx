/** Said on every page: an account that acted is not there any more, or not yet. */
import type { ReactNode } from "react";
import { useAccounts, useMaybeConnected } from "../chain/network-context.tsx";
import { useStore } from "../chain/store.ts";
import { openWallets, walletNews } from "../chain/wallets.ts";
import { shortened } from "../format/index.ts";
import { useText } from "../text/index.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/states.tsx";

export function AccountNotices(): ReactNode {
  const t = useText();
  const { missing } = useAccounts();
  const news = useStore(walletNews);
  const isConnected = useMaybeConnected() !== undefined;
  return (
    <>
      {news !== undefined && (
        <Notice
          kind="partial"
          title={t("wallets.gone", { wallet: news.wallet, names: news.names.join(", ") })}
          action={<Button onClick={() => walletNews.set(undefined)}>{t("ui.close")}</Button>}
        >
          {t("wallets.goneEnded", { count: news.ended })}
        </Notice>
      )}
      {missing !== undefined && isConnected && (
        <Notice
          kind="permission"
          title={t("wallets.missing", { address: shortened(missing) })}
          action={<Button onClick={openWallets}>{t("wallets.open")}</Button>}
        >
          {t("wallets.missingWhy")}
        </Notice>
      )}
    </>
  );
}
