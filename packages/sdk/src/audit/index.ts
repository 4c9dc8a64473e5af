/** Histories of clusters, checked and executed again. Loaded by auditors: a page that calls contracts needs none of it. */
export { type AuditRange, auditCluster } from "./audit-cluster.ts";
export { type AuditError, type Audited, type AuditInput, auditSteps } from "./audit-steps.ts";
export {
  type CollectedStep,
  collectBlocks,
  collectReplay,
  type ReplayMaterial,
} from "./collect-replay.ts";
