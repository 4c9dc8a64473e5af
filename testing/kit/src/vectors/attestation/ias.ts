/** Reports of Intel's retired attestation service. */

import { parseIasReport, verifyIas } from "@pha/attestation";
import { utf8ToText } from "@pha/scale";
import { assert } from "../check.ts";
import { compareFacts, fileOf, type ManifestCase, timeOf } from "./manifest.ts";
import { assertReason } from "./reason-codes.ts";

const ELSEWHERE = new Set(["cryptographicallyValid", "reasonCode", "productionRejectReasons"]);

export function checkIas(one: ManifestCase): undefined {
  const { expect } = one;
  const stored = parseIasReport(utf8ToText(fileOf(one, "report")) ?? "");
  const verified = stored.ok ? verifyIas(stored.value, timeOf(one)) : stored;
  one.tell(verified);
  if (expect.get("cryptographicallyValid") !== true) {
    assert(!verified.ok, "refused");
    assertReason(expect.get("reasonCode"), verified.error.code);
    return undefined;
  }
  assert(verified.ok, verified.ok ? "" : verified.error.code);
  const facts = verified.value;
  const { report } = facts;
  const shown = {
    ...report,
    isvEnclaveQuoteStatus: facts.quoteStatus,
    advisoryIds: facts.advisoryIds,
    reportVersion: facts.version,
    // The exact text is the vendor's; what is read of it are whole seconds.
    timestamp: sameSecond(expect.get("timestamp"), facts.issuedAt),
    phalaConfidenceLevel: facts.confidence ?? null,
    phalaPruntimeHash: facts.pruntimeHash,
    mrenclave: report.mrEnclave,
    mrsigner: report.mrSigner,
  };
  compareFacts(expect, shown, ELSEWHERE);
  const reasons = expect.get("productionRejectReasons");
  assert(Array.isArray(reasons));
  assert.equal(reasons.includes("debug attribute set"), report.debug);
  return undefined;
}

function sameSecond(text: unknown, issuedAt: bigint): unknown {
  assert(typeof text === "string");
  return Math.floor(Date.parse(`${text}Z`) / 1000) === Number(issuedAt / 1000n) ? text : issuedAt;
}
