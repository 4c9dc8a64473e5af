/** SGX and TDX quotes with their collateral and event logs. */

import {
  type DcapFacts,
  intelConfidence,
  parseCcel,
  parseDcapCollateral,
  parseDstackEventLog,
  parseQuote,
  type Quote,
  verifyDcap,
  verifyEventLog,
} from "@pha/attestation";
import { utf8ToText } from "@pha/scale";
import { assert } from "../check.ts";
import { compareFacts, fileOf, hexOf, type ManifestCase, timeOf } from "./manifest.ts";
import { assertReason } from "./reason-codes.ts";

/** What is checked apart from the comparison of facts. */
const ELSEWHERE = new Set(["cryptographicallyValid", "reasonCode", "productionRejectReasons"]);
const UNSUPPORTED = "attestation/tcb-level-unsupported";

export function checkDcap(one: ManifestCase): undefined {
  const { expect } = one;
  const bytes = fileOf(one, "quote");
  const collateral = parseDcapCollateral(textOf(fileOf(one, "collateral")));
  const verified = collateral.ok ? verifyDcap(bytes, collateral.value, timeOf(one)) : collateral;
  one.tell(verified);
  if (expect.get("cryptographicallyValid") !== true) {
    assert(!verified.ok, "refused");
    assertReason(expect.get("reasonCode"), verified.error.code);
    return undefined;
  }
  const quote = parseQuote(bytes);
  assert(quote.ok, "the quote parses");
  if (expect.get("tcbStatus") === null) {
    // Genuine, on a platform that Intel's list does not reach.
    assert(!verified.ok, "refused");
    assert.equal(verified.error.code, UNSUPPORTED);
    assertReason(expect.get("reasonCode"), verified.error.code);
    compareFacts(expect, { ...unsupportedFacts, ...quoteFacts(quote.value) }, ELSEWHERE);
  } else {
    assert(verified.ok, verified.ok ? "" : verified.error.code);
    const facts = { ...platformFacts(verified.value), ...quoteFacts(quote.value) };
    compareFacts(expect, facts, ELSEWHERE);
    checkEventLogs(one, verified.value);
  }
  checkRejectReasons(
    expect.get("productionRejectReasons"),
    quote.value,
    verified.ok ? verified.value.tcbStatus : null,
  );
  return undefined;
}

function textOf(bytes: Uint8Array): string {
  const text = utf8ToText(bytes);
  assert(text !== undefined, "UTF-8");
  return text;
}

const unsupportedFacts = { tcbStatus: null, phalaConfidenceLevel: null, advisoryIds: [] };

function platformFacts(facts: DcapFacts): Readonly<Record<string, unknown>> {
  const { tcbStatus, advisoryIds, platformTcbStatus, tdxModuleTcbStatus, qeTcbStatus } = facts;
  return {
    tcbStatus,
    platformTcbStatus,
    tdxModuleTcbStatus,
    qeTcbStatus,
    advisoryIds,
    fmspc: facts.pck.fmspc,
    phalaConfidenceLevel: intelConfidence(tcbStatus, advisoryIds) ?? null,
  };
}

function quoteFacts({ version, body }: Quote): Readonly<Record<string, unknown>> {
  const common = { quoteVersion: version, body: body.type };
  if (body.type === "sgx") {
    const { report } = body;
    return { ...common, ...report, mrenclave: report.mrEnclave, mrsigner: report.mrSigner };
  }
  const { report } = body;
  const rtmrs = Object.fromEntries(report.rtmrs.map((value, i) => [`rtmr${i}`, value]));
  return { ...common, ...report, mrtd: report.mrTd, ...rtmrs };
}

function checkEventLogs({ files }: ManifestCase, { body }: DcapFacts): void {
  const ccel = files.get("ccel");
  const log = files.get("eventLog");
  if (ccel === undefined && log === undefined) return;
  assert(body.type !== "sgx", "a log of a trust domain");
  const events = ccel === undefined ? dstackEvents(log) : parseCcel(ccel);
  assert(events.ok, events.ok ? "" : events.error.code);
  const replayed = verifyEventLog(events.value, body.report.rtmrs);
  assert(replayed.ok, replayed.ok ? "" : replayed.error.code);
  // Without its last event of a register a log is another one.
  const last = events.value.findLastIndex(
    ({ register, type }) => register !== undefined && type !== 3,
  );
  assert(!verifyEventLog(events.value.toSpliced(last, 1), body.report.rtmrs).ok, "a cut log");
}

/** The answer of dstack's guest agent has the log as a text inside. */
function dstackEvents(answer: Uint8Array | undefined) {
  assert(answer !== undefined);
  const parsed: { readonly event_log?: unknown } = JSON.parse(textOf(answer));
  assert(typeof parsed.event_log === "string", "an event log");
  return parseDstackEventLog(parsed.event_log);
}

/** Reasons that a policy would see in the facts: each is there if it is listed, and listed if it is there. */
function checkRejectReasons(reasons: unknown, { body }: Quote, tcbStatus: string | null): void {
  assert(Array.isArray(reasons), "reasons to reject");
  const td = body.type === "sgx" ? undefined : body.report;
  const seen: Readonly<Record<string, boolean>> = {
    "debug attribute set": body.report.debug,
    "No matching TCB level": tcbStatus === null,
    "SEPT_VE_DISABLE not set": td?.septVeDisable === false,
    "unexpected service TD bound": /[1-9a-f]/.test(hexOf(td?.mrServiceTd ?? new Uint8Array(0))),
  };
  for (const [reason, is] of Object.entries(seen))
    assert.equal(reasons.includes(reason), is, reason);
  if (reasons.includes("TCB out of date")) assert.match(tcbStatus ?? "", /^OutOfDate/);
}
