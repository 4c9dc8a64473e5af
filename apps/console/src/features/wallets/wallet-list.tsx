import type { ReactNode } from "react";
import type { Account } from "../../chain/accounts.ts";
import type { WalletState } from "../../chain/wallets.ts";
import { useWalletText } from "../../text/wallets.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Identicon } from "../../ui/identicon.tsx";
import { Empty, ErrorCard, Notice } from "../../ui/states.tsx";

export interface WalletListProps {
  readonly wallets: readonly WalletState[];
  /** Id of the account that acts. */
  readonly acting: string | undefined;
  /** Id of the wallet that was used last. */
  readonly last: string | undefined;
  readonly isDevelopment: boolean;
  readonly onConnect: (id: string) => void;
  readonly onDisconnect: (id: string) => void;
  readonly onGiveUp: (id: string) => void;
  readonly onUse: (account: string) => void;
}

export function WalletList(props: WalletListProps): ReactNode {
  const t = useWalletText();
  const { wallets, isDevelopment } = props;
  if (wallets.length === 0)
    return (
      <Empty title={t("wallets.noneTitle")}>
        {t("wallets.none")} {isDevelopment && t("wallets.noneDevelopment")}
      </Empty>
    );
  const kinds = (["substrate", "evm"] as const).filter((kind) =>
    wallets.some((one) => one.kind === kind),
  );
  return (
    <div className="stack">
      {kinds.map((kind) => (
        <section key={kind} className="stack" aria-label={t(`wallets.${kind}`)}>
          <header>
            <h3 className="section-title">{t(`wallets.${kind}`)}</h3>
            <p className="muted small">{t(`wallets.${kind}Why`)}</p>
          </header>
          {wallets
            .filter((one) => one.kind === kind)
            .sort((a, b) => Number(b.id === props.last) - Number(a.id === props.last))
            .map((wallet) => (
              <WalletCard key={wallet.id} {...props} wallet={wallet} />
            ))}
        </section>
      ))}
    </div>
  );
}

function WalletCard({
  wallet,
  ...props
}: WalletListProps & { readonly wallet: WalletState }): ReactNode {
  const t = useWalletText();
  const { id, name, version, phase, accounts, problem } = wallet;
  return (
    <article className="wallet card" data-testid="wallet" data-phase={phase}>
      <header className="row-between">
        <div className="shrinks">
          <p className="row-tight">
            <strong data-value>{name}</strong>
            {phase === "connected" && <Badge>{t("wallets.connected")}</Badge>}
            {phase !== "connected" && props.last === id && <Badge>{t("wallets.last")}</Badge>}
          </p>
          {version !== undefined && (
            <p className="muted small">{t("wallets.version", { version })}</p>
          )}
        </div>
        {phase === "found" && (
          <Button
            tone="primary"
            aria-label={t("wallets.connectTo", { wallet: name })}
            onClick={() => props.onConnect(id)}
          >
            {t("wallets.connect")}
          </Button>
        )}
        {phase === "connected" && (
          <Button
            aria-label={t("wallets.disconnectFrom", { wallet: name })}
            onClick={() => props.onDisconnect(id)}
          >
            {t("wallets.disconnect")}
          </Button>
        )}
      </header>
      {phase === "asked" && (
        <Notice
          kind="permission"
          title={t("wallets.asked")}
          action={<Button onClick={() => props.onGiveUp(id)}>{t("wallets.giveUp")}</Button>}
        />
      )}
      {problem !== undefined && <ErrorCard problem={problem} />}
      {phase === "connected" && accounts.length === 0 && (
        <Notice kind="permission" title={t("wallets.lockedTitle")}>
          {t("wallets.locked")}
        </Notice>
      )}
      {accounts.length > 0 && (
        <>
          <ul className="list" aria-label={t("wallets.accounts", { wallet: name })}>
            {accounts.map((account) => (
              <AccountRow
                key={account.id}
                account={account}
                isActing={account.id === props.acting}
                onUse={props.onUse}
              />
            ))}
          </ul>
          {wallet.kind === "substrate" && <p className="muted small">{t("wallets.names")}</p>}
        </>
      )}
    </article>
  );
}

function AccountRow({
  account,
  isActing,
  onUse,
}: {
  readonly account: Account;
  readonly isActing: boolean;
  readonly onUse: (id: string) => void;
}): ReactNode {
  const t = useWalletText();
  const { id, name, address, wallet, signer } = account;
  return (
    <li className="list-row row-between" data-testid="wallet-account">
      <div className="shrinks stack-tight">
        <p className="row-tight">
          <Identicon of={address} />
          <strong data-value>{name}</strong>
          {signer === undefined && <Badge>{t("wallets.readsOnly")}</Badge>}
        </p>
        <dl className="inline-facts">
          {wallet?.evmAddress !== undefined && (
            <Detail term={t("wallets.evmAddress")}>
              <Copyable value={wallet.evmAddress} label={t("wallets.evmAddress")} />
            </Detail>
          )}
          <Detail term={t("wallets.address")}>
            <Copyable value={address} label={t("wallets.address")} />
          </Detail>
        </dl>
      </div>
      {isActing ? (
        <Badge>{t("wallets.acting")}</Badge>
      ) : (
        <Button aria-label={t("wallets.useAs", { account: name })} onClick={() => onUse(id)}>
          {t("wallets.use")}
        </Button>
      )}
    </li>
  );
}
