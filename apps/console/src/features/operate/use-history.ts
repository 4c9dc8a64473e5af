import { useEffect } from "react";
import { createStore, useStore } from "../../chain/store.ts";
import { addSample, type FleetSample } from "./history.ts";

/** Kept while the page of the browser is open, by network: going to another page and back keeps what was seen. */
const histories = createStore<Readonly<Record<string, readonly FleetSample[]>>>({});

export interface Measured {
  readonly name: string;
  readonly lag: number | undefined;
  /** Percent. */
  readonly score: number | undefined;
}

export function useHistory(
  genesis: string,
  measured: readonly Measured[] | undefined,
): readonly FleetSample[] {
  useEffect(() => {
    if (measured === undefined || measured.length === 0) return;
    const sample: FleetSample = {
      at: Math.floor(Date.now() / 1000),
      lag: valuesOf(measured, "lag"),
      score: valuesOf(measured, "score"),
    };
    histories.update((all) => ({ ...all, [genesis]: addSample(all[genesis] ?? [], sample) }));
  }, [genesis, measured]);
  return useStore(histories)[genesis] ?? NONE;
}

const NONE: readonly FleetSample[] = [];

function valuesOf(
  measured: readonly Measured[],
  what: "lag" | "score",
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    measured.flatMap((one) => {
      const value = one[what];
      return value === undefined ? [] : [[one.name, value]];
    }),
  );
}
