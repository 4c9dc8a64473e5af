/** Counts by uPlot, with the same as a table for who does not see them. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { grouped } from "../../format/index.ts";
import { useVisitsText } from "../../text/analytics.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Counted } from "./model.ts";

const HEIGHT = 200;
/** Told apart in both themes. */
const COLOURS = ["#0b8a7d", "#a35bd6"] as const;
const { bars } = uPlot.paths;
const BARS = bars?.({ size: [0.7, 40], radius: 0.1 });

export function CountsPlot({
  title,
  label,
  counted,
  least,
}: {
  readonly title: string;
  /** What the names of the first column are. */
  readonly label: string;
  readonly counted: Counted;
  readonly least: number;
}): ReactNode {
  const t = useVisitsText();
  const [isTable, setTable] = useState(false);
  const { series } = counted;
  const isEmpty = series.every(({ counts }) => counts.every((count) => count === 0));
  return (
    <Card
      title={title}
      actions={
        <Button tone="quiet" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? t("visits.asPlot") : t("visits.asTable")}
        </Button>
      }
    >
      {isEmpty ? (
        <Empty title={t("visits.noRowsTitle")}>{t("visits.noRows", { count: least })}</Empty>
      ) : isTable ? (
        <CountsTable title={title} label={label} counted={counted} />
      ) : (
        <>
          <Bars counted={counted} label={title} />
          <ul className="legend">
            {series.map(({ name }, i) => (
              <li key={name}>
                <svg width="14" height="10" aria-hidden>
                  <title>{name}</title>
                  <rect width="14" height="10" rx="2" fill={COLOURS[i % COLOURS.length]} />
                </svg>
                <span>{name}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Bars({
  counted,
  label,
}: {
  readonly counted: Counted;
  readonly label: string;
}): ReactNode {
  const element = useRef<HTMLDivElement>(null);
  const text = JSON.stringify(counted);
  useEffect(() => {
    const box = element.current;
    if (box === null) return undefined;
    // What was written above.
    const { labels, series } = JSON.parse(text) as Counted;
    const style = getComputedStyle(box);
    const stroke = style.getPropertyValue("--ink-muted");
    const line = style.getPropertyValue("--line");
    const axis = { stroke, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
    const made = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [-0.6, labels.length - 0.4] },
          y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            splits: () => labels.map((_, i) => i),
            space: 40,
            filter: (_plot, splits) => thinned(splits, box.clientWidth),
            values: (_plot, splits) =>
              splits.map((at) => (at === null ? "" : shortLabel(labels[at] ?? ""))),
          },
          {
            ...axis,
            size: 44,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000, 1_000_000],
          },
        ],
        series: [
          {},
          ...series.map(({ name }, i) => ({
            label: name,
            stroke: COLOURS[i % COLOURS.length] ?? "",
            width: i === 0 ? 1 : 2,
            ...(i === 0
              ? { fill: `${COLOURS[0]}99`, points: { show: false }, ...(BARS && { paths: BARS }) }
              : { points: { show: true, size: 7 } }),
          })),
        ],
      },
      // Names are positions: the axis writes them.
      [labels.map((_, i) => i), ...series.map(({ counts }) => [...counts])],
      box,
    );
    const watch = new ResizeObserver(() =>
      made.setSize({ width: box.clientWidth, height: HEIGHT }),
    );
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [text]);
  return <div ref={element} className="plot" role="img" aria-label={label} />;
}

/** As many names as have room. */
function thinned(splits: readonly number[], width: number): (number | null)[] {
  const every = Math.max(1, Math.ceil((splits.length * 44) / Math.max(1, width - 44)));
  return splits.map((at, i) => (i % every === 0 ? at : null));
}

/** Of a date month and day; others as they are. */
function shortLabel(label: string): string {
  return label.replace(/^\d{4}-/, "");
}

function CountsTable({
  title,
  label,
  counted: { labels, series },
}: {
  readonly title: string;
  readonly label: string;
  readonly counted: Counted;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a pointer
    <div className="table-scroll counts-table" tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{label}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((name, at) => (
            <tr key={name}>
              <th scope="row" data-value>
                {name}
              </th>
              {series.map((one) => (
                <td key={one.name} data-value>
                  {grouped(one.counts[at] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
