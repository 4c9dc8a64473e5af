/** From queue items to engine calls, and from outcomes to writes and sealed replies (protocol §4). */
import { blake2b256, blake2bKeyed, hkdf } from "@pha/crypto";
import {
  type BlockRef,
  CLUSTER_ITSELF,
  type CommandBody,
  DOMAIN,
  deriveSealingSecret,
  type EpochName,
  type EpochSecrets,
  openCommand,
  type ReplyBody,
  type StateWrite,
  sealReply,
} from "@pha/protocol";
import { assert, concatBytes, encode, equalBytes, toHex, u32, utf8 } from "@pha/scale";
import type { ContractFacts } from "./cluster-facts.ts";
import type { EngineCall, EngineOutcome, EngineRequest } from "./engine-job.ts";
import { loadContract } from "./mirror.ts";
import type { QueueItem } from "./queue.ts";

/** Plain write bytes after which a job stops: leaves room for one more call below the largest bucket of a delta. */
const SOFT_WRITE_BYTES = 160 << 10;
/** Fuel of an instantiation. */
export const INSTANTIATE_FUEL = 100_000_000n;

/** Name of the entry that keeps a contract's pseudonym key. */
export function pseudonymEntry(contract: Uint8Array): Uint8Array {
  return concatBytes(utf8("pseudonym/"), contract);
}

/** Name of the entry that keeps the seed of a contract's signing key. */
export function signingEntry(contract: Uint8Array): Uint8Array {
  return concatBytes(utf8("signing/"), contract);
}

function derivePseudonymKey(vetKey: Uint8Array, contract: Uint8Array): Uint8Array {
  return hkdf(vetKey, new Uint8Array(0), concatBytes(DOMAIN.pseudonym, contract), 32);
}

/** A queue item made ready: with a call, or with the reply it gets without one. */
export interface Prepared {
  readonly item: QueueItem;
  readonly call: EngineCall | undefined;
  readonly body: CommandBody | undefined;
  /** Why there is no call; unopened commands get no reply at all. */
  readonly refused: ReplyBody | undefined;
}

export interface EpochContext {
  readonly genesisHash: Uint8Array;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly vetKey: Uint8Array;
  readonly secrets: EpochSecrets;
}

const NO_ARGS = new Uint8Array(0);
const NO_SELECTOR = new Uint8Array(4);

export interface SealingSecrets {
  of(contract: Uint8Array): Uint8Array;
  /** Overwrites what was derived. */
  erase(): void;
}

export function createSealingSecrets(vetKey: Uint8Array): SealingSecrets {
  const known = new Map<string, Uint8Array>();
  return {
    of(contract) {
      const id = toHex(contract);
      const secret = known.get(id) ?? deriveSealingSecret(vetKey, contract);
      known.set(id, secret);
      return secret;
    },
    erase() {
      for (const secret of known.values()) secret.fill(0);
      known.clear();
    },
  };
}

/**
 * @param order index of the command among those executed at `block`: names its randomness
 * @param sealingOf secrets of the present name of the keys, and of former ones that the cluster's record names
 */
export function prepare(
  item: QueueItem,
  block: BlockRef,
  order: number,
  epoch: EpochContext,
  sealingOf: (name: EpochName) => SealingSecrets | undefined,
  codeHashOf: (contract: Uint8Array) => Uint8Array | undefined,
): Prepared {
  const seed = randomSeed(epoch, block, order);
  if (item.type === "instantiate") {
    const call = instantiation(item.contract, item.record.owner, seed);
    return { item, call, body: undefined, refused: undefined };
  }
  const { command } = item;
  // The chain refuses these; a command that comes all the same is not opened.
  if (item.at.block > command.expiry)
    return { item, call: undefined, body: undefined, refused: undefined };
  const sealing = sealingOf(command);
  if (sealing === undefined) return { item, call: undefined, body: undefined, refused: undefined };
  const opened = openCommand({
    genesisHash: epoch.genesisHash,
    command,
    sealingSecret: sealing.of(command.contract),
  });
  if (!opened.ok) return { item, call: undefined, body: undefined, refused: undefined };
  const body = opened.value;
  const codeHash = codeHashOf(command.contract);
  if (
    command.codeHash !== undefined &&
    (codeHash === undefined || !equalBytes(command.codeHash, codeHash))
  )
    return { item, call: undefined, body, refused: failed("command/other-code") };
  return {
    item,
    body,
    refused: undefined,
    call: {
      contract: command.contract,
      kind: "command",
      selector: body.selector,
      args: body.args,
      caller: command.origin,
      fuelLimit: command.fuelLimit,
      seed,
    },
  };
}

/** Items of a block on their way through the engine. */
export interface Job {
  readonly id: number;
  readonly block: BlockRef;
  readonly timestampMs: bigint;
  readonly prepared: readonly Prepared[];
}

export function runRequest({ id, block, timestampMs, prepared }: Job): EngineRequest {
  const at = { number: block.number, timestampMs };
  const calls = prepared.flatMap(({ call }) => call ?? []);
  return { type: "run", job: id, block: at, calls, softWriteBytes: SOFT_WRITE_BYTES };
}

/** The first contracts of a cluster, instantiated in its first step. It has no time: not every replica has seen its block. */
export function creationJob(
  id: number,
  block: BlockRef,
  contracts: readonly ContractFacts[],
  epoch: EpochContext,
): Job {
  const prepared = contracts.map(({ id: contract, record }, index): Prepared => {
    const call = instantiation(contract, record.owner, randomSeed(epoch, block, index));
    const at = { block: block.number, index };
    const item: QueueItem = { type: "instantiate", at, block, contract, record };
    return { item, call, body: undefined, refused: undefined };
  });
  return { id, block, timestampMs: 0n, prepared };
}

/** Gives the engine a contract that is made under this name of the keys. */
export function loadNew(contract: ContractFacts, { vetKey }: EpochContext): EngineRequest {
  return loadContract(contract, derivePseudonymKey(vetKey, contract.id));
}

/** Contract randomness: secret before the block is final, equal on all replicas (protocol §6). */
export function randomSeed(epoch: EpochContext, block: BlockRef, order: number): Uint8Array {
  const { randomKey } = epoch.secrets;
  return blake2bKeyed(randomKey, concatBytes(block.hash, encode(u32, order)), 32);
}

function instantiation(contract: Uint8Array, owner: Uint8Array, seed: Uint8Array): EngineCall {
  return {
    contract,
    kind: "instantiate",
    selector: NO_SELECTOR,
    args: NO_ARGS,
    caller: owner,
    fuelLimit: INSTANTIATE_FUEL,
    seed,
  };
}

function failed(code: string): ReplyBody {
  return { outcome: { type: "Failed", value: code }, fuelUsed: 0n };
}

/** Instead of a reply that there is no room for, in the commit or beside it; what the command did stands. */
export function tooLargeReply(fuelUsed: bigint): ReplyBody {
  return { outcome: { type: "Failed", value: "command/reply-too-large" }, fuelUsed };
}

export function replyOf(outcome: EngineOutcome): ReplyBody {
  const { fuelUsed } = outcome;
  if (outcome.status === "ok") return { outcome: { type: "Ok", value: outcome.output }, fuelUsed };
  if (outcome.status === "failed")
    return { outcome: { type: "Failed", value: outcome.code }, fuelUsed };
  return { outcome: { type: "Trapped", value: outcome.reason }, fuelUsed };
}

export function writesOf(contract: Uint8Array, outcome: EngineOutcome): readonly StateWrite[] {
  if (outcome.status !== "ok") return [];
  return outcome.writes.map(({ key, value }) => ({ contract, key, value }));
}

/** Entries that every new contract has beside its own. */
export function contractEntries(
  vetKey: Uint8Array,
  contract: Uint8Array,
  signingSeed: Uint8Array,
): readonly StateWrite[] {
  return [
    {
      contract: CLUSTER_ITSELF,
      key: pseudonymEntry(contract),
      value: derivePseudonymKey(vetKey, contract),
    },
    { contract: CLUSTER_ITSELF, key: signingEntry(contract), value: signingSeed },
  ];
}

/** The sealed reply of one command; absent when the command did not open. */
export function sealedReply(
  { command, block }: Extract<QueueItem, { readonly type: "command" }>,
  prepared: Prepared,
  body: ReplyBody | undefined,
  epoch: EpochContext,
): Uint8Array | undefined {
  const { commandId } = command;
  if (body === undefined || prepared.body === undefined) return undefined;
  const sealed = sealReply({
    genesisHash: epoch.genesisHash,
    commandId,
    sealedHash: blake2b256(command.sealed),
    block,
    body,
    replyKey: prepared.body.replyKey,
    replySecret: epoch.secrets.replySecret,
  });
  assert(sealed.ok, "the engine's reply bound keeps a reply within its largest bucket");
  return sealed.value;
}
