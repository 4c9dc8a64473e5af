import { Eye, Globe, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useAccounts } from "../chain/network-context.tsx";
import { useText } from "../text/index.ts";
import { Segments } from "../ui/segments.tsx";
import { useLens } from "./lens-context.tsx";

export function LensSwitch(): ReactNode {
  const t = useText();
  const { lens, setLens, other, setOther } = useLens();
  const { accounts, account } = useAccounts();
  return (
    <div className="lens-switch">
      <Segments
        label={t("lens.label")}
        value={lens}
        onChange={setLens}
        segments={[
          { value: "mine", label: t("lens.mine"), icon: <Eye size={15} aria-hidden /> },
          { value: "network", label: t("lens.network"), icon: <Globe size={15} aria-hidden /> },
          { value: "other", label: t("lens.other"), icon: <UserRound size={15} aria-hidden /> },
        ]}
      />
      {lens === "other" && other !== undefined && (
        <label className="select-label">
          <span className="visually-hidden">{t("lens.otherAccount")}</span>
          <select value={other.id} onChange={(event) => setOther(event.target.value)}>
            {accounts
              .filter(({ id }) => id !== account?.id)
              .map(({ id, name }) => (
                <option key={id} value={id} data-value>
                  {name}
                </option>
              ))}
          </select>
        </label>
      )}
    </div>
  );
}
