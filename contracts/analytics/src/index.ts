export { Analytics } from "./analytics.ts";
export { MAX_VIEWS, PageView } from "./page-view.ts";
export { Counts, MAX_TOP, mostFrequent, PAGE_NAMES, Report, TopPage } from "./report.ts";
export { MIN_VISITORS } from "./site-cells.ts";
export { LISTED_VISITS, OwnVisit, RowPage, SiteReport } from "./site-report.ts";
export {
  BroughtView,
  Collected,
  LoggedVisit,
  MAX_PATH_BYTES,
  openVisit,
  padVisit,
  VISIT_BUCKETS,
  VISIT_DOMAIN,
  Visit,
} from "./visit.ts";
