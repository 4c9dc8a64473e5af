/** The `pha` program: its commands and how usage errors end. */
import { Command, CommanderError } from "commander";
import { accountCommands } from "../commands/account.ts";
import { analyticsCommands } from "../commands/analytics.ts";
import { auditCommands } from "../commands/audit.ts";
import { build } from "../commands/build.ts";
import { call } from "../commands/call.ts";
import { chainSpecCommands } from "../commands/chain-spec.ts";
import { dbCommands } from "../commands/db.ts";
import { demo } from "../commands/demo.ts";
import { deploy } from "../commands/deploy.ts";
import { dev } from "../commands/dev.ts";
import { drillCommands } from "../commands/drill.ts";
import { faultCommands } from "../commands/fault.ts";
import { gatekeeperCommands } from "../commands/gatekeeper.ts";
import { keyCommands } from "../commands/key.ts";
import { logs } from "../commands/logs.ts";
import { node } from "../commands/node.ts";
import { policyCommands } from "../commands/policy.ts";
import { query } from "../commands/query.ts";
import { receipt } from "../commands/receipt.ts";
import { status } from "../commands/status.ts";
import { validatorCommands } from "../commands/validator.ts";
import { verifyCommands } from "../commands/verify.ts";
import { workerCommands } from "../commands/worker.ts";
import { workerCollateral } from "../commands/worker-collateral.ts";
import { workerDoctor } from "../commands/worker-doctor.ts";
import { type CommandDeclaration, install } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { toJson } from "./output.ts";

export { type CommandDeclaration, STANDARD_OPTIONS } from "./command.ts";

export const VERSION = "0.1.0";

/** Groups of commands, with what they are about. */
export const GROUPS = {
  analytics: "Visits of a site, counted unread: collector, who may bring them, what pages load.",
  audit:
    "The history of clusters: what can be checked without any key, and run again with an audit key.",
  account: "Accounts: list, make, send, show balances.",
  db: "The database of a node that does not run: check, repair.",
  "chain-spec": "What a chain begins with: build, make raw, take a checkpoint.",
  fault: "Real faults of the devnet in this folder: list, start, end.",
  gatekeeper: "Who makes the root keys: status, next generation, operators.",
  key: "Session keys of a validator: generate, insert, inspect, rotate.",
  drill: "Emergencies, rehearsed and done by the same command.",
  policy:
    "Which programs may serve: show, measure, allow, withdraw, least version, freeze, resume.",
  validator: "Stake and validators: bond, validate, nominate, chill, unbond, withdraw, status.",
  worker: "Worker hosts: doctor, upgrade.",
  verify: "Chains of trust: of a contract (the default), a worker, an answer, evidence, vectors.",
} as const;

/** All commands by name, those of a group with its word in front. */
export const COMMANDS: ReadonlyMap<string, CommandDeclaration> = new Map([
  ...[dev, node, demo, status, build, deploy, call, query, logs, receipt].map(named("")),
  ...analyticsCommands.map(named("analytics ")),
  ...auditCommands.map(named("audit ")),
  ...accountCommands.map(named("account ")),
  ...chainSpecCommands.map(named("chain-spec ")),
  ...dbCommands.map(named("db ")),
  ...faultCommands.map(named("fault ")),
  ...gatekeeperCommands.map(named("gatekeeper ")),
  ...drillCommands.map(named("drill ")),
  ...keyCommands.map(named("key ")),
  ...policyCommands.map(named("policy ")),
  ...validatorCommands.map(named("validator ")),
  ...verifyCommands.map(named("verify ")),
  ...[workerCollateral, workerDoctor, ...workerCommands].map(named("worker ")),
]);

function named(group: string) {
  return (declaration: CommandDeclaration) =>
    [`${group}${declaration.usage.split(" ")[0] ?? ""}`, declaration] as const;
}

export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command("pha")
    .description("Pha: a confidential cloud that nobody owns.")
    .version(VERSION)
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) =>
        write(`✗ ${USAGE.code}: ${text.replace(/^error: /, "").trimEnd()}\n  do:  ${USAGE.hint}\n`),
    })
    .addHelpText(
      "before",
      "Examples:\n  npm start                                   a whole network on this machine\n  npx --no pha demo                           the main job: confidential web analytics\n",
    );
  const groups = new Map(
    Object.entries(GROUPS).map(([name, docs]) => [
      name,
      program.command(name).description(docs).addHelpText("before", examplesOf(name)),
    ]),
  );
  for (const [name, command] of COMMANDS)
    install(groups.get(name.split(" ").slice(0, -1).join(" ")) ?? program, command);
  exitOverride(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    // The text is on stderr already; scripts get their one document.
    if (error.exitCode !== 0 && argv.includes("--json"))
      process.stdout.write(`${toJson({ error: usageErrorOf(error) })}\n`);
  }
}

/** The first example of each command of a group. */
function examplesOf(group: string): string {
  const firsts = [...COMMANDS].flatMap(([name, { examples }]) =>
    name.startsWith(`${group} `) ? examples.slice(0, 1) : [],
  );
  return `Examples:\n${firsts.map((line) => `  ${line}`).join("\n")}\n`;
}

const USAGE = {
  code: "usage/bad-arguments",
  hint: "`pha help` lists the commands; `pha help COMMAND` shows examples.",
} as const;

function usageErrorOf({ message }: CommanderError): object {
  return { ...USAGE, message: message.replace(/^error: /, ""), facts: {} };
}

function exitOverride(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitOverride(child);
}
