export { logReasonOf } from "./log-abi.ts";
export { KEPT_LINES, LogLine, LogPage } from "./log-line.ts";
