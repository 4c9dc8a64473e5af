/**
 * What this page has seen of the fleet: a sample every few seconds, for the plots.
 *
 * **Bounds**: `MOST_SAMPLES`, of `MOST_LINES` workers; it ends with the page.
 */
export interface FleetSample {
  /** Unix seconds. */
  readonly at: number;
  /** Worker's name or identity → blocks behind finality. */
  readonly lag: Readonly<Record<string, number>>;
  /** → percent of the roots since it took its seat that its vote agreed with. */
  readonly score: Readonly<Record<string, number>>;
}

export const MOST_SAMPLES = 600;
/** More lines than that tell nobody anything: the table has all. */
export const MOST_LINES = 8;

export function addSample(
  samples: readonly FleetSample[],
  sample: FleetSample,
): readonly FleetSample[] {
  const last = samples.at(-1);
  // A clock that goes back begins a new history; two samples of one second are one.
  if (last !== undefined && sample.at < last.at) return [sample];
  const kept = last?.at === sample.at ? samples.slice(0, -1) : samples;
  return [...kept, sample].slice(-MOST_SAMPLES);
}

export interface Plotted {
  readonly names: readonly string[];
  /** Times, then a line for each name; null where it was not seen. */
  readonly columns: readonly (readonly (number | null)[])[];
}

export function plotted(samples: readonly FleetSample[], what: "lag" | "score"): Plotted {
  const names = [...new Set(samples.flatMap((one) => Object.keys(one[what])))]
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .slice(0, MOST_LINES);
  return {
    names,
    columns: [
      samples.map(({ at }) => at),
      ...names.map((name) => samples.map((one) => one[what][name] ?? null)),
    ],
  };
}
