export { Analytics } from "./analytics.ts";
export { MAX_VIEWS, PageView } from "./page-view.ts";
export { Counts, MAX_TOP, mostFrequent, PAGE_NAMES, Report, TopPage } from "./report.ts";
