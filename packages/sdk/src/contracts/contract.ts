/** A contract as an object with methods: from its declaration (typed) or from its ABI (by name). */
import { blake2b256 } from "@pha/crypto";
import { type Codec, decode, encode, PhaError, toHex, utf8 } from "@pha/scale";
import type { Signer } from "../chain/accounts.ts";
import type { Chain, SubmitOptions } from "../chain/chain.ts";
import type { Client, ReachableReplica } from "../client.ts";
import { makeAnswerReceipt } from "../receipt/make-answer-receipt.ts";
import { makeReceipt } from "../receipt/make-receipt.ts";
import { makeStateReceipt } from "../receipt/make-state-receipt.ts";
import { type AgreedAnswer, agreedAnswer, firstAnswer, isWorthRetrying } from "./ask-replicas.ts";
import { awaitReply, sealAndSubmit } from "./command.ts";
import { queryReplica, type VerifiedAnswer } from "./query.ts";
import type { Session } from "./session.ts";
import { untilFinal } from "./until-final.ts";

/** What the SDK needs of one entry. */
export interface EntryCodec {
  readonly kind: "command" | "query";
  readonly args: Codec<unknown>;
  readonly returns: Codec<unknown>;
}
/** Entries of a contract by name; `entryCodecsOf` of `@pha/contract` reads them from an artefact. */
export type EntryCodecs = Readonly<Record<string, EntryCodec>>;

/** How a command is sent, and for what it is waited. */
export interface CommandOptions {
  readonly signer: Signer;
  readonly fuelLimit?: bigint;
  /**
   * Default `reply`: the reply of one attested replica, the command's block being finalized. `final`: queries see what
   * the command changed, because the majority has voted its root.
   */
  readonly until?: "submitted" | "reply" | "final";
  readonly timeoutMs?: number;
  /**
   * Makes a receipt, which waits as `final` does: what it opens beside the proof that the command ran with its reply.
   * Whoever holds it reads that much.
   */
  readonly receipt?: "closed" | "opens-reply" | "opens-both";
  readonly onProgress?: (event: CommandProgress) => void;
}

/** How far a command is. */
export type CommandProgress =
  /** More than once when the contract's sealing key changes meanwhile. */
  | { readonly stage: "sealed"; readonly commandId: Uint8Array; readonly sealed: Uint8Array }
  | { readonly stage: "in-block"; readonly blockNumber: number }
  | { readonly stage: "executed"; readonly blockNumber: number }
  | { readonly stage: "final"; readonly blockNumber: number };

/** What a command gave. */
export interface CommandReceipt {
  readonly commandId: Uint8Array;
  readonly value: unknown;
  readonly fuelUsed: bigint;
  readonly blockNumber: number;
  /** What the network saw. */
  readonly sealed: Uint8Array;
  /** Boot of the replica that vouches for the value; absent when the final root does, or nothing was waited for. */
  readonly boot: Uint8Array | undefined;
  /** An encoded receipt (`verifyReceipt`), if one was asked for. */
  readonly receipt: Uint8Array | undefined;
}

/** Who asks, and how sure the answer must be. */
export interface QueryOptions {
  /** Absent: anonymous. */
  readonly session?: Session;
  readonly fuelLimit?: bigint;
  /**
   * Replicas of different operators of which as many must give the same answer. Default 1: the root is the majority's, the
   * answer is computed by one TEE. With simulated TEEs an operator says nothing, and replicas are counted.
   */
  readonly agree?: number;
  /**
   * Makes a receipt, for whoever is shown it: `true` of the entries that the contract opens, `"answer"` of question and answer
   * as a whole.
   */
  readonly receipt?: true | "answer";
}

/** An entry of the state that the contract opened, as it is stored. */
export interface OpenedEntry {
  /** The cell's number, and the SCALE key in a map or set. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A verified answer, decoded. */
export interface QueryResult
  extends Pick<
    VerifiedAnswer,
    "fuelUsed" | "root" | "stateBlock" | "boot" | "standing" | "freshness" | "exchange"
  > {
  readonly value: unknown;
  readonly blockNumber: number;
  /** TEEs that computed this answer: one, or as many as agreed. */
  readonly agreed: number;
  readonly opened: readonly OpenedEntry[];
  /** An encoded receipt (`verifyStateReceipt`, `verifyAnswerReceipt`), if one was asked for. */
  readonly receipt: Uint8Array | undefined;
}

/** A contract to be called by the names of its entries. */
export interface ContractHandle {
  readonly address: Uint8Array;
  command(name: string, args: unknown, options: CommandOptions): Promise<CommandReceipt>;
  query(name: string, args: unknown, options?: QueryOptions): Promise<QueryResult>;
}

/** Fuel that a command may use unless the caller says otherwise. */
export const DEFAULT_COMMAND_FUEL = 200_000_000n;
/** Fuel that a query may use unless the caller says otherwise. */
export const DEFAULT_QUERY_FUEL = 2_000_000_000n;

/** First four bytes of blake2b-256 of the entry's name. */
export function selectorOf(name: string): Uint8Array {
  return blake2b256(utf8(name)).slice(0, 4);
}

/** A contract by address and entries. */
export function getContract(
  client: Client,
  input: { readonly address: Uint8Array; readonly entries: EntryCodecs },
): ContractHandle {
  const { address, entries } = input;

  function entry(name: string, kind: EntryCodec["kind"]): EntryCodec {
    const found = entries[name];
    if (found?.kind === kind) return found;
    const names = Object.keys(entries).filter((other) => entries[other]?.kind === kind);
    throw new PhaError("abi/unknown-method", `the contract has no ${kind} ${name}`, {
      facts: { method: name, contract: toHex(address) },
      hint: `It has: ${names.join(", ") || "none"}.`,
    });
  }

  return {
    address,
    async command(name, args, options) {
      const { signer, timeoutMs } = options;
      const until = options.receipt === undefined ? options.until : "final";
      const { args: argsCodec, returns } = entry(name, "command");
      const cluster = await client.clusterOf(address);
      const replicas = await client.replicasOf(address, cluster);
      const command = {
        contract: address,
        cluster,
        selector: selectorOf(name),
        args: encode(argsCodec, args),
        fuelLimit: options.fuelLimit ?? DEFAULT_COMMAND_FUEL,
        signer,
      };
      const submit: SubmitOptions =
        until === "submitted"
          ? { until: "submitted" }
          : { until: "in-block", ...(timeoutMs !== undefined && { timeoutMs }) };
      const { sealed, included } = await sealAndSubmit(client.chain, command, submit, (one) =>
        options.onProgress?.({ stage: "sealed", commandId: one.commandId, sealed: one.sealed }),
      );
      if (until === "submitted")
        return {
          commandId: sealed.commandId,
          value: undefined,
          fuelUsed: 0n,
          blockNumber: 0,
          sealed: sealed.sealed,
          boot: undefined,
          receipt: undefined,
        };
      options.onProgress?.({ stage: "in-block", blockNumber: included.blockNumber });
      const workers = [...new Set(replicas.map(({ worker }) => worker))];
      const result = await awaitReply(client.chain, workers, sealed, command, timeoutMs, included);
      options.onProgress?.({ stage: "executed", blockNumber: result.block.number });
      const { outcome, fuelUsed } = result.body;
      if (until === "final") {
        await untilFinal(client.chain, cluster, result.block.number, timeoutMs);
        options.onProgress?.({ stage: "final", blockNumber: result.block.number });
      }
      const { commandId, block } = result;
      const made =
        options.receipt &&
        (await makeReceipt(client.chain, {
          contract: address,
          cluster,
          commandId,
          block,
          ...(options.receipt !== "closed" && { replySecret: sealed.replySecret }),
          ...(options.receipt === "opens-both" && { ephemeralSecret: sealed.ephemeralSecret }),
          ...(timeoutMs !== undefined && { timeoutMs }),
        }));
      return {
        commandId: result.commandId,
        value: resultOf(outcome, returns),
        fuelUsed,
        blockNumber: result.block.number,
        sealed: result.sealed,
        boot: result.boot,
        receipt: made?.bytes,
      };
    },
    async query(name, args, options = {}) {
      const { args: argsCodec, returns } = entry(name, "query");
      const cluster = await client.clusterOf(address);
      const input = {
        contract: address,
        cluster,
        selector: selectorOf(name),
        args: encode(argsCodec, args),
        fuelLimit: options.fuelLimit ?? DEFAULT_QUERY_FUEL,
        session: options.session,
      };
      const ask = ({ worker, boot }: ReachableReplica): Promise<VerifiedAnswer> =>
        queryReplica(client.chain, worker, boot, client.memory, input);
      const { agree = 1 } = options;
      const askAll = (replicas: readonly ReachableReplica[]): Promise<AgreedAnswer> =>
        agree <= 1
          ? firstAnswer(replicas, ask)
          : agreedAnswer(replicas, ask, { agree, byOperator: !client.allowsSimulated });
      const { answer, agreed } = await askAll(await client.replicasOf(address, cluster)).catch(
        async (error: unknown) => {
          // Replicas that started anew have other boots than those known here.
          if (!isWorthRetrying(error)) throw error;
          return askAll(await client.replicasOf(address, cluster, true));
        },
      );
      return queryResult(client.chain, { address, cluster, returns, answer, agreed }, options);
    },
  };
}

/** What a query gives to the program that asked. */
export async function queryResult(
  chain: Chain,
  of: {
    readonly address: Uint8Array;
    readonly cluster: Uint8Array;
    readonly returns: Codec<unknown>;
    readonly answer: VerifiedAnswer;
    readonly agreed: number;
  },
  options: Pick<QueryOptions, "receipt">,
): Promise<QueryResult> {
  const { address: contract, cluster, answer, agreed } = of;
  const { fuelUsed, root, stateBlock, boot, block, standing, freshness, opened, exchange } = answer;
  const value = resultOf(answer.outcome, of.returns);
  let receipt: Uint8Array | undefined;
  if (options.receipt === "answer")
    receipt = (await makeAnswerReceipt(chain, { cluster, boot, ...answer.exchange })).bytes;
  else if (options.receipt) {
    if (opened === undefined)
      throw new PhaError("receipt/nothing-opened", "the contract opened nothing to this caller", {
        facts: { contract: toHex(contract) },
        hint: "Ask a query that opens entries; its contract says which, and to whom.",
      });
    const made = await makeStateReceipt(chain, { contract, cluster, boot, block, opened });
    receipt = made.bytes;
  }
  return {
    value,
    fuelUsed,
    root,
    stateBlock,
    boot,
    blockNumber: block.number,
    standing,
    freshness,
    exchange,
    agreed,
    opened: (opened?.fields ?? []).map(({ key, value }) => ({ key, value })),
    receipt,
  };
}

type Outcome = VerifiedAnswer["outcome"];

/** Decoded result, or the contract's refusal as an error. */
export function resultOf(
  outcome:
    | Outcome
    | { readonly type: "Ok" | "Failed" | "Trapped"; readonly value: Uint8Array | string },
  returns: Codec<unknown>,
): unknown {
  if (outcome.type === "Ok" && typeof outcome.value !== "string") {
    const decoded = decode(returns, outcome.value);
    if (decoded.ok) return decoded.value;
    throw new PhaError("contract/other-abi", "the result does not fit the contract's ABI", {
      hint: "Use the ABI of the code that the contract runs now.",
    });
  }
  const reason = String(outcome.value);
  if (outcome.type === "Failed" && reason === "command/reply-too-large")
    throw new PhaError(
      "command/reply-too-large",
      "the command ran, and there was no room for its reply",
      {
        hint: "Do not send it again: what it did stands. Ask by a query; ask for less, or when fewer ask at once.",
      },
    );
  if (outcome.type === "Failed")
    throw new PhaError("contract/failed", `the contract refused: ${reason}`, {
      facts: { reason },
      hint: "The reason is the contract's own; see its documentation.",
    });
  throw new PhaError("contract/trapped", `the engine stopped the call: ${reason}`, {
    facts: { reason },
    hint:
      reason === "fuel"
        ? "Give more fuel, or ask for less at once."
        : "The contract overran a limit of its engine; nothing was changed.",
  });
}
