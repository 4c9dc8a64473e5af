/** Reports of AMD SEV-SNP with the certificates of the key that signed. */

import { AMD_AUTHORITIES, objectionsToSnp, verifySnpReport } from "@pha/attestation";
import { assert } from "../check.ts";
import { compareFacts, fileOf, hexOf, type ManifestCase, timeOf } from "./manifest.ts";
import {
  certificatesIn,
  checkObjections,
  ELSEWHERE,
  factsOrRefusal,
  issuersIn,
} from "./verdict.ts";

export function checkSnp(one: ManifestCase): undefined {
  const report = fileOf(one, "report");
  const [vek, ...more] = certificatesIn(fileOf(one, "vek"));
  assert(vek !== undefined && more.length === 0, "one key");
  const chain = one.files.get("chain");
  const crl = one.files.get("crl");
  const verdict = verifySnpReport({
    report,
    vek,
    issuers: chain && issuersIn(chain),
    authorities: AMD_AUTHORITIES,
    now: timeOf(one),
    revocation: crl
      ? { crls: { Milan: crl, Genoa: crl, Turin: crl } }
      : { accept: "any", because: "the case has no list" },
  });
  const facts = factsOrRefusal(one, verdict);
  if (facts === undefined) return undefined;
  const { policy, platformInfo } = facts;
  const raw = (from: number) => hexOf(report.subarray(from, from + 8));
  const shown = {
    ...facts,
    ...policy,
    reportVersion: facts.version,
    policy: `0x${policy.bits.toString(16)}`,
    platformInfo: `0x${platformInfo.bits.toString(16)}`,
    currentTcb: raw(0x38),
    reportedTcb: raw(0x180),
    committedTcb: raw(0x1e0),
    launchTcb: raw(0x1f0),
  };
  compareFacts(one.expect, shown, new Set(ELSEWHERE));
  checkObjections(one, objectionsToSnp(facts), {
    "policy allows debug": "debug",
    "policy allows migration agent": "migration-agent",
  });
  return undefined;
}
