/** Contracts of the network, as cards. */
import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import type { ReadContract } from "../../chain/core/contracts.ts";
import { grouped } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Copyable } from "../../ui/copyable.tsx";

export function ContractList({
  contracts,
}: {
  readonly contracts: readonly ReadContract[];
}): ReactNode {
  const t = useText();
  return (
    <ul className="grid-cards">
      {contracts.map(({ address, artefact, record }) => {
        const id = toHex(address);
        return (
          <li key={id} className="card card-link">
            <div className="row-between">
              <h2 className="card-title">
                <Link
                  to="/contracts/$address"
                  params={{ address: id }}
                  className="stretched"
                  data-value
                >
                  {artefact.name}
                </Link>
              </h2>
              <ArrowRight size={16} aria-hidden className="muted" />
            </div>
            <p className="muted" data-value>
              {artefact.docs}
            </p>
            <div className="row-tight raised">
              <Copyable value={id} label={t("contract.address")} />
              {!record.open && <Badge tone="broken">{t("contract.closed")}</Badge>}
            </div>
            <p className="muted small">
              {t("contracts.counts", {
                commands: Object.keys(artefact.commands).length,
                queries: Object.keys(artefact.queries).length,
                block: grouped(record.createdAt),
              })}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
