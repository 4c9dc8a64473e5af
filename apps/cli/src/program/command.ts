/** How every command is declared: once, with its help and examples. */
import { type Command, Option } from "commander";
import { createOutput, type Output, reportError } from "./output.ts";

export interface CommandDeclaration {
  /** Name and arguments, as commander writes them: `call <contract> <method> [args]`. */
  readonly usage: string;
  readonly docs: string;
  /** Shown first in the help; copy and paste. */
  readonly examples: readonly string[];
  readonly options?: readonly Option[];
  /** Of its group: what runs when the group's name is followed by none of its commands. */
  readonly isDefault?: boolean;
  readonly run: (context: CommandContext) => Promise<void>;
}

export interface CommandContext {
  /** Positional arguments in order. */
  readonly args: readonly (string | undefined)[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: Output;
}

export const networkOptions: readonly Option[] = [
  new Option("--url <url>", "WebSocket of a node (default: the devnet of this folder)"),
  new Option("--worker <url...>", "base URL of a worker host"),
  new Option("--genesis <hash>", "genesis hash of the network, in hex"),
  new Option("--allow-simulated", "talk to SIMULATED TEEs outside the devnet of this folder"),
  new Option("--timeout <seconds>", "longest wait for an answer of the node").default("30"),
];

/** Of every command. */
export const STANDARD_OPTIONS: readonly Option[] = [
  new Option("--json", "print one JSON document"),
  new Option("--quiet", "no progress on stderr"),
  new Option("--debug", "print stacks of errors"),
];

export function install(program: Command, declaration: CommandDeclaration): void {
  const command = program
    .command(declaration.usage, { isDefault: declaration.isDefault === true })
    .description(declaration.docs)
    .addHelpText(
      "beforeAll",
      `Examples:\n${declaration.examples.map((line) => `  ${line}`).join("\n")}\n`,
    );
  for (const option of [...STANDARD_OPTIONS, ...(declaration.options ?? [])])
    command.addOption(option);
  command.action(async (...all: unknown[]) => {
    const options = command.opts<Record<string, unknown>>();
    const json = options["json"] === true;
    if (options["debug"] === true) process.env["PHA_DEBUG"] = "1";
    const positional = all
      .slice(0, -2)
      .flat()
      .map((arg) => (typeof arg === "string" ? arg : undefined));
    const output = createOutput({ json, quiet: options["quiet"] === true });
    try {
      await declaration.run({ args: positional, options, output });
    } catch (error) {
      reportError(error, output);
    }
  });
}
