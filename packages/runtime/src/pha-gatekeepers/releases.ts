/**
 * Release of key shares (protocol §3): each is checked in the clear and recorded, so that who ever got a key is public.
 *
 * A share that does not verify goes to nobody and stays as evidence against its gatekeeper.
 */
import { blake2b256, verifyEncryptedKeyShare } from "@pha/crypto";
import { ensure } from "@pha/frame";
import { type Generation, KeyRelease, keyHolders, keyIdentity, TOPIC } from "@pha/protocol";
import { assert, decode, equalBytes } from "@pha/scale";
import type { MessageHandler } from "../phala-mq/index.ts";
import { declaration, type GatekeepersContext, MAX_RELEASES } from "./declaration.ts";
import { convict } from "./members.ts";
import { WEIGHTS } from "./weights.ts";

export const keyReleaseHandler: MessageHandler = {
  topic: TOPIC.keyRelease,
  weight: () => WEIGHTS.key_release,
  handle(hasEnv, { identity, payload }, forward) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(KeyRelease, payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const release = decoded.value;
    const { purpose, cluster, generation, epoch, boot, seat, transportKey } = release;
    const record = ctx.storage.Generations.get(generation);
    ensure(record, ctx.errors.UnknownGeneration);
    const holder = record.seats[seat];
    ensure(holder && equalBytes(holder.identity, identity), ctx.errors.NotSeat);
    ensureForHolder(ctx, release);
    const key = { purpose, boot, generation, epoch };
    const releases = ctx.storage.Releases.get(cluster, key);
    ensure(releases.length < MAX_RELEASES, ctx.errors.TooManyReleases);
    const { number } = ctx.block;
    if (!isShareOf(ctx, record, release)) {
      const index = ctx.storage.WrongShareCount.get();
      ctx.storage.WrongShareCount.put(index + 1n);
      ctx.storage.WrongShares.put(index, { seat, release: blake2b256(payload), block: number });
      ctx.emit.WrongKeyShare({ cluster, seat, index });
      convictHolder(ctx, identity, record.run);
      return;
    }
    ctx.storage.Releases.put(cluster, key, [...releases, { seat, transportKey, block: number }]);
    ctx.emit.KeyShareReleased({ cluster, generation, epoch, boot, seat });
    forward();
  },
};

/** Also one that was taken off the list since holds its share until the generation is retired. */
function convictHolder(ctx: GatekeepersContext, identity: Uint8Array, run: bigint): void {
  const operator = ctx.config.workers.registrationOf(ctx, identity)?.operator;
  if (operator) convict(ctx, operator, run, "WrongRelease");
}

/** A replica's boot, or that of a panel's member: whoever may ask may be answered. */
function ensureForHolder(
  ctx: GatekeepersContext,
  { purpose, cluster, generation, epoch, boot }: KeyRelease,
): void {
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  ensure(record, ctx.errors.UnknownCluster);
  const name = { purpose, generation, epoch };
  ensure(ctx.config.clusters.isKeyOf(ctx, cluster, record, name), ctx.errors.StaleEpoch);
  ensure(
    keyHolders(record).some((one) => equalBytes(one.boot, boot)),
    ctx.errors.NotReplica,
  );
}

function isShareOf(
  ctx: GatekeepersContext,
  { root, sharePublicKeys }: Generation,
  { purpose, cluster, generation, epoch, seat, transportKey, c1, c2, c3 }: KeyRelease,
): boolean {
  const genesisHash = ctx.config.blockHash(ctx, 0);
  assert(genesisHash, "the genesis hash is kept for ever");
  const sharePublicKey = sharePublicKeys[seat];
  assert(sharePublicKey, "every seat has a public share");
  return verifyEncryptedKeyShare({
    share: { c1, c2, c3 },
    sharePublicKey,
    rootPublicKey: root,
    identity: keyIdentity({
      genesisHash,
      purpose,
      generation,
      cluster,
      epoch,
    }),
    transportPublicKey: transportKey,
  });
}
