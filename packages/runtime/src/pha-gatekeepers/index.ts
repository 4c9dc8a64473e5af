export type { PhaGatekeepersConfig } from "./declaration.ts";
export { dkgHandler } from "./dkg-messages.ts";
export {
  gatekeepers,
  PhaGatekeepers,
  type PhaGatekeepersGenesis,
  seatDirectory,
} from "./pallet.ts";
export { keyReleaseHandler } from "./releases.ts";
export type { GatekeeperDirectory } from "./types.ts";
