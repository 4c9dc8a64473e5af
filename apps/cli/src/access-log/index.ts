export { type LogEntry, parseLogLine } from "@pha/contract-analytics/client";
export { type Aggregates, aggregatesOf, TOP_PATHS, TOP_REFERER_HOSTS, top } from "./aggregates.ts";
export { syntheticLog } from "./synthetic.ts";
