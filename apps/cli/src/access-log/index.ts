export { type Aggregates, aggregatesOf, TOP_PATHS, TOP_REFERER_HOSTS, top } from "./aggregates.ts";
export { type LogEntry, parseLogLine } from "./parse-line.ts";
export { syntheticLog } from "./synthetic.ts";
