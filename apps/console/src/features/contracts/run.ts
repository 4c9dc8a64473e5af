/** Runs an entry of a contract and writes down how it goes; plaintext goes to the vault at once. */
import { toHex } from "@pha/scale";
import type { Account } from "../../chain/accounts.ts";
import { beginActivity, reachStage, updateActivity } from "../../chain/activity.ts";
import type { Connected } from "../../chain/connection.ts";
import type { ReadContract } from "../../chain/core/contracts.ts";
import { takeStep } from "../../chain/first-steps.ts";
import { keepAnswer } from "../../chain/kept-answers.ts";
import { problemOf } from "../../chain/problem.ts";
import { lockAway } from "../../chain/vault.ts";

export interface Run {
  readonly connected: Connected;
  readonly contract: ReadContract;
  readonly kind: "command" | "query";
  readonly method: string;
  /** As JSON has them. */
  readonly args: unknown;
  readonly account: Account;
  /** Words in the certificate, if one has to be made. */
  readonly purpose: string;
}

/** @returns id of the activity; what becomes of it is told there */
export function startRun(run: Run): number {
  const { connected, contract, kind, method, args, account } = run;
  const argsText = JSON.stringify(args);
  const id = beginActivity({
    kind,
    account: account.name,
    address: account.address,
    contractName: contract.artefact.name,
    contract: toHex(contract.address),
    genesis: connected.genesis,
    method: lockAway(method),
    args: lockAway(argsText),
    reproduce: account.wallet === undefined ? lockAway(commandLine(run, argsText)) : undefined,
  });
  void (kind === "command" ? command(id, run) : query(id, run));
  return id;
}

async function command(id: number, run: Run): Promise<void> {
  const { connected, contract, method, args, account } = run;
  try {
    const outcome = await connected.core.runCommand(
      connected.client,
      { contract, method, args, account },
      {
        onSealed: (sealed, commandId) =>
          reachStage(id, "sealed", { sealed, commandId: toHex(commandId) }),
        onProgress: (stage, blockNumber) => reachStage(id, stage, { blockNumber }),
        onWallet: (isAsked) =>
          updateActivity(id, { waitsFor: isAsked ? account.wallet : undefined }),
      },
    );
    const { value, fuelUsed, blockNumber, boot } = outcome;
    const result = lockAway(value);
    const vouching = boot && { boot: toHex(boot) };
    updateActivity(id, { state: "done", result, fuelUsed, blockNumber, ...vouching });
    takeStep("call");
  } catch (error) {
    fail(id, error);
  }
}

async function query(id: number, run: Run): Promise<void> {
  const { connected, contract, method, args, account, purpose } = run;
  try {
    const outcome = await connected.core.runQuery(connected.client, {
      contract,
      method,
      args,
      account,
      purpose,
      onAsk: (reason) =>
        updateActivity(id, {
          waitsFor: reason === undefined ? undefined : account.wallet,
          ...(reason === "renewed" && account.wallet !== undefined && { isRenewed: true }),
        }),
    });
    const { value, fuelUsed, blockNumber, boot } = outcome;
    const result = lockAway(value);
    // A light client's peers prove no finality to others.
    if (connected.network.node !== undefined) keepAnswer(id, () => outcome.receipt());
    reachStage(id, "final", { state: "done", result, fuelUsed, blockNumber, boot: toHex(boot) });
    takeStep("call");
  } catch (error) {
    fail(id, error);
  }
}

function fail(id: number, error: unknown): void {
  const problem = problemOf(error);
  // The contract's own words came sealed, and what is wrong with an argument tells of it.
  const isSealed = problem.code === "contract/failed" || problem.code === "abi/wrong-value";
  updateActivity(
    id,
    isSealed
      ? { state: "failed", refusal: lockAway(problem.message) }
      : { state: "failed", problem },
  );
}

function commandLine({ connected, contract, kind, method, account }: Run, args: string): string {
  const { network } = connected;
  // Names are those of the devnet's own contracts; who deploys a second one of a name has its address.
  const isNamed = network.isServed && contract.record.createdAt === 0;
  const target = isNamed ? contract.artefact.name : toHex(contract.address);
  const given = args === "{}" ? "" : ` '${args.replaceAll("'", "'\\''")}'`;
  const where = network.isServed || network.node === undefined ? "" : ` --url ${network.node}`;
  const verb = kind === "command" ? "call" : "query";
  return `npx --no pha ${verb} ${target} ${method}${given} --from ${account.name.toLowerCase()}${where}`;
}
