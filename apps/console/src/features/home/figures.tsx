import type { ReactNode } from "react";
import type { BlockSummary } from "../../chain/recent-blocks.ts";
import { byteCount } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Sparkline } from "../../ui/sparkline.tsx";
import { secondsBetween } from "./model.ts";

/** Four small plots over the newest blocks. */
export function Figures({ blocks }: { readonly blocks: readonly BlockSummary[] }): ReactNode {
  const t = useText();
  const oldestFirst = [...blocks].slice(0, 40).reverse();
  const seconds = secondsBetween(oldestFirst);
  const figures = [
    {
      name: t("home.blockTime"),
      values: seconds,
      newest: seconds.length === 0 ? "–" : `${(seconds.at(-1) ?? 0).toFixed(1)} s`,
    },
    {
      name: t("home.transactions"),
      values: oldestFirst.map(({ signed }) => signed),
      newest: String(oldestFirst.at(-1)?.signed ?? "–"),
    },
    {
      name: t("home.commands"),
      values: oldestFirst.map(({ commands }) => commands),
      newest: String(oldestFirst.reduce((sum, { commands }) => sum + commands, 0)),
    },
    {
      name: t("home.bytes"),
      values: oldestFirst.map(({ bytes }) => bytes),
      newest: oldestFirst.length === 0 ? "–" : byteCount(oldestFirst.at(-1)?.bytes ?? 0),
    },
  ];
  return (
    <dl className="figures">
      {figures.map(({ name, values, newest }) => (
        <div key={name} className="figure">
          <dt className="muted small">{name}</dt>
          <dd>
            <span className="figure-value" data-value>
              {newest}
            </span>
            <Sparkline
              values={values}
              label={t("home.plot", { name, count: values.length, newest })}
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}
