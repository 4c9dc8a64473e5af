/** Everything by its name: pages, contracts, the lens, accounts. */
import { toHex } from "@pha/scale";
import { Command } from "cmdk";
import type { ReactNode } from "react";
import { openEvidence } from "../chain/evidence-drawer-state.ts";
import { useContracts } from "../chain/queries.ts";
import { LENSES, useLens } from "../lens/lens-context.tsx";
import { useText } from "../text/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { PAGES } from "./pages.ts";

export function Palette({
  isOpen,
  onClose,
  onGo,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onGo: (href: string) => void;
}): ReactNode {
  const t = useText();
  const { setLens } = useLens();
  const contracts = useContracts().data ?? [];
  const run = (action: () => void) => (): void => {
    onClose();
    action();
  };
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("palette.title")}>
      <Command label={t("palette.title")} className="palette" loop>
        <Command.Input
          data-first-focus
          placeholder={t("palette.placeholder")}
          className="palette-input"
        />
        <Command.List className="palette-list">
          <Command.Empty className="muted palette-empty">{t("palette.nothing")}</Command.Empty>
          <Command.Group heading={t("palette.pages")}>
            {PAGES.map(({ to, label, icon: Icon }) => (
              <Command.Item key={to} onSelect={run(() => onGo(to))}>
                <Icon size={16} aria-hidden />
                {t(label)}
              </Command.Item>
            ))}
          </Command.Group>
          <Command.Group heading={t("palette.actions")}>
            {LENSES.map((lens) => (
              <Command.Item key={lens} onSelect={run(() => setLens(lens))}>
                {t("palette.lens", { lens: t(`lens.${lens}`) })}
              </Command.Item>
            ))}
            <Command.Item onSelect={run(openEvidence)}>{t("trust.why")}</Command.Item>
          </Command.Group>
          {contracts.length > 0 && (
            <Command.Group heading={t("nav.contracts")}>
              {contracts.map(({ address, artefact }) => {
                const id = toHex(address);
                return (
                  <Command.Item
                    key={id}
                    value={`${artefact.name} ${id}`}
                    onSelect={run(() => onGo(`/contracts/${id}`))}
                  >
                    <span data-value>{artefact.name}</span>
                    <code className="data muted">{id.slice(0, 10)}</code>
                  </Command.Item>
                );
              })}
            </Command.Group>
          )}
        </Command.List>
        <dl className="shortcuts">
          {(["palette", "lens", "help"] as const).map((key) => (
            <div key={key}>
              <dt>
                <kbd data-value>{KEYS[key]}</kbd>
              </dt>
              <dd className="muted small">{t(`keys.${key}`)}</dd>
            </div>
          ))}
        </dl>
      </Command>
    </Dialog>
  );
}

const KEYS = { palette: "Ctrl K", lens: "L", help: "?" } as const;
