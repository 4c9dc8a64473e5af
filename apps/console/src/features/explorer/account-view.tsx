import { toHex } from "@pha/scale";
import type { ReactNode } from "react";
import type { AccountReading } from "../../chain/core/account-record.ts";
import { grouped, phaText } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Identicon } from "../../ui/identicon.tsx";

/** An account as everybody sees it; what contracts keep for it is theirs to know. */
export function AccountView({ account }: { readonly account: AccountReading }): ReactNode {
  const t = useText();
  const amounts = [
    ["explorer.free", account.free],
    ["explorer.reserved", account.reserved],
    ["explorer.frozen", account.frozen],
  ] as const;
  return (
    <Card
      title={
        <span className="row-tight">
          <Identicon of={account.address} size={24} />
          <Copyable value={account.address} label={t("explorer.address")} head={12} tail={10} />
        </span>
      }
    >
      <dl className="details">
        <Detail term={t("explorer.publicKey")}>
          <Copyable value={toHex(account.publicKey)} label={t("explorer.publicKey")} />
        </Detail>
        {amounts.map(([term, amount]) => (
          <Detail key={term} term={t(term)}>
            <span title={`${amount}`} data-value>
              {phaText(amount)} {"PHA"}
            </span>
          </Detail>
        ))}
        <Detail term={t("explorer.nonce")}>
          <code className="data">{grouped(account.nonce)}</code>
        </Detail>
      </dl>
      <p className="muted small">
        {account.exists
          ? t("explorer.accountProven", { block: grouped(account.block) })
          : t("explorer.accountAbsent", { block: grouped(account.block) })}
      </p>
    </Card>
  );
}
