/** Where and when the committed weights were measured (`npm run bench`, weights.bench.ts). */
import type { Measurement } from "@pha/frame";

export const MEASURED: Measurement = {
  machine: "2 cores of an Intel Xeon virtual machine, Node 20.20",
  date: "2026-11-21",
};
