/** Who may read in whose name on this page, until when, and how to end it. */
import { Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { certificateLife, chooseLife, LIVES, type Life } from "../../chain/certificate-life.ts";
import { useHeads, useMaybeConnected } from "../../chain/network-context.tsx";
import { endSession, type KeptSession, sessions } from "../../chain/sessions.ts";
import { useStore } from "../../chain/store.ts";
import { openWallets } from "../../chain/wallets.ts";
import { grouped, shortened } from "../../format/index.ts";
import { useSettingsText } from "../../text/settings.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Raw } from "../../ui/raw.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Empty } from "../../ui/states.tsx";

export function Certificates({
  isDevelopment,
}: {
  /** Certificates of seconds are for trying out what happens when one ends. */
  readonly isDevelopment: boolean;
}): ReactNode {
  const t = useSettingsText();
  const kept = useStore(sessions);
  const life = useStore(certificateLife);
  // Names of a closed record.
  const lives = (Object.keys(LIVES) as Life[]).filter((one) => one !== "seconds" || isDevelopment);
  return (
    <>
      <Card
        title={t("certificates.wallets")}
        actions={
          <Button icon={<Wallet size={16} aria-hidden />} onClick={openWallets}>
            {t("wallets.open")}
          </Button>
        }
      >
        <p className="muted">{t("certificates.walletsWhy")}</p>
      </Card>
      <Card title={t("settings.certificates")}>
        <p className="muted">{t("settings.certificatesWhy")}</p>
        <div className="row-between">
          <span>{t("certificates.life")}</span>
          <Segments<Life>
            label={t("certificates.life")}
            value={life}
            onChange={chooseLife}
            segments={lives.map((value) => ({ value, label: t(`certificates.${value}`) }))}
          />
        </div>
        {kept.length === 0 ? (
          <Empty title={t("settings.noCertificatesTitle")}>{t("settings.noCertificates")}</Empty>
        ) : (
          <ul className="list">
            {kept.map((one) => (
              <CertificateRow key={`${one.genesis} ${one.account} ${one.contract}`} kept={one} />
            ))}
          </ul>
        )}
      </Card>
    </>
  );
}

function CertificateRow({ kept }: { readonly kept: KeptSession }): ReactNode {
  const t = useSettingsText();
  const core = useMaybeConnected()?.core;
  const head = useHeads()?.finalized ?? 0;
  const { name, wallet } = kept.signedBy;
  const { expiry } = kept.session.certificate;
  return (
    <li className="list-row stack-tight" data-testid="certificate">
      <div className="row-between">
        <p className="shrinks">
          <strong data-value>{name}</strong> <code className="data">{shortened(kept.account)}</code>{" "}
          <span className="muted">
            {t("settings.certificateFor", {
              contract: shortened(kept.contract),
              block: grouped(expiry),
            })}
            {wallet !== undefined && `, ${t("certificates.signedBy", { wallet })}`}
          </span>{" "}
          {(kept.isOver || head > expiry) && <Badge>{t("certificates.ended")}</Badge>}
        </p>
        <Button onClick={() => endSession(kept)}>{t("settings.endCertificate")}</Button>
      </div>
      <details className="raw-details">
        <summary>{t("settings.certificateText")}</summary>
        <Raw>{core?.textOfCertificate(kept.session)}</Raw>
      </details>
    </li>
  );
}
