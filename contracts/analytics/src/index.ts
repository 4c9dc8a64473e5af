export { Analytics } from "./analytics.ts";
export { MAX_VIEWS, PageView } from "./page-view.ts";
export { Counts, Report } from "./report.ts";
