/** Commands and queries of a contract, from the values of a form to text. */
import { type AbiType, abiValueToJson, parseAbiValue } from "@pha/contract";
import { isPhaError, PhaError, type Result } from "@pha/scale";
import {
  type Client,
  type CommandProgress,
  getContract,
  makeAnswerReceipt,
  type Session,
  type Signer,
} from "@pha/sdk";
import type { Account } from "../accounts.ts";
import type { SealedFacts } from "../sealed.ts";
import type { ReadContract } from "./contracts.ts";
import { sealedFacts } from "./sealed.ts";
import { ensureSession, markExpired } from "./sessions.ts";

interface CallInput {
  readonly contract: ReadContract;
  readonly method: string;
  /** As JSON has them. */
  readonly args: unknown;
}

export interface CommandOutcome {
  readonly value: string;
  readonly fuelUsed: bigint;
  readonly blockNumber: number;
  /** Absent when the final root vouches, and no replica alone. */
  readonly boot: Uint8Array | undefined;
}

export interface CommandWatcher {
  onSealed(sealed: SealedFacts, commandId: Uint8Array): void;
  onProgress(stage: Exclude<CommandProgress["stage"], "sealed">, blockNumber: number): void;
  /** The account's wallet is asked, and has answered. */
  onWallet(isAsked: boolean): void;
}

export async function runCommand(
  client: Client,
  input: CallInput & { readonly account: Account },
  watcher: CommandWatcher,
): Promise<CommandOutcome> {
  const { contract, method, account } = input;
  const abi = entryOf(contract, "commands", method);
  const args = parsedOrThrow(parseAbiValue(abi.args, input.args));
  if (account.signer === undefined)
    throw new PhaError("account/reads-only", "an Ethereum address reads, and sends no commands", {
      facts: { address: account.address },
      hint: "Act as an account of a Substrate wallet.",
    });
  const receipt = await handleOf(client, contract).command(method, args, {
    signer: watched(account.signer, watcher),
    until: "final",
    onProgress(event) {
      if (event.stage === "sealed") watcher.onSealed(sealedFacts(event.sealed), event.commandId);
      else watcher.onProgress(event.stage, event.blockNumber);
    },
  });
  const { fuelUsed, blockNumber, boot } = receipt;
  return { value: textOf(abi.returns, receipt.value), fuelUsed, blockNumber, boot };
}

/** Tells when a wallet is waited for. */
function watched(signer: Signer, { onWallet }: CommandWatcher): Signer {
  const { signExtrinsic } = signer;
  if (signExtrinsic === undefined) return signer;
  return {
    ...signer,
    async signExtrinsic(payload) {
      onWallet(true);
      return signExtrinsic(payload).finally(() => onWallet(false));
    },
  };
}

export interface QueryOutcome {
  readonly value: string;
  readonly fuelUsed: bigint;
  readonly blockNumber: number;
  readonly stateBlock: number;
  readonly root: Uint8Array;
  readonly boot: Uint8Array;
  readonly agreed: number;
  readonly standing: string;
  /** Makes a receipt of question and answer, for whoever is shown it. */
  receipt(): Promise<Uint8Array>;
}

export async function runQuery(
  client: Client,
  input: CallInput & {
    readonly account: Account | undefined;
    readonly purpose: string;
    /** Told when the account is asked for a certificate, and with `undefined` when it has answered. */
    readonly onAsk?: (reason: "first" | "renewed" | undefined) => void;
  },
): Promise<QueryOutcome> {
  const { contract, method, account, purpose, onAsk } = input;
  const abi = entryOf(contract, "queries", method);
  const args = parsedOrThrow(parseAbiValue(abi.args, input.args));
  const certified = async (): Promise<Session | undefined> => {
    if (account === undefined) return undefined;
    const wanted = { account, contract: contract.address, purpose, onAsk };
    return ensureSession(client, wanted).finally(() => onAsk?.(undefined));
  };
  const ask = (session: Session | undefined) =>
    handleOf(client, contract).query(method, args, session && { session });
  const session = await certified();
  const result = await ask(session).catch(async (error: unknown) => {
    // It ended on the way: the worker's head is ahead of ours.
    if (!isPhaError(error) || error.code !== "certificate/expired" || account === undefined)
      throw error;
    markExpired(client, account, contract.address);
    return ask(await certified());
  });
  const { fuelUsed, blockNumber, root, boot, agreed, stateBlock, standing } = result;
  return {
    value: textOf(abi.returns, result.value),
    fuelUsed,
    blockNumber,
    stateBlock: stateBlock.number,
    root,
    boot,
    agreed,
    standing,
    async receipt() {
      const cluster = await client.clusterOf(contract.address);
      const made = await makeAnswerReceipt(client.chain, { cluster, boot, ...result.exchange });
      return made.bytes;
    },
  };
}

function handleOf(client: Client, { address, entries }: ReadContract) {
  return getContract(client, { address, entries });
}

function entryOf({ artefact }: ReadContract, kind: "commands" | "queries", method: string) {
  const entry = artefact[kind][method];
  if (entry !== undefined) return entry;
  throw new PhaError("abi/unknown-method", `the contract has no ${method}`, {
    hint: `It has: ${Object.keys(artefact[kind]).join(", ") || "none"}.`,
  });
}

function parsedOrThrow(
  parsed: Result<
    unknown,
    { readonly code: string; readonly path: string; readonly expected: string }
  >,
): unknown {
  if (parsed.ok) return parsed.value;
  const { code, path, expected } = parsed.error;
  const field = path.replace(/^value\.?/, "");
  throw new PhaError(code, `${field === "" ? "the value" : field} must be ${expected}`, {
    facts: { field },
    hint: "Correct the field and run it again; nothing was sent.",
  });
}

function textOf(type: AbiType, value: unknown): string {
  const json = abiValueToJson(type, value);
  return typeof json === "string" ? json : JSON.stringify(json, undefined, 2);
}
