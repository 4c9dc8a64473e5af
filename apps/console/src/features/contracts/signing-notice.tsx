/** What a wallet will be asked to sign, said before it opens. */
import { toHex } from "@pha/scale";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Account, AccountWallet } from "../../chain/accounts.ts";
import { certificateLife } from "../../chain/certificate-life.ts";
import type { ReadContract } from "../../chain/core/contracts.ts";
import { useHeads, useMaybeConnected, useNetwork } from "../../chain/network-context.tsx";
import { chainKey, connectedOf } from "../../chain/queries.ts";
import { sessions } from "../../chain/sessions.ts";
import { useStore } from "../../chain/store.ts";
import { shortened, span } from "../../format/index.ts";
import { useWalletText } from "../../text/wallets.ts";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Notice } from "../../ui/states.tsx";

/** Blocks that stay between a certificate's end and its renewal. */
const MARGIN_BLOCKS = 5;
/** Of what a person approves. */
const VALID_BLOCKS = 512;

export interface SigningNoticeProps {
  readonly account: Account;
  readonly contract: ReadContract;
  readonly kind: "command" | "query";
  /** Words in the certificate. */
  readonly purpose: string;
}

export function SigningNotice(props: SigningNoticeProps): ReactNode {
  const t = useWalletText();
  const { account, kind } = props;
  const { wallet, signer } = account;
  if (wallet === undefined) return null;
  if (kind === "query") return <QueryNotice {...props} wallet={wallet} />;
  return signer === undefined ? (
    <Notice kind="permission" title={t("sign.readsOnlyTitle")}>
      {t("sign.readsOnly")}
    </Notice>
  ) : (
    <CommandNotice {...props} wallet={wallet} />
  );
}

interface WithWallet extends SigningNoticeProps {
  readonly wallet: AccountWallet;
}

function CommandNotice({ account, contract, wallet }: WithWallet): ReactNode {
  const t = useWalletText();
  const { address } = account;
  const connected = useMaybeConnected();
  const balance = useQuery({
    queryKey: chainKey(connected, "account", address),
    queryFn: () => connectedOf(connected).core.readAccount(connectedOf(connected).client, address),
    enabled: connected !== undefined,
  });
  return (
    <>
      {balance.data?.free === 0n && (
        <Notice kind="partial" title={t("sign.poorTitle")}>
          {t("sign.poor")}
        </Notice>
      )}
      <section className="signing" data-testid="signing">
        <p className="notice-title">{t("sign.commandTitle", { wallet: wallet.name })}</p>
        <dl className="inline-facts">
          <Detail term={t("sign.call")}>
            <code className="data">{"PhalaPhatContracts.push_command"}</code>
          </Detail>
          <Detail term={t("sign.contract")}>
            <Copyable value={toHex(contract.address)} label={t("sign.contract")} />
          </Detail>
          <Detail term={t("sign.account")}>
            <Copyable value={address} label={t("sign.account")} />
          </Detail>
          <Detail term={t("sign.sealed")}>{t("sign.sealedWhy")}</Detail>
          <Detail term={t("sign.fee")}>{t("sign.feeWhy")}</Detail>
          <Detail term={t("sign.validity")}>
            {t("sign.validityBlocks", { blocks: VALID_BLOCKS })}
          </Detail>
        </dl>
      </section>
    </>
  );
}

function QueryNotice({ account, contract, purpose, wallet }: WithWallet): ReactNode {
  const t = useWalletText();
  const network = useNetwork();
  const heads = useHeads();
  const client = useMaybeConnected()?.client;
  const life = useStore(certificateLife);
  const address = toHex(contract.address);
  const kept = useStore(sessions).find(
    (one) => one.contract === address && one.account === account.address && !one.isOver,
  );
  const left = (kept?.session.certificate.expiry ?? 0) - (heads?.finalized ?? 0);
  if (kept !== undefined && client !== undefined && left > MARGIN_BLOCKS) {
    const slotMs = Number(client.chain.metadata.constant("Babe", "ExpectedBlockTime") ?? 1000n);
    return <p className="muted small">{t("sign.none", { time: span(left * slotMs) })}</p>;
  }
  return (
    <section className="signing" data-testid="signing">
      <p className="notice-title">{t("sign.queryTitle", { wallet: wallet.name })}</p>
      <dl className="inline-facts">
        <Detail term={t("sign.purpose")}>
          <code className="data">{purpose}</code>
        </Detail>
        <Detail term={t("sign.network")}>
          <span data-value>{network.name}</span>{" "}
          {network.genesis !== undefined && (
            <Copyable value={network.genesis} label={t("sign.network")} />
          )}
        </Detail>
        <Detail term={t("sign.account")}>
          <Copyable value={wallet.evmAddress ?? account.address} label={t("sign.account")} />
        </Detail>
        <Detail term={t("sign.queries")}>
          {t("sign.allQueries")} <code className="data">{shortened(address)}</code>
        </Detail>
        <Detail term={t("sign.key")}>{t("sign.keyWhy")}</Detail>
        <Detail term={t("sign.ends")}>
          {t("sign.endsAfter", { time: t(`certificates.${life}`) })}
        </Detail>
      </dl>
      <p className="muted small">{t("sign.moves")}</p>
    </section>
  );
}
