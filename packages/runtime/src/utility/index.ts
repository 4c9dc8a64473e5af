export { Utility } from "./pallet.ts";
