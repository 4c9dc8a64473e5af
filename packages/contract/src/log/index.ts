export { logReasonOf } from "./log-abi.ts";
export { isLineOf, KEPT_LINES, LogArgs, LogLine, LogPage } from "./log-line.ts";
