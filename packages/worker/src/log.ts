/** The logging port of the host's services; pino fits it. */
import { PhaError } from "@pha/scale";

export interface WorkerLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export const SILENT: WorkerLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** A failure of the environment in one line; of our own, where it happened. */
export function reasonOf(error: unknown): string {
  if (error instanceof PhaError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
