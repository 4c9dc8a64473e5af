/** Seals a command, sends it through the chain and opens the reply of an attested replica. */
import { blake2b256, randomBytes } from "@pha/crypto";
import {
  type BlockRef,
  COMMAND_BUCKETS,
  isSameName,
  openReply,
  type ReplyBody,
  replyPublicKey,
  type SealingKey,
  type SignedReply,
  STORAGE,
  sealCommand,
  verifySignedReply,
} from "@pha/protocol";
import { equalBytes, PhaError, toHex } from "@pha/scale";
import type { Signer } from "../chain/accounts.ts";
import { type Chain, type Included, type SubmitOptions, validBlocks } from "../chain/chain.ts";
import { clusterRefusal, refusalOf } from "./cluster-refusal.ts";
import { finalReply, notOpened } from "./final-reply.ts";
import type { WorkerClient } from "./worker-client.ts";

/** A command before it is sealed. */
export interface CommandInput {
  readonly contract: Uint8Array;
  readonly cluster: Uint8Array;
  readonly selector: Uint8Array;
  readonly args: Uint8Array;
  readonly fuelLimit: bigint;
  readonly signer: Signer;
  /** Blocks until the command may no longer be included. Default 64; 512 where a person approves it first. */
  readonly expiresInBlocks?: number;
}

/** A sealed command, and the secrets that open it and its reply. */
export interface SealedCommand {
  readonly commandId: Uint8Array;
  readonly call: Uint8Array;
  readonly sealed: Uint8Array;
  readonly replySecret: Uint8Array;
  /** With the sealing key it opens the command: for a receipt that shows what was asked. */
  readonly ephemeralSecret: Uint8Array;
  readonly sealingKey: SealingKey;
}

/** A command's reply, opened. */
export interface CommandResult {
  readonly commandId: Uint8Array;
  /** Block that included the command; finalized. */
  readonly block: BlockRef;
  readonly body: ReplyBody;
  /** Boot of the replica that vouches for the reply; absent when the final root does. */
  readonly boot: Uint8Array | undefined;
  /** What the network saw. */
  readonly sealed: Uint8Array;
}

/** Newest sealing key that the chain accepts now, proven. */
async function currentSealingKey(chain: Chain, contract: Uint8Array): Promise<SealingKey> {
  const keys = await chain.read({
    key: STORAGE.sealingKeys.key(contract),
    value: STORAGE.sealingKeys.value,
  });
  const { number } = chain.finality.head;
  const usable = (keys ?? []).filter(
    ({ from, until }) => from <= number + 1 && (until === undefined || until > number),
  );
  const newest = usable.at(-1);
  if (newest === undefined)
    throw new PhaError("contract/no-sealing-key", "the contract has no active sealing key", {
      facts: { contract: toHex(contract) },
      hint: "Wait until the cluster's replicas have their keys, or check the contract's address.",
    });
  return newest;
}

/** Seals a command to the contract's key, which is proven under a finalized block. */
export async function prepareCommand(chain: Chain, input: CommandInput): Promise<SealedCommand> {
  const sealingKey = await currentSealingKey(chain, input.contract);
  const commandId = randomBytes(32);
  const replySecret = randomBytes(32);
  const ephemeralSecret = randomBytes(32);
  const clear = {
    origin: input.signer.publicKey,
    contract: input.contract,
    commandId,
    generation: sealingKey.generation,
    epoch: sealingKey.epoch,
    codeHash: undefined,
    fuelLimit: input.fuelLimit,
    value: 0n,
    expiry: chain.finality.head.number + (input.expiresInBlocks ?? validBlocks(input.signer)),
  };
  const sealed = sealCommand({
    genesisHash: chain.genesisHash,
    clear,
    body: { selector: input.selector, args: input.args, replyKey: replyPublicKey(replySecret) },
    sealingKey: sealingKey.key,
    ephemeralSecret,
  });
  if (!sealed.ok)
    throw new PhaError("command/too-long", "the arguments do not fit into a command", {
      facts: { mostBytes: (COMMAND_BUCKETS.at(-1) ?? 0) - 64 },
      hint: "Send the data in several commands.",
    });
  const call = chain.call("PhalaPhatContracts", "push_command", {
    contract: clear.contract,
    generation: clear.generation,
    epoch: clear.epoch,
    command_id: commandId,
    code_hash: undefined,
    fuel_limit: clear.fuelLimit,
    value: clear.value,
    expiry: clear.expiry,
    sealed: sealed.value,
  });
  return { commandId, call, sealed: sealed.value, replySecret, ephemeralSecret, sealingKey };
}

/** Times that a command is sealed before the chain's refusal is passed on: keys change seldom. */
const MOST_SEALINGS = 3;

/**
 * Seals a command and submits it; seals it anew when the key is no longer accepted in the block that includes it, which
 * refuses it before it runs. Each attempt pays the fee of its transaction, and has a command id of its own.
 *
 * @param onSealed told of each attempt
 */
export async function sealAndSubmit(
  chain: Chain,
  input: CommandInput,
  options: SubmitOptions,
  onSealed: (sealed: SealedCommand) => void = () => {},
): Promise<{ readonly sealed: SealedCommand; readonly included: Included }> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  for (let attempt = 1; ; attempt++) {
    const sealed = await prepareCommand(chain, input);
    onSealed(sealed);
    try {
      return { sealed, included: await chain.submit(input.signer, sealed.call, options) };
    } catch (error) {
      const isStale = refusalOf(error) === "StaleSealingKey";
      if (!isStale) throw clusterRefusal(input.cluster, error);
      if (attempt === MOST_SEALINGS) throw error;
      if (!(await isOtherKeyThere(chain, input.contract, sealed.sealingKey, deadline))) throw error;
    }
  }
}

/** Waits until finalized blocks have another key than the refused one. */
async function isOtherKeyThere(
  chain: Chain,
  contract: Uint8Array,
  refused: SealingKey,
  deadline: number,
): Promise<boolean> {
  while (Date.now() < deadline) {
    const { number } = chain.finality.head;
    const keys = await chain.read({
      key: STORAGE.sealingKeys.key(contract),
      value: STORAGE.sealingKeys.value,
    });
    const newest = keys?.at(-1);
    if (newest !== undefined && !isSameName(newest, refused)) return true;
    await chain.finality.reach(number + 1, Math.max(1, deadline - Date.now()));
  }
  return false;
}

/**
 * Waits for a replica's reply, checks who signed it and opens it. Where no host gives one the chain's is taken, as soon as
 * the root of the command is final.
 *
 * @param included block that included the command; without it the chain is not asked
 */
export async function awaitReply(
  chain: Chain,
  workers: readonly WorkerClient[],
  command: SealedCommand,
  input: Pick<CommandInput, "contract" | "cluster">,
  timeoutMs = 60_000,
  included?: Pick<Included, "blockNumber" | "blockHash">,
): Promise<CommandResult> {
  const deadline = Date.now() + timeoutMs;
  /** Why the chain's reply cannot be had, though a host may still give one. */
  let reason: unknown;
  for (let next = 0; Date.now() < deadline; next++) {
    const worker = workers[next % Math.max(1, workers.length)];
    if (worker === undefined) break;
    const waitMs = Math.min(5_000, Math.max(1, deadline - Date.now()));
    const reply = await worker
      .reply(input.contract, command.commandId, waitMs)
      .catch(() => undefined);
    const result = reply && (await openedReply(chain, command, input, reply, deadline));
    if (result) return result;
    const final =
      included &&
      (await replyOnChain(chain, command, input, included).catch((error: unknown) => {
        if (error instanceof PhaError && error.code === "command/not-opened") throw error;
        reason = error;
        return undefined;
      }));
    if (final) return final;
    // Nothing yet, or a host that lies: neither is asked without a pause.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (reason !== undefined) throw reason;
  throw new PhaError("command/no-reply", "no replica replied in time", {
    facts: { commandId: toHex(command.commandId), timeoutMs },
    hint: "The command may still run: ask for its reply again with the same command id.",
  });
}

/** `undefined` while the command's block or root is not final. */
async function replyOnChain(
  chain: Chain,
  command: SealedCommand,
  { contract, cluster }: Pick<CommandInput, "contract" | "cluster">,
  { blockNumber, blockHash }: Pick<Included, "blockNumber" | "blockHash">,
): Promise<CommandResult | undefined> {
  const { commandId, sealed, replySecret } = command;
  const block = { number: blockNumber, hash: blockHash };
  const known = chain.finality.block(blockNumber);
  if (known === undefined || !equalBytes(known.hash, blockHash)) return undefined;
  const name = { contract, cluster, commandId };
  const final = await finalReply(chain, { ...name, block, sealed, replySecret });
  return final && { commandId, block, body: final.body, boot: undefined, sealed };
}

/** `undefined` when the reply is not one of a replica to this command, as a host may pretend. */
async function openedReply(
  chain: Chain,
  command: SealedCommand,
  input: Pick<CommandInput, "contract" | "cluster">,
  reply: SignedReply,
  deadline: number,
): Promise<CommandResult | undefined> {
  const { commandId } = command;
  if (!equalBytes(reply.contract, input.contract) || !equalBytes(reply.commandId, commandId))
    return undefined;
  if (!verifySignedReply(chain.genesisHash, reply)) return undefined;
  const cluster = await chain.read({
    key: STORAGE.cluster.key(input.cluster),
    value: STORAGE.cluster.value,
  });
  if (!cluster?.replicas.some(({ boot }) => equalBytes(boot, reply.boot))) return undefined;
  await chain.finality.reach(reply.block.number, Math.max(1, deadline - Date.now()));
  const block = chain.finality.block(reply.block.number);
  if (block === undefined || !equalBytes(block.hash, reply.block.hash)) return undefined;
  if (reply.sealed === undefined) throw notOpened(commandId);
  const opened = openReply({
    genesisHash: chain.genesisHash,
    commandId,
    sealedHash: blake2b256(command.sealed),
    block: reply.block,
    sealed: reply.sealed,
    replySecretKey: command.replySecret,
  });
  if (!opened.ok) return undefined;
  const { block: at, boot } = reply;
  return { commandId, block: at, body: opened.value, boot, sealed: command.sealed };
}
