// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be left out of the page
// biome-ignore-all lint/a11y/useFocusableInteractive: rows and cells are read; links in them are operated
/**
 * A table of any length: rows out of view are not in the page. Columns that are `isWide` are left out where there is little
 * room. What the table scrolls in is reached by the keyboard, and how many rows there are is told.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useRef } from "react";

export interface Column<T> {
  readonly title: string;
  /** Share of the width. */
  readonly share: number;
  readonly isWide?: boolean;
  readonly cell: (row: T) => ReactNode;
}

const ROW_PX = 44;
/** Up to so many the table is as long as its rows, without a box of its own. */
const MOST_WHOLE = 40;
const BOX_PX = 640;

export function VirtualTable<T>({
  label,
  columns,
  rows,
  keyOf,
}: {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const isWhole = rows.length <= MOST_WHOLE;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    initialRect: { width: 0, height: BOX_PX },
  });
  const items = virtual.getVirtualItems();
  const shown = isWhole ? rows.map((_, index) => ({ index, start: index * ROW_PX })) : items;
  return (
    <div
      className="vtable"
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      style={sharesOf(columns)}
    >
      <div className="vtable-row vtable-head" role="row" aria-rowindex={1}>
        {columns.map(({ title, isWide }) => (
          <span key={title} role="columnheader" className={isWide === true ? "wide-only" : ""}>
            {title}
          </span>
        ))}
      </div>
      <div
        ref={box}
        className={`vtable-box ${isWhole ? "" : "is-scrolled"}`}
        role="rowgroup"
        tabIndex={isWhole ? undefined : 0}
      >
        <div style={{ height: (isWhole ? rows.length : 0) * ROW_PX || virtual.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const row = rows[index];
            return (
              row !== undefined && (
                <div
                  key={keyOf(row)}
                  className="vtable-row"
                  role="row"
                  aria-rowindex={index + 2}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {columns.map(({ title, isWide, cell }) => (
                    <span key={title} role="cell" className={isWide === true ? "wide-only" : ""}>
                      {cell(row)}
                    </span>
                  ))}
                </div>
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

function sharesOf<T>(columns: readonly Column<T>[]): CSSProperties {
  const shares = (list: readonly Column<T>[]): string =>
    list.map(({ share }) => `minmax(0, ${share}fr)`).join(" ");
  const narrow = columns.filter(({ isWide }) => isWide !== true);
  // Styles may have variables, which their type does not know.
  return { "--columns": shares(columns), "--columns-narrow": shares(narrow) } as CSSProperties;
}
