/**
 * SDK, cryptography and what the console does with them: one part, loaded once behind the shell's first paint. Pages get it
 * from the connection; none imports it by itself.
 */
export { addressText, readAccount } from "./account-record.ts";
export { developmentAccounts } from "./accounts.ts";
export { fetchBlockAt, summaryOf } from "./blocks.ts";
export { runCommand, runQuery } from "./calls.ts";
export { listContracts, readContract } from "./contracts.ts";
export { openNetwork } from "./open-network.ts";
export { reachReplicas } from "./replicas.ts";
export { sealedFacts } from "./sealed.ts";
export { textOfCertificate } from "./sessions.ts";
export { readTrust } from "./trust.ts";
