export type { BabeConfig } from "./declaration.ts";
export {
  authorOf,
  Babe,
  type BabeGenesis,
  slotObjection,
  slotOf,
  slotsToEpochEnd,
} from "./pallet.ts";
