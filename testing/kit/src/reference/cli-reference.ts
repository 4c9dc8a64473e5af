/** `docs/reference/cli.md`: every command of `pha`, from the declarations that the program is made of. */
import { COMMANDS, type CommandDeclaration, GROUPS, STANDARD_OPTIONS } from "@pha/cli/program";
import type { Option } from "commander";
import ts from "typescript";
import { block, code, page, table } from "./page.ts";
import { declarationOf, docComment, sourceFile } from "./syntax.ts";

const EXIT_CODES = "apps/cli/src/program/exit-code.ts";

export function cliReference(): string {
  const single = [...COMMANDS].filter(([name]) => !name.includes(" "));
  const groups = Object.entries(GROUPS).map(([group, docs]) => {
    const own = [...COMMANDS].filter(([name]) => name.startsWith(`${group} `));
    return [`## pha ${group}`, docs, ...own.map((command) => commandPart(command))].join("\n\n");
  });
  return page(
    "Command line",
    "The program `pha`. In a checkout it is run with `npx --no pha COMMAND`; `npm start` is `pha dev`. Results go to stdout, " +
      "progress to stderr; secrets come from files, never from arguments.",
    [
      "## Options of every command",
      optionsTable(STANDARD_OPTIONS),
      "## Exit codes",
      "Each [error code](../errors.md) leads to one of these; scripts may depend on them.",
      table(["code", "name", "when"], exitCodes()),
      "## Environment",
      table(
        ["variable", "what"],
        [
          [code("PHA_RPC_URL"), "WebSocket of a node, where `--url` is not given"],
          [
            code("PHA_WORKER_URL"),
            "base URLs of worker hosts, with commas between, where `--worker` is not given",
          ],
          [code("NO_COLOR"), "no colours on a terminal"],
        ],
      ),
      ["## Commands", ...single.map((command) => commandPart(command))].join("\n\n"),
      ...groups,
    ],
  );
}

function commandPart([name, declaration]: readonly [string, CommandDeclaration]): string {
  const { docs, examples, options = [], isDefault, usage } = declaration;
  const args = usage.split(" ").slice(1).join(" ");
  return [
    `### pha ${name}`,
    `${docs}${isDefault === true ? ` What \`pha ${name.split(" ")[0]}\` does when no other command follows.` : ""}`,
    block(
      "text",
      [
        `pha ${name} ${args}`.trim() + (options.length > 0 ? " [options]" : ""),
        "",
        ...examples,
      ].join("\n"),
    ),
    ...(options.length === 0 ? [] : [optionsTable(options)]),
  ].join("\n\n");
}

function optionsTable(options: readonly Option[]): string {
  return table(
    ["option", "what", "default"],
    options.map(({ flags, description, mandatory, defaultValue, argChoices }) => [
      code(flags),
      `${description}${argChoices ? `; one of ${argChoices.map(code).join(", ")}` : ""}${mandatory ? "; must be given" : ""}`,
      defaultValue === undefined ? "" : code(String(defaultValue)),
    ]),
  );
}

/** Number, name and comment of each exit code. */
function exitCodes(): readonly (readonly string[])[] {
  const declared = declarationOf(sourceFile(EXIT_CODES), "EXIT");
  if (declared === undefined || !ts.isVariableStatement(declared))
    throw new Error(`${EXIT_CODES} declares no EXIT`);
  const [{ initializer } = {}] = declared.declarationList.declarations;
  const value =
    initializer && ts.isAsExpression(initializer) ? initializer.expression : initializer;
  if (value === undefined || !ts.isObjectLiteralExpression(value))
    throw new Error("EXIT is an object");
  return value.properties
    .filter(ts.isPropertyAssignment)
    .map((one) => [one.initializer.getText(), code(one.name.getText()), docComment(one).text]);
}
