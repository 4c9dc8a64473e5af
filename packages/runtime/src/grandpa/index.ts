export { Grandpa, type GrandpaGenesis, grandpaSessions, scheduleGrandpaChange } from "./pallet.ts";
