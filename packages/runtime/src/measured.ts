/**
 * Where and when the committed weights were measured.
 *
 * Rule of the tables: twice the p75 of `weights.bench.ts` (execution on an overlay in memory), and 20 µs for every
 * distinct key written, which is what it costs in the trie and the database; rounded up. Tables of a later date are by
 * `pha-weights.bench.ts` in processor time, of a machine that had other work too.
 */
import type { Measurement } from "@pha/frame";

export const MEASURED: Measurement = {
  machine: "2 cores of an x86-64 virtual machine, Node 20.20",
  date: "2026-11-28",
};

/** Of Staking and Session (`npos-weights.bench.ts`): of a busy machine; on an idle one all are below, most by half. */
export const MEASURED_NPOS: Measurement = { machine: MEASURED.machine, date: "2026-11-28" };
