/** Always in view: how far the chain is, who works, under what protection, who holds the keys, until when I may read. */
import { Box, Clock, Cpu, KeyRound, ShieldAlert, ShieldCheck, ShieldX } from "lucide-react";
import type { ReactNode } from "react";
import { slotOf, useClockDifference } from "../../chain/clock.ts";
import {
  useAccounts,
  useHeads,
  useMaybeConnected,
  useNetwork,
} from "../../chain/network-context.tsx";
import { useReplicas, useTrust } from "../../chain/queries.ts";
import { sessions } from "../../chain/sessions.ts";
import { useStore } from "../../chain/store.ts";
import { wholeTone } from "../../evidence/tone.ts";
import { grouped, span } from "../../format/index.ts";
import { useText } from "../../text/index.ts";

const SHIELDS = { verified: ShieldCheck, simulated: ShieldAlert, broken: ShieldX } as const;

export function TrustStrip({
  contract,
  onOpen,
}: {
  /** The one whose chain of trust is shown; of the page, or the network's first. */
  readonly contract: string | undefined;
  readonly onOpen: () => void;
}): ReactNode {
  const t = useText();
  const network = useNetwork();
  const heads = useHeads();
  const reading = useTrust(contract).data;
  const replicas = useReplicas(contract).data ?? [];
  const rootKey = reading?.report.verdicts.find(({ link }) => link === "root-key")?.facts;
  const tone = reading && wholeTone(reading.report);
  const Shield =
    tone === undefined || tone === "neutral" || tone === "sealed" ? ShieldAlert : SHIELDS[tone];
  const worker = replicas[0];
  const clock = useClockDifference(reading);
  return (
    <button type="button" className="trust-strip" onClick={onOpen} aria-haspopup="dialog">
      <span
        className={`trust-item trust-shield trust-${tone ?? "pending"}`}
        data-testid="trust-tone"
        data-tone={tone ?? "pending"}
      >
        <Shield size={16} aria-hidden />
        {tone === undefined
          ? t("trust.pending")
          : t(`trust.${tone === "neutral" || tone === "sealed" ? "verified" : tone}`)}
      </span>
      <span className="trust-item" data-testid="trust-head">
        <Box size={15} aria-hidden />
        <span>
          {heads === undefined
            ? t("trust.noHead")
            : t("trust.finalized", { block: grouped(heads.finalized) })}
        </span>
        {heads !== undefined && (
          <span className="muted trust-best" data-testid="trust-way">
            {t(network.node === undefined ? "trust.way.light" : "trust.way.node")}
          </span>
        )}
        {heads?.best !== undefined && heads.best > heads.finalized && (
          <span className="muted trust-best">
            {t("trust.best", { block: grouped(heads.best) })}
          </span>
        )}
      </span>
      {clock !== undefined && (
        <span className="trust-item trust-simulated" data-testid="trust-clock">
          <Clock size={15} aria-hidden />
          {t("trust.clock", { off: span(Math.abs(clock)) })}
        </span>
      )}
      <span className="trust-item trust-optional">
        <Cpu size={15} aria-hidden />
        {worker === undefined
          ? t("trust.noWorker")
          : t("trust.worker", { name: worker.name, count: replicas.length })}
      </span>
      <span className="trust-item trust-optional">
        <KeyRound size={15} aria-hidden />
        {rootKey?.["threshold"] === undefined
          ? t("trust.noKeys")
          : t("trust.gatekeepers", {
              threshold: String(rootKey["threshold"]),
              seats: String(rootKey["seats"]),
            })}
      </span>
      <CertificateItem contract={contract} finalized={heads?.finalized} />
      <span className="trust-item trust-network trust-optional" data-value>
        {network.name}
      </span>
      <span className="trust-why">{t("trust.why")}</span>
    </button>
  );
}

function CertificateItem({
  contract,
  finalized,
}: {
  readonly contract: string | undefined;
  readonly finalized: number | undefined;
}): ReactNode {
  const t = useText();
  const { account } = useAccounts();
  const client = useMaybeConnected()?.client;
  const kept = useStore(sessions).find(
    (one) => one.contract === contract && one.account === account?.address,
  );
  if (kept === undefined || client === undefined || finalized === undefined)
    return (
      <span className="trust-item trust-optional">
        <Clock size={15} aria-hidden />
        {t("trust.noCertificate")}
      </span>
    );
  const left = Math.max(0, kept.session.certificate.expiry - finalized);
  const slotMs = slotOf(client);
  return (
    <span className="trust-item trust-optional" data-testid="trust-certificate">
      <Clock size={15} aria-hidden />
      {t("trust.certificate", { left: span(left * slotMs) })}
    </span>
  );
}
