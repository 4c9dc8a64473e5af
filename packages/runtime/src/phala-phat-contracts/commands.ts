/**
 * Commands: the checks that the chain can make on ciphertext, and the memory against repetition (protocol §4).
 *
 * **Bounds**: sizes are buckets; expiry lies at most `MAX_EXPIRY_BLOCKS` ahead, so an id is remembered no longer;
 * forgetting takes about `FORGET_PER_BLOCK` ids a block.
 */
import { blake2b256 } from "@pha/crypto";
import { ensure, scaleWeight, tokenError, type Weight } from "@pha/frame";
import {
  type Cluster,
  COMMAND_BUCKETS,
  Command,
  chargedFuel,
  SUITE_X25519,
  TOPIC,
} from "@pha/protocol";
import { concatBytes, encode, equalBytes } from "@pha/scale";
import { clusterOf, ensureLive } from "./clusters.ts";
import { contractOf } from "./contracts.ts";
import { MAX_EXPIRY_BLOCKS, type PhatContext } from "./declaration.ts";
import { commandQueued, isAccepted } from "./formers.ts";
import { WEIGHTS } from "./weights.ts";

/** suite ‖ encapsulated key ‖ … ‖ tag. */
const SEALING_OVERHEAD = 1 + 32 + 16;
const FORGET_PER_BLOCK = 1024;
const EMPTY = new Uint8Array();
const MEGAFUEL = 1_000_000n;

/** Queues a command when nothing that the chain can see speaks against it. */
export function queueCommand(ctx: PhatContext, command: Command): void {
  const { contract, origin, commandId, fuelLimit } = command;
  const record = contractOf(ctx, contract);
  ensure(record.open, ctx.errors.ContractClosed);
  const cluster = clusterOf(ctx, record.cluster);
  ensureLive(ctx, cluster);
  ensureAcceptedKey(ctx, record.cluster, cluster, command);
  const { number } = ctx.block;
  ensure(command.expiry >= number, ctx.errors.Expired);
  ensure(command.expiry <= number + MAX_EXPIRY_BLOCKS, ctx.errors.ExpiryTooFar);
  ensure(fuelLimit > 0n && fuelLimit <= cluster.fuelPerBlock, ctx.errors.FuelLimitTooHigh);
  ensure(command.value === 0n, ctx.errors.ValueNotSupported);
  const { codeHash, sealed } = command;
  ensure(codeHash === undefined || equalBytes(codeHash, record.codeHash), ctx.errors.OtherCode);
  ensure(COMMAND_BUCKETS.includes(sealed.length - SEALING_OVERHEAD), ctx.errors.BadSealedSize);
  ensure(sealed[0] === SUITE_X25519, ctx.errors.UnknownSuite);
  remember(ctx, command);
  const fuelFee = fuelFeeOf(ctx.config.pricePerMegafuel, fuelLimit);
  const { currency, fuelTo } = ctx.config;
  ensure(currency.withdrawFee(ctx, origin, fuelFee), tokenError("FundsUnavailable"));
  currency.depositFee(ctx, fuelTo, fuelFee);
  commandQueued(ctx, record.cluster);
  ctx.config.commits.workQueued(ctx, record.cluster);
  const sender = { type: "AccountId", value: origin } as const;
  ctx.config.queue.push(ctx, sender, TOPIC.command, encode(Command, command));
  ctx.emit.CommandQueued({ contract, commandId, origin, fuelFee });
}

/** Fee of a fuel limit in plancks: limits are charged in powers of two, so that the fee tells little. */
export function fuelFeeOf(pricePerMegafuel: bigint, fuelLimit: bigint): bigint {
  return (chargedFuel(fuelLimit) * pricePerMegafuel + MEGAFUEL - 1n) / MEGAFUEL;
}

function ensureAcceptedKey(
  ctx: PhatContext,
  cluster: Uint8Array,
  record: Cluster,
  { contract, generation, epoch }: Command,
): void {
  const { number } = ctx.block;
  const accepted = ctx.storage.SealingKeys.get(contract).some(
    (key) =>
      key.generation === generation &&
      key.epoch === epoch &&
      key.from <= number &&
      (key.until === undefined || number <= key.until),
  );
  ensure(
    accepted && isAccepted(ctx, cluster, record, { generation, epoch }),
    ctx.errors.StaleSealingKey,
  );
}

/** Refuses a command id that the contract has seen and that has not expired. */
function remember(ctx: PhatContext, { contract, commandId, expiry }: Command): void {
  const id = blake2b256(concatBytes(contract, commandId));
  const known = ctx.storage.CommandIds.get(id);
  ensure(known === undefined || known < ctx.block.number, ctx.errors.RepeatedCommand);
  ctx.storage.CommandIds.put(id, expiry);
  const bucket: [number, number] = [ctx.block.number, (id[0] ?? 0) >> 4];
  const joined = ctx.storage.Expiring.get(expiry, bucket) ?? EMPTY;
  ctx.storage.Expiring.put(expiry, bucket, concatBytes(joined, id));
}

/** Forgets command ids whose expiry is over: whole entries, until enough ids are gone for one block. */
export function forgetExpired(ctx: PhatContext): Weight {
  const { CommandIds, Expiring, ForgottenUntil } = ctx.storage;
  const { number } = ctx.block;
  let block = ForgottenUntil.get();
  const first = block;
  let forgotten = 0;
  while (block < number && forgotten < FORGET_PER_BLOCK) {
    const next = firstOf(Expiring.entriesOf(block));
    if (next === undefined) {
      block += 1;
      // An empty block costs a look-up too.
      forgotten += 1;
      continue;
    }
    const [bucket, ids] = next;
    for (let at = 0; at < ids.length; at += 32) {
      const id = ids.subarray(at, at + 32);
      const expiry = CommandIds.get(id);
      // The id may have come again after its expiry.
      if (expiry !== undefined && expiry <= block) CommandIds.remove(id);
    }
    forgotten += ids.length / 32;
    Expiring.remove(block, bucket);
  }
  if (block !== first) ForgottenUntil.put(block);
  return scaleWeight(WEIGHTS.forget_command, BigInt(forgotten));
}

function firstOf<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
