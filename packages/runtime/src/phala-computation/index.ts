export { bonds, PhalaComputation } from "./pallet.ts";
export type { WorkerBonds } from "./types.ts";
