/**
 * What the TDX module reports of a trust domain to its own machine (`TDREPORT_STRUCT`), from which Intel's quote is made.
 *
 * **Trust**: only that machine can verify it. It is compared with a quote, so that both are of one trust domain, and proves
 * nothing beside one.
 *
 * @see Intel TDX module "TDREPORT_STRUCT"
 */
import { concatBytes, equalBytes } from "@pha/scale";
import type { TdReport } from "../intel/td-report.ts";

const REPORT_DATA_AT = 128;
const REPORT_DATA_BYTES = 64;
/** Attributes and registers. */
const TD_INFO_AT = 512;

/** @param local of `LOCAL_TD_REPORT_BYTES` or longer; the rest is not looked at @param report of a quote */
export function isLocalReportOf(local: Uint8Array, report: TdReport): boolean {
  const { tdAttributes, xfam, mrTd, mrConfigId, mrOwner, mrOwnerConfig, rtmrs } = report;
  const info = concatBytes(tdAttributes, xfam, mrTd, mrConfigId, mrOwner, mrOwnerConfig, ...rtmrs);
  const data = local.subarray(REPORT_DATA_AT, REPORT_DATA_AT + REPORT_DATA_BYTES);
  return (
    equalBytes(data, report.reportData) &&
    equalBytes(local.subarray(TD_INFO_AT, TD_INFO_AT + info.length), info)
  );
}
