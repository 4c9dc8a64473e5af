export { Grandpa, type GrandpaGenesis, scheduleGrandpaChange } from "./pallet.ts";
