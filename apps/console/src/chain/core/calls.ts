/** Commands and queries of a contract, from the values of a form to text. */
import { type AbiType, abiValueToJson, parseAbiValue } from "@pha/contract";
import { PhaError, type Result } from "@pha/scale";
import { type Client, type CommandProgress, getContract } from "@pha/sdk";
import type { Account } from "../accounts.ts";
import type { SealedFacts } from "../sealed.ts";
import type { ReadContract } from "./contracts.ts";
import { sealedFacts } from "./sealed.ts";
import { ensureSession } from "./sessions.ts";

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
}

export async function runCommand(
  client: Client,
  input: CallInput & { readonly account: Account },
  watcher: CommandWatcher,
): Promise<CommandOutcome> {
  const { contract, method, account } = input;
  const abi = entryOf(contract, "commands", method);
  const args = parsedOrThrow(parseAbiValue(abi.args, input.args));
  const receipt = await handleOf(client, contract).command(method, args, {
    signer: account.signer,
    until: "final",
    onProgress(event) {
      if (event.stage === "sealed") watcher.onSealed(sealedFacts(event.sealed), event.commandId);
      else watcher.onProgress(event.stage, event.blockNumber);
    },
  });
  const { fuelUsed, blockNumber, boot } = receipt;
  return { value: textOf(abi.returns, receipt.value), fuelUsed, blockNumber, boot };
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
}

export async function runQuery(
  client: Client,
  input: CallInput & { readonly account: Account | undefined; readonly purpose: string },
): Promise<QueryOutcome> {
  const { contract, method, account, purpose } = input;
  const abi = entryOf(contract, "queries", method);
  const args = parsedOrThrow(parseAbiValue(abi.args, input.args));
  const session = account && (await ensureSession(client, account, contract.address, purpose));
  const result = await handleOf(client, contract).query(method, args, session && { session });
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
