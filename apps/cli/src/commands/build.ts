/** `pha build`: from a contract's TypeScript to its artefact. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PhaError, toHex } from "@pha/scale";
import { Option } from "commander";
import type { CommandDeclaration } from "../program/command.ts";

export const build: CommandDeclaration = {
  usage: "build <entry>",
  docs: "Checks types and determinism, bundles, and writes <name>.pha.json.",
  examples: [
    "pha build contracts/counter/src/counter.ts",
    "pha build my-contract.ts --out ./artefacts",
  ],
  options: [new Option("--out <dir>", "folder of the artefact").default(".")],
  async run({ args, options, output }) {
    // A program of its own: its compilers would make every other command slow to start.
    const { buildContract, frameOf } = await import("@pha/contract/build");
    const built = await buildContract({ entry: args[0] ?? "" });
    if (!built.ok) {
      for (const problem of built.error) output.progress(frameOf(problem));
      const [first] = built.error;
      throw new PhaError(first.code, `${built.error.length} problems in the contract`, {
        facts: { problems: built.error.length, first: first.message },
        hint: "Fix the places shown above; the code frame marks each.",
      });
    }
    const { artefact, bytes, codeHash } = built.value;
    const file = join(String(options["out"]), `${artefact.name}.pha.json`);
    await writeFile(file, bytes);
    output.result(
      { name: artefact.name, version: artefact.version, file, bytes: bytes.length, codeHash },
      [
        `${artefact.name} ${artefact.version}   ${bytes.length} bytes`,
        `file       ${file}`,
        `code hash  ${toHex(codeHash)}`,
      ],
    );
  },
};
