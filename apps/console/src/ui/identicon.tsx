import type { ReactNode } from "react";

const SIZE = 5;

/** A small symmetric pattern of an address, to tell accounts apart at a glance; the address itself decides. */
export function Identicon({
  of,
  size = 20,
}: {
  readonly of: string;
  readonly size?: number;
}): ReactNode {
  let seed = 2166136261;
  for (let i = 0; i < of.length; i++) seed = Math.imul(seed ^ of.charCodeAt(i), 16777619) >>> 0;
  const cells: ReactNode[] = [];
  for (let x = 0; x < Math.ceil(SIZE / 2); x++)
    for (let y = 0; y < SIZE; y++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      if (seed >>> 31 === 0) continue;
      for (const column of new Set([x, SIZE - 1 - x]))
        cells.push(<rect key={`${column} ${y}`} x={column} y={y} width="1" height="1" />);
    }
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: the name beside it says whose it is
    <svg
      className={`identicon identicon-${seed % 6}`}
      width={size}
      height={size}
      viewBox={`-0.5 -0.5 ${SIZE + 1} ${SIZE + 1}`}
      aria-hidden
    >
      {cells}
    </svg>
  );
}
