/** The logging port of the host's services; pino fits it. */
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
