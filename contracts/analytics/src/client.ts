/** For programs that call the contract: types and limits, and logs read as visits; without the contract itself. */
export { type LogEntry, parseLogLine, visitOf } from "./log-line.ts";
export { Cursor, MAX_TOP, mostFrequent } from "./report.ts";
export { LISTED_VISITS, OwnVisit, RowPage, SiteReport } from "./site-report.ts";
export { type LoggedVisit, LoggedVisits } from "./visit.ts";
