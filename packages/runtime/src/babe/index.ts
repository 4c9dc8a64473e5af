export type { BabeConfig } from "./declaration.ts";
export {
  authorOf,
  Babe,
  type BabeGenesis,
  epochIndex,
  epochRandomness,
  slotObjection,
  slotOf,
  slotsToEpochEnd,
} from "./pallet.ts";
