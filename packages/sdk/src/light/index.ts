export {
  connectLight,
  type LightOptions,
  type LightProgress,
  type LightProvider,
} from "./connect-light.ts";
export type { SmoldotChain, SmoldotClient } from "./smoldot.ts";
