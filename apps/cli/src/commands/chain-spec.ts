/** `pha chain-spec …`: what a chain begins with, in the form that people edit and the one that nodes read. */
import { writeFile } from "node:fs/promises";
import { PhaError } from "@pha/scale";
import { Option } from "commander";
import {
  type CommandContext,
  type CommandDeclaration,
  networkOptions,
} from "../program/command.ts";
import { openNetwork } from "../program/network.ts";

const OUT = new Option("--out <file>", "write to this file, which must not exist yet");

const build: CommandDeclaration = {
  usage: "build",
  docs: "Writes the plain form of a preset: name, boot nodes and validators, to be edited.",
  examples: [
    "pha chain-spec build --preset local --out my-network.json",
    "pha chain-spec build --preset testnet --validators validators.json --out testnet.json",
  ],
  options: [
    new Option("--preset <preset>", "dev, local or testnet").default("local"),
    new Option(
      "--validators <file>",
      'JSON list of {"account", "babe", "grandpa"}, for testnet; `pha key inspect` shows them',
    ),
    new Option("--bootnodes <addresses...>", "multiaddrs of peers that every node begins with"),
    OUT,
  ],
  async run(context) {
    const { options } = context;
    const program = await import("@pha/node/program");
    const preset = program.PRESETS.find((name) => name === options["preset"]);
    if (preset === undefined)
      throw new PhaError("usage/bad-preset", `${String(options["preset"])} is no preset`, {
        hint: `Give one of ${program.PRESETS.join(", ")}.`,
      });
    const file = options["validators"];
    if ((preset === "testnet") !== (typeof file === "string"))
      throw new PhaError(
        "usage/bad-validators",
        "--validators belongs to testnet, and to it alone",
        {
          hint: 'Give a file like [{"account": "…", "babe": "0x…", "grandpa": "0x…"}] with --preset testnet.',
        },
      );
    const validators =
      typeof file === "string"
        ? program.parseValidators(program.readSpecJson(file), "validators")
        : [];
    const bootNodes = Array.isArray(options["bootnodes"]) ? options["bootnodes"].map(String) : [];
    const transition = program.transitionsIn(new URL(import.meta.url));
    await put(context, program.plainSpecJson(preset, transition, validators, bootNodes));
  },
};

const raw: CommandDeclaration = {
  usage: "raw <file>",
  docs: "Makes the raw form of a plain chain spec: what nodes and light clients read.",
  examples: ["pha chain-spec raw my-network.json --out my-network.raw.json"],
  options: [OUT],
  async run(context) {
    const program = await import("@pha/node/program");
    const plain = program.readSpecJson(context.args[0] ?? "");
    const transition = program.transitionsIn(new URL(import.meta.url));
    await put(context, program.rawSpecJson(plain, transition));
  },
};

const checkpoint: CommandDeclaration = {
  usage: "checkpoint",
  docs: "Writes the raw chain spec of a running network with a checkpoint: light clients start there.",
  examples: [
    "pha chain-spec checkpoint --url ws://127.0.0.1:9944 --out my-network.checkpoint.json",
  ],
  options: [...networkOptions, OUT],
  async run(context) {
    const { client } = await openNetwork(context.options);
    try {
      // Who trusts the file trusts the node that wrote it; it is checked for form alone.
      const spec = await client.chain.rpc.request("sync_state_genSyncSpec", [true]);
      const { parseChainSpec } = await import("@pha/node/program");
      parseChainSpec(spec);
      await put(context, spec as object);
    } finally {
      client.close();
    }
  },
};

async function put({ options, output }: CommandContext, document: object): Promise<void> {
  const text = JSON.stringify(document, null, 2);
  const out = options["out"];
  if (typeof out !== "string") {
    output.result(document, [text]);
    return;
  }
  try {
    await writeFile(out, `${text}\n`, { flag: "wx" });
  } catch (cause) {
    throw new PhaError("usage/file-not-written", `the chain spec cannot be written to ${out}`, {
      cause,
      hint: "Name a file that does not exist yet, in a folder that you may write to.",
    });
  }
  output.result({ file: out }, [`file     ${out}`]);
}

export const chainSpecCommands: readonly CommandDeclaration[] = [build, raw, checkpoint];
