import { Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { forgetSteps } from "../../chain/first-steps.ts";
import type { Network } from "../../chain/networks.ts";
import { type Language, useLanguage } from "../../text/index.ts";
import { useSettingsText } from "../../text/settings.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Certificates } from "./certificates.tsx";
import { NetworkForm } from "./network-form.tsx";

export type Theme = "system" | "light" | "dark";

export interface SettingsProps {
  readonly networks: readonly Network[];
  readonly network: Network;
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
  readonly onLanguage: (language: Language) => void;
  readonly onChoose: (id: string) => void;
  readonly onAdd: (network: Network) => void;
  readonly onRemove: (id: string) => void;
}

export function SettingsView(props: SettingsProps): ReactNode {
  const t = useSettingsText();
  const { networks, network, onChoose, onAdd, onRemove } = props;
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("settings.title")}</h1>
      </header>
      <Card title={t("settings.networks")}>
        <p className="muted">{t("settings.networksWhy")}</p>
        <ul className="list">
          {networks.map((one) => (
            <li key={one.id} className="row-between list-row">
              <div className="shrinks">
                <p className="row-tight">
                  <strong data-value>{one.name}</strong>
                  {one.id === network.id && <Badge>{t("settings.current")}</Badge>}
                </p>
                {one.node === undefined ? (
                  <span className="muted small">{t("settings.byLight")}</span>
                ) : (
                  <code className="data muted small">{one.node}</code>
                )}
              </div>
              <div className="row-tight">
                {one.id !== network.id && (
                  <Button onClick={() => onChoose(one.id)}>{t("settings.use")}</Button>
                )}
                {!one.isServed && (
                  <button
                    type="button"
                    className="icon-button"
                    aria-label={t("settings.remove", { name: one.name })}
                    onClick={() => onRemove(one.id)}
                  >
                    <Trash2 size={16} aria-hidden />
                  </button>
                )}
              </div>
            </li>
          ))}
        </ul>
        <NetworkForm names={networks.map(({ name }) => name)} onAdd={onAdd} />
      </Card>
      <Certificates isDevelopment={network.development} />
      <Appearance {...props} />
      <Card title={t("settings.data")}>
        <p className="muted">{t("settings.dataWhy")}</p>
        <div>
          <Button onClick={forgetSteps}>{t("settings.forgetSteps")}</Button>
        </div>
      </Card>
    </div>
  );
}

function Appearance({
  theme,
  onTheme,
  onLanguage,
}: Pick<SettingsProps, "theme" | "onTheme" | "onLanguage">): ReactNode {
  const t = useSettingsText();
  const language = useLanguage();
  return (
    <Card title={t("settings.appearance")}>
      <div className="stack">
        <div className="row-between">
          <span>{t("settings.theme")}</span>
          <Segments<Theme>
            label={t("settings.theme")}
            value={theme}
            onChange={onTheme}
            segments={[
              { value: "system", label: t("settings.system") },
              { value: "light", label: t("settings.light") },
              { value: "dark", label: t("settings.dark") },
            ]}
          />
        </div>
        <div className="row-between">
          <span>{t("settings.language")}</span>
          <Segments<Language>
            label={t("settings.language")}
            value={language}
            onChange={onLanguage}
            segments={[
              { value: "en", label: t("settings.english"), lang: "en" },
              { value: "zh", label: t("settings.chinese"), lang: "zh-Hans" },
              { value: "pseudo", label: t("settings.pseudo") },
            ]}
          />
        </div>
      </div>
    </Card>
  );
}
