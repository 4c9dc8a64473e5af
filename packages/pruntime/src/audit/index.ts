export { type AuditJob, replayRange } from "./replay-range.ts";
