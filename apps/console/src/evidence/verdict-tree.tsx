/** The chain of trust, link by link, each with its facts one click away. */
import type { Verdict } from "@pha/sdk";
import { Check, ChevronRight, CircleAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { EN_AND_VERIFY, useVerifyText, type VerifyKey } from "../text/verify.ts";
import { Facts } from "../ui/facts.tsx";
import { Raw } from "../ui/raw.tsx";
import { toneOf } from "./tone.ts";

const MARKS = { verified: Check, simulated: TriangleAlert, broken: CircleAlert } as const;

export function VerdictTree({ verdicts }: { readonly verdicts: readonly Verdict[] }): ReactNode {
  const t = useVerifyText();
  return (
    <ol className="verdicts" aria-label={t("evidence.tree")}>
      {verdicts.map((verdict, at) => (
        // One report's links never change their order; some names occur once for each replica.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <li key={at} className={isInner(verdict.link) ? "verdict-inner" : ""}>
          <VerdictRow verdict={verdict} />
        </li>
      ))}
    </ol>
  );
}

function isInner(link: string): boolean {
  return /^(replica|worker)\//.test(link) && !link.endsWith("/registered");
}

function VerdictRow({ verdict }: { readonly verdict: Verdict }): ReactNode {
  const t = useVerifyText();
  const tone = toneOf(verdict);
  const Mark = MARKS[tone === "simulated" || tone === "broken" ? tone : "verified"];
  return (
    <details className={`verdict verdict-${tone}`} data-link={verdict.link} data-tone={tone}>
      <summary>
        <Mark
          size={16}
          aria-label={t(`tone.${tone === "neutral" || tone === "sealed" ? "verified" : tone}`)}
        />
        <span className="verdict-text">
          <span
            className="verdict-name"
            data-value={isKey(`link.${verdict.link}`) ? undefined : ""}
          >
            {nameOf(verdict.link, t)}
          </span>
          <span className="muted" data-value>
            {verdict.says}
          </span>
        </span>
        <ChevronRight size={16} aria-hidden className="verdict-chevron" />
      </summary>
      <div className="verdict-facts">
        {explained(verdict.link) !== undefined && (
          <p>{t(explained(verdict.link) ?? "link.genesis.why")}</p>
        )}
        <Facts facts={verdict.facts} />
        <details className="raw-details">
          <summary>{t("evidence.raw")}</summary>
          <Raw>{JSON.stringify(verdict, undefined, 2)}</Raw>
        </details>
      </div>
    </details>
  );
}

/** Known links have a name for people; others are shown as they are called. */
function nameOf(link: string, t: (key: VerifyKey) => string): string {
  const key = `link.${link}`;
  return isKey(key) ? t(key) : link;
}

function explained(link: string): VerifyKey | undefined {
  const key = `link.${link}.why`;
  return isKey(key) ? key : undefined;
}

function isKey(key: string): key is VerifyKey {
  return Object.hasOwn(EN_AND_VERIFY, key);
}
