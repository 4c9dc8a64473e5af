/**
 * Domain strings: the first bytes of everything hashed, signed or derived by Pha's own protocols.
 *
 * One string per use; none is a prefix of another. Golden vectors are in `docs/vectors/`.
 */
import { utf8 } from "@pha/scale";

export const DOMAIN = {
  answer: utf8("pha/v1/answer"),
  attest: utf8("pha/attest/v1"),
  audit: utf8("pha/v1/audit-opening"),
  auditEphemeral: utf8("pha/v1/ephemeral-audit-key"),
  boxKey: utf8("pha/v1/box-key"),
  certificate: utf8("pha/v1/certificate"),
  clusterKey: utf8("pha/v1/cluster-key"),
  clusterSigning: utf8("pha/v1/cluster-signing-key"),
  command: utf8("pha/v1/command"),
  commit: utf8("pha/v1/commit"),
  contractId: utf8("pha/v1/contract-id"),
  contractSigning: utf8("pha/v1/contract-signing-key"),
  delta: utf8("pha/v1/delta"),
  encKey: utf8("pha/v1/enc-key"),
  executionTag: utf8("pha/v1/execution-tag"),
  lease: utf8("pha/v1/lease"),
  macKey: utf8("pha/v1/mac-key"),
  openedField: utf8("pha/v1/opened-field"),
  pathKey: utf8("pha/v1/path-key"),
  pseudonym: utf8("pha/v1/pseudonym"),
  query: utf8("pha/v1/query"),
  queryRequest: utf8("pha/v1/request"),
  random: utf8("pha/v1/contract-random"),
  reply: utf8("pha/v1/reply"),
  replyEphemeral: utf8("pha/v1/ephemeral-reply-key"),
  replySecret: utf8("pha/v1/secret-of-replies"),
  repliesRoot: utf8("pha/v1/replies"),
  root: utf8("pha/v1/root"),
  saltKey: utf8("pha/v1/salt-key"),
  sealedBox: utf8("pha/v1/sealed-box"),
  sealingKey: utf8("pha/v1/sealing-key"),
  session: utf8("pha/v1/session"),
  snapshot: utf8("pha/v1/snapshot"),
  stateKey: utf8("pha/v1/state-key"),
  trace: utf8("pha/v1/trace"),
  wrap: utf8("pha/v1/wrap"),
} as const;
