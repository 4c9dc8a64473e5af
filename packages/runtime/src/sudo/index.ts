export { Sudo, type SudoGenesis } from "./pallet.ts";
