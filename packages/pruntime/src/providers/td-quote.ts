/**
 * Intel's quote of a trust domain whose guest has its local report and no quoting service: Azure's paravisor keeps the report,
 * and the machine's metadata service makes a quote of it. pRuntime opens no socket, so its host asks.
 */
import { isLocalReportOf, parseQuote } from "@pha/attestation";
import { PhaError } from "@pha/scale";
import { quoteOf } from "./configfs-tsm.ts";

/** `undefined`: there is none to be had. What comes is not trusted: it is compared with the report, and verifiers do the rest. */
export type AskTdQuote = (localReport: Uint8Array) => Promise<Uint8Array | undefined>;

export interface TdQuoteSource {
  /** Has Intel's quote of a local report fetched. */
  readonly askTdQuote?: AskTdQuote | undefined;
}

/**
 * @param localReport `LOCAL_TD_REPORT_BYTES`
 * @returns without padding
 * @throws PhaError `provider/no-td-quote`, `provider/no-quote`, `provider/other-quote`
 */
export async function askedQuote(
  localReport: Uint8Array,
  { askTdQuote }: TdQuoteSource,
): Promise<Uint8Array> {
  const answer = await askTdQuote?.(localReport);
  if (answer === undefined)
    throw new PhaError("provider/no-td-quote", "nobody gives Intel's quote of this machine", {
      hint: "Read the worker host's log: it asks the machine's metadata service, at `tdQuoteUrl` of its configuration, which must answer.",
    });
  const quote = quoteOf(answer);
  const parsed = parseQuote(quote);
  const body = parsed.ok ? parsed.value.body : undefined;
  if (body === undefined || body.type === "sgx" || !isLocalReportOf(localReport, body.report))
    throw new PhaError("provider/other-quote", "the quote is not of this machine's report", {
      facts: { type: body?.type ?? "none" },
      hint: "Let `tdQuoteUrl` of the worker host's configuration be the metadata service of this very machine.",
    });
  return quote;
}
