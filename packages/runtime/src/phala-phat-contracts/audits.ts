/**
 * Openings for auditors (protocol §9): what replicas seal to the audit key of their cluster, under each name of its keys.
 *
 * **Bounds**: a vote per replica, `MAX_OPENINGS` openings per cluster. **Trust**: an opening counts when a majority of the
 * seats sent the same bytes; nobody here can tell what is in it.
 */
import { blake2b256 } from "@pha/crypto";
import { ensure, linearWeight } from "@pha/frame";
import { AuditOpening, isSameName, MAX_OPENINGS, quorumOf, TOPIC } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import type { MessageHandler } from "../phala-mq/index.ts";
import { declaration } from "./declaration.ts";
import { ensureMember } from "./keys.ts";
import { WEIGHTS } from "./weights.ts";

export const auditHandler: MessageHandler = {
  topic: TOPIC.audit,
  weight: (bytes) => linearWeight(WEIGHTS.audit_opening, WEIGHTS.cluster_keys_per_byte, bytes),
  handle(hasEnv, message) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(AuditOpening, message.payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const opening = decoded.value;
    const { cluster, generation, epoch, version, auditKey } = opening;
    const record = ensureMember(ctx, cluster, message, ({ replicas }) => replicas);
    ensure(generation > 0n && isSameName(record, opening), ctx.errors.StaleEpoch);
    ensure(version === ctx.storage.StateKeys.get(cluster).newest, ctx.errors.StaleEpoch);
    const declared = ctx.storage.AuditKeys.get(cluster);
    ensure(declared && equalBytes(declared, auditKey), ctx.errors.OtherAuditKey);
    const { identity, boot, payload } = message;
    // The name is part of the bytes: a vote under a former one is for something else.
    const digest = blake2b256(payload);
    const others = ctx.storage.AuditVotes.get(cluster).filter(
      (one) =>
        !equalBytes(one.identity, identity) &&
        record.replicas.some((replica) => equalBytes(replica.boot, one.boot)),
    );
    ctx.storage.AuditVotes.put(cluster, [...others, { identity, boot, digest }]);
    const same = 1 + others.filter((one) => equalBytes(one.digest, digest)).length;
    if (same < quorumOf(Math.max(record.replication, record.replicas.length))) return;
    const openings = ctx.storage.AuditOpenings.get(cluster);
    const known = openings.find((one) => isSameName(one.opening, opening));
    if (known && equalBytes(known.opening.sealed, opening.sealed)) return;
    // Which former names were open when this one began; they are closed one by one later.
    const formers = known?.formers ?? record.formers;
    const kept = [...openings.filter((one) => one !== known), { opening, formers }];
    ctx.storage.AuditOpenings.put(cluster, kept.slice(-MAX_OPENINGS));
    ctx.emit.AuditOpened({ cluster, generation, epoch });
  },
};
