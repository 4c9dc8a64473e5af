export {
  type ConfigError,
  loadConfig,
  type PRuntimeConfig,
  parseConfig,
  type WorkerHostConfig,
} from "./config.ts";
export { SILENT, type WorkerLog } from "./log.ts";
export type { Worker } from "./process/worker.ts";
export { startWorkerHost, type WorkerHost, type WorkerHostOptions } from "./service.ts";
