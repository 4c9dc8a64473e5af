export { logReasonOf } from "./log-abi.ts";
export { KEPT_LINES, LogArgs, LogLine, LogPage } from "./log-line.ts";
