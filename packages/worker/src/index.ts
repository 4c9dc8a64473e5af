export { checkCollateral } from "./collateral/check-collateral.ts";
export { type RoundResult, slotName } from "./collateral/look-for-newer.ts";
export {
  AZURE_TD_QUOTE_URL,
  createTdQuotes,
  type TdQuotes,
  type TdQuotesOptions,
} from "./collateral/td-quotes.ts";
export {
  type CollateralConfig,
  type ConfigError,
  loadConfig,
  type PRuntimeConfig,
  parseConfig,
  type WorkerHostConfig,
} from "./config.ts";
export { SILENT, type WorkerLog } from "./log.ts";
export type { Worker } from "./process/worker.ts";
export { startWorkerHost, type WorkerHost, type WorkerHostOptions } from "./service.ts";
