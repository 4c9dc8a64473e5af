/** Sizes of what a trust domain is attested by, as pRuntime asks its host for it and envelopes hold it. */

/** Local report of the TDX module (`TDREPORT_STRUCT`). */
export const LOCAL_TD_REPORT_BYTES = 1024;
/** Of Intel's quote; those with their certificates have about 5,000. */
export const MAX_TD_QUOTE_BYTES = 8 << 10;
