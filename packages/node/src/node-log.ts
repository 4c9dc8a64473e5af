/** The logging port of the node's services; pino fits it. */
export interface NodeLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export const SILENT: NodeLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
