/** `pha receipt`: what a receipt proves, checked in this program without any network. */
import { readFile, stat } from "node:fs/promises";
import { MAX_RECEIPT_BYTES, type ReplyBody } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { verifyReceipt } from "@pha/sdk";
import { Option } from "commander";
import { readDevnetFile } from "../devnet/devnet-file.ts";
import type { CommandDeclaration } from "../program/command.ts";
import { parseGenesis } from "../program/network.ts";

export const receipt: CommandDeclaration = {
  usage: "receipt <file>",
  docs: "Verifies a receipt from the genesis hash up, without any network, and shows what it proves.",
  examples: [
    "pha receipt add.receipt --genesis 0x4ea4d4b1… --json",
    `pha call counter add '{"n": 5}' --receipt add.receipt`,
  ],
  options: [
    new Option(
      "--genesis <hash>",
      "genesis hash of the network, in hex (default: the devnet of this folder)",
    ),
  ],
  async run({ args, options, output }) {
    const given = options["genesis"];
    const genesis = typeof given === "string" ? given : (await readDevnetFile()).genesis;
    const genesisHash = parseGenesis(genesis);
    const verified = verifyReceipt(await read(args[0] ?? ""), { genesisHash });
    if (!verified.ok) {
      const { code, ...facts } = verified.error;
      throw new PhaError(code, "the file is no receipt of this network, or it was changed", {
        facts,
        hint: "Believe nothing that it is said to prove; ask for the receipt again.",
      });
    }
    const { body, reply, ...proven } = verified.value;
    const { selector, args: encoded } = body ?? {};
    output.result({ ...proven, selector, args: encoded, ...(reply && shownReply(reply)) }, [
      `command    ${toHex(proven.commandId)}`,
      `sent by    ${toHex(proven.origin)} in block #${proven.included.number}`,
      `contract   ${toHex(proven.contract)}, code ${toHex(proven.codeHash)}`,
      `ran at     block #${proven.executed.number}, step ${proven.index} of cluster ${toHex(proven.cluster)}`,
      `root       ${toHex(proven.root)}, final by the majority of the replicas`,
      `finalized  in block #${proven.finalized.number}`,
      encoded && selector
        ? `asked      ${toHex(selector)} with ${toHex(encoded)}`
        : "asked      not opened by this receipt",
      reply
        ? `answered   ${JSON.stringify(shownReply(reply))}`
        : "answered   not opened by this receipt",
    ]);
  },
};

function shownReply({ outcome, fuelUsed }: ReplyBody) {
  const { type, value } = outcome;
  const shown = typeof value === "string" ? value : toHex(value);
  return { outcome: type.toLowerCase(), value: shown, fuelUsed: fuelUsed.toString() };
}

async function read(file: string): Promise<Uint8Array> {
  try {
    // What is longer is no receipt, and is not taken into memory.
    if ((await stat(file)).size > MAX_RECEIPT_BYTES) return new Uint8Array(0);
    return await readFile(file);
  } catch (cause) {
    throw new PhaError("usage/no-file", `the receipt ${file} cannot be read`, {
      cause,
      hint: "Give the file that `pha call --receipt FILE` wrote.",
    });
  }
}
