/** `pha db …`: whether the database of a node that does not run is whole, and what to do when it is not. */
import { PhaError } from "@pha/scale";
import { Option } from "commander";
import type { CommandDeclaration } from "../program/command.ts";
import { basePathOf } from "./node.ts";

const BASE_PATH = new Option(
  "--base-path <dir>",
  "the node's folder; the node must not run",
).default(undefined, "~/.pha");
/** Faults that are printed for people. */
const SHOWN = 10;

const check: CommandDeclaration = {
  usage: "check",
  docs: "Reads a node's whole database and tells what is damaged; changes nothing.",
  examples: ["pha db check --base-path ./alice"],
  options: [BASE_PATH],
  async run({ options, output }) {
    const { checkDataDirectory } = await import("@pha/node/program");
    const directory = basePathOf(options["basePath"]);
    output.progress("reading the database");
    const report = await checkDataDirectory(directory);
    const { finalized, unfinalized, blocks, stateNodes, faults } = report;
    const [first] = faults;
    if (first) {
      const lines = faults.map(({ code, block, what }) =>
        block === undefined ? `${code}: ${what}` : `${code}: block ${block}: ${what}`,
      );
      for (const line of lines.slice(0, SHOWN)) output.progress(line);
      throw new PhaError("database/damaged", `the database has faults: ${lines[0]}`, {
        facts: { directory, count: lines.length, faults: lines.join("; ") },
        hint: "Run pha db repair: it rolls back to the last block that is whole, and peers give the rest again.",
      });
    }
    output.result({ ...report, directory }, [
      "database  whole",
      `blocks    ${blocks}, final up to ${finalized}, ${unfinalized} above`,
      `state     ${stateNodes} nodes, all there`,
    ]);
  },
};

const repair: CommandDeclaration = {
  usage: "repair",
  docs: "Rolls a damaged database back to the last block that is whole with its state; votes are kept.",
  examples: ["pha db repair --base-path ./alice"],
  options: [BASE_PATH],
  async run({ options, output }) {
    const { repairDataDirectory } = await import("@pha/node/program");
    const directory = basePathOf(options["basePath"]);
    output.progress("reading the database");
    const report = await repairDataDirectory(directory);
    const { from, to, dropped, repaired } = report;
    output.result(
      { ...report, directory },
      repaired
        ? [`repaired  final up to ${to}, was ${from}`, `dropped   ${dropped} blocks`]
        : [`database  whole, final up to ${to}; nothing to repair`],
    );
  },
};

export const dbCommands: readonly CommandDeclaration[] = [check, repair];
