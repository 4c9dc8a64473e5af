import { ShieldAlert, ShieldCheck, ShieldX } from "lucide-react";
import type { ReactNode } from "react";
import type { SubjectReading } from "../../chain/core/verify-subject.ts";
import { wholeTone } from "../../evidence/tone.ts";
import { grouped, shortened } from "../../format/index.ts";
import { useVerifyText } from "../../text/verify.ts";

const SHIELDS = { verified: ShieldCheck, simulated: ShieldAlert, broken: ShieldX } as const;

/** What it is, what was checked, what protects it. */
export function VerdictLines({ reading }: { readonly reading: SubjectReading }): ReactNode {
  const t = useVerifyText();
  const whole = wholeTone(reading);
  const tone = whole === "broken" || whole === "simulated" ? whole : "verified";
  const Shield = SHIELDS[tone];
  const holds = reading.verdicts.filter(({ ok }) => ok).length;
  const broken = reading.verdicts.find(({ ok }) => !ok);
  return (
    <section
      className={`verdict-lines verdict-lines-${tone}`}
      data-testid="verdict"
      data-tone={tone}
    >
      <Shield size={28} aria-hidden />
      <div>
        <p className="verdict-line-first">
          {t(`verify.kind.${reading.kind}`, { name: reading.name ?? shortened(reading.id) })}
        </p>
        <p>
          {broken === undefined
            ? t("verify.allHold", { all: reading.verdicts.length, block: grouped(reading.block) })
            : t("verify.someBroken", { holds, all: reading.verdicts.length })}
        </p>
        <p>{t(`verify.protection.${tone}`)}</p>
      </div>
    </section>
  );
}
