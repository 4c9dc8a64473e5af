import type { DcapFacts } from "./verify-dcap.ts";

/** What no production policy may accept of a genuine quote. */
export type IntelObjection =
  | "debug"
  | "sept-ve-enabled"
  | "migratable"
  | "perfmon"
  | "service-td"
  | "revoked";

export function objectionsToIntel({ body, tcbStatus }: DcapFacts): readonly IntelObjection[] {
  const objections: IntelObjection[] = [];
  if (body.report.debug) objections.push("debug");
  if (tcbStatus === "Revoked") objections.push("revoked");
  if (body.type === "sgx") return objections;
  const { septVeDisable, migratable, perfmon, mrServiceTd } = body.report;
  // The host can make the guest handle faults on memory that it took away.
  if (!septVeDisable) objections.push("sept-ve-enabled");
  // Another trust domain may copy this one, or read its secrets: nobody here knows one to trust.
  if (migratable) objections.push("migratable");
  if (mrServiceTd?.some((byte) => byte !== 0) === true) objections.push("service-td");
  // Performance counters tell the host what the guest computes.
  if (perfmon) objections.push("perfmon");
  return objections;
}
