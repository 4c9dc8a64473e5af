import { Link } from "@tanstack/react-router";
import { Command, Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { useAccounts, useNetwork } from "../chain/network-context.tsx";
import { openWallets } from "../chain/wallets.ts";
import { LensSwitch } from "../lens/lens-switch.tsx";
import { useText } from "../text/index.ts";
import { Identicon } from "../ui/identicon.tsx";
import { PAGES } from "./pages.ts";

export function SideNav(): ReactNode {
  const t = useText();
  return (
    <nav className="side-nav" aria-label={t("nav.label")}>
      <Link to="/" className="brand" aria-label={t("nav.brand")}>
        <span className="brand-mark" aria-hidden />
        <span className="brand-name" data-value>
          {"Pha"}
        </span>
      </Link>
      <ul>
        {PAGES.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              className="nav-link"
              activeOptions={{ exact: to === "/", includeSearch: false }}
            >
              <Icon size={18} aria-hidden />
              <span>{t(label)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function TopBar({
  onPalette,
  onAccount,
}: {
  readonly onPalette: () => void;
  readonly onAccount: (id: string) => void;
}): ReactNode {
  const t = useText();
  const network = useNetwork();
  return (
    <header className="top-bar">
      <LensSwitch />
      <div className="row-tight top-bar-right">
        <span className="network-name muted" data-value>
          {network.name}
        </span>
        <AccountSelect onAccount={onAccount} />
        <button
          type="button"
          className="icon-button"
          aria-label={t("wallets.open")}
          aria-haspopup="dialog"
          onClick={openWallets}
        >
          <Wallet size={18} aria-hidden />
        </button>
        <button
          type="button"
          className="icon-button palette-button"
          aria-label={t("palette.open")}
          onClick={onPalette}
        >
          <Command size={18} aria-hidden />
        </button>
      </div>
    </header>
  );
}

function AccountSelect({ onAccount }: { readonly onAccount: (id: string) => void }): ReactNode {
  const t = useText();
  const { accounts, account } = useAccounts();
  if (accounts.length === 0) return <span className="muted small">{t("account.none")}</span>;
  return (
    <label className="account-select">
      {account && <Identicon of={account.address} />}
      <span className="visually-hidden">{t("account.label")}</span>
      <select
        value={account?.id ?? ""}
        onChange={(event) => onAccount(event.target.value)}
        data-testid="account"
      >
        {account === undefined && <option value="">{t("account.none")}</option>}
        {accounts.map(({ id, name }) => (
          <option key={id} value={id} data-value>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
