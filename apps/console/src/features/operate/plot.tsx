/** Lines over time by uPlot, with the same as a table for who does not see them. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clockTime } from "../../format/index.ts";
import { useMachineText } from "../../text/machines.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Plotted } from "./history.ts";

const HEIGHT = 200;
/** Between marks of time, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
/** Rows of the table: the newest. */
const ROWS = 20;
/** One for each line, told apart in both themes. */
export const LINE_COLOURS = [
  "#0b8a7d",
  "#a35bd6",
  "#c9652f",
  "#3b82d6",
  "#c2478a",
  "#7d8f1f",
  "#8a6d3b",
  "#5f6b7a",
] as const;

export function Plot({
  title,
  why,
  unit,
  data,
}: {
  readonly title: string;
  readonly why: string;
  readonly unit: string;
  readonly data: Plotted;
}): ReactNode {
  const t = useMachineText();
  const [isTable, setTable] = useState(false);
  const times = data.columns[0] ?? [];
  return (
    <Card
      title={title}
      actions={
        <Button tone="quiet" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? t("plot.asPlot") : t("plot.asTable")}
        </Button>
      }
    >
      <p className="muted small">{why}</p>
      {times.length < 2 || data.names.length === 0 ? (
        <Empty title={t("plot.emptyTitle")}>{t("plot.empty")}</Empty>
      ) : isTable ? (
        <PlotTable data={data} unit={unit} title={title} />
      ) : (
        <Lines data={data} label={`${title}, ${unit}`} />
      )}
      <ul className="legend" aria-hidden={isTable}>
        {data.names.map((name, i) => (
          <li key={name} data-value>
            <svg width="14" height="4" aria-hidden>
              <title>{name}</title>
              <rect width="14" height="4" rx="2" fill={LINE_COLOURS[i % LINE_COLOURS.length]} />
            </svg>
            <span>{name}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Lines({ data, label }: { readonly data: Plotted; readonly label: string }): ReactNode {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const names = data.names.join("\n");
  // The plot reads the arrays; it is given them anew with each sample.
  const columns = data.columns.map((column) => [...column]) as uPlot.AlignedData;
  const first = useRef(columns);
  first.current = columns;
  useEffect(() => {
    const box = element.current;
    if (box === null) return undefined;
    const ink = getComputedStyle(box).getPropertyValue("--ink-muted");
    const line = getComputedStyle(box).getPropertyValue("--line");
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
    const made = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
        axes: [
          {
            ...axis,
            space: 90,
            incrs: STEPS,
            values: (_plot, seconds) => seconds.map((at) => clockTime(at * 1000)),
          },
          { ...axis, size: 44 },
        ],
        series: [
          {},
          ...names.split("\n").map((name, i) => ({
            label: name,
            stroke: LINE_COLOURS[i % LINE_COLOURS.length] ?? "",
            width: 2,
            points: { show: false },
          })),
        ],
      },
      first.current,
      box,
    );
    plot.current = made;
    const watch = new ResizeObserver(() =>
      made.setSize({ width: box.clientWidth, height: HEIGHT }),
    );
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [names]);
  useEffect(() => {
    plot.current?.setData(first.current);
  });
  return <div ref={element} className="plot" role="img" aria-label={label} />;
}

function PlotTable({
  data,
  unit,
  title,
}: {
  readonly data: Plotted;
  readonly unit: string;
  readonly title: string;
}): ReactNode {
  const t = useMachineText();
  const times = data.columns[0] ?? [];
  const rows = Array.from({ length: Math.min(ROWS, times.length) }, (_, i) => times.length - 1 - i);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a pointer
    <div className="table-scroll" tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">{`${title}, ${unit}`}</caption>
        <thead>
          <tr>
            <th scope="col">{t("explorer.time")}</th>
            {data.names.map((name) => (
              <th key={name} scope="col" data-value>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((at) => (
            <tr key={at}>
              <th scope="row" data-value>
                {clockTime((times[at] ?? 0) * 1000)}
              </th>
              {data.names.map((name, i) => (
                <td key={name} data-value>
                  {data.columns[i + 1]?.[at] ?? "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
