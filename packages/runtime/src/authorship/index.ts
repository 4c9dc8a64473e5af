export { Authorship } from "./pallet.ts";
