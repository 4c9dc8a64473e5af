import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { BlockSummary } from "../../chain/recent-blocks.ts";
import { byteCount, clockTime, grouped, shortened } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";

export function BlocksTable({ blocks }: { readonly blocks: readonly BlockSummary[] }): ReactNode {
  const t = useText();
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("explorer.block")}</th>
            <th scope="col">{t("explorer.time")}</th>
            <th scope="col" className="wide-only">
              {t("explorer.hash")}
            </th>
            <th scope="col">{t("explorer.extrinsics")}</th>
            <th scope="col" className="wide-only">
              {t("explorer.size")}
            </th>
          </tr>
        </thead>
        <tbody>
          {blocks.map(({ number, hash, at, extrinsics, commands, bytes }) => (
            <tr key={number}>
              <th scope="row">
                <Link to="/explorer/blocks/$number" params={{ number: String(number) }} data-value>
                  {grouped(number)}
                </Link>
              </th>
              <td data-value>{at === undefined ? "–" : clockTime(at)}</td>
              <td className="wide-only">
                <code className="data muted">{shortened(toHex(hash), 12, 8)}</code>
              </td>
              <td>
                <span className="row-tight">
                  <span data-value>{extrinsics}</span>
                  {commands > 0 && (
                    <Badge tone="sealed">{t("home.sealedCommands", { count: commands })}</Badge>
                  )}
                </span>
              </td>
              <td className="wide-only" data-value>
                {byteCount(bytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
