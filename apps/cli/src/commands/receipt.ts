/** `pha receipt`: what a receipt proves, checked in this program without any network. */
import { readFile, stat } from "node:fs/promises";
import {
  ANSWER_RECEIPT_VERSION,
  MAX_RECEIPT_BYTES,
  type ReplyBody,
  STATE_RECEIPT_VERSION,
} from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { verifyReceipt } from "@pha/sdk";
import { Option } from "commander";
import { readDevnetFile } from "../devnet/devnet-file.ts";
import { showAnswerReceipt } from "../program/answer-receipt.ts";
import type { CommandDeclaration } from "../program/command.ts";
import { parseGenesis } from "../program/network.ts";
import { notVerified } from "../program/receipt-refusal.ts";
import { showStateReceipt } from "../program/state-receipt.ts";

export const receipt: CommandDeclaration = {
  usage: "receipt <file>",
  docs: "Verifies a receipt from the genesis hash up, without any network, and shows what it proves.",
  examples: [
    "pha receipt add.receipt --genesis 0x4ea4d4b1… --json",
    `pha call counter add '{"n": 5}' --receipt add.receipt`,
    "pha receipt own.receipt --artefact counter.pha.json",
    "pha receipt own.receipt --only 0 --out first.receipt",
  ],
  options: [
    new Option(
      "--genesis <hash>",
      "genesis hash of the network, in hex (default: the devnet of this folder)",
    ),
    new Option(
      "--artefact <file>",
      "of fields: the contract's artefact, by which keys and values are shown",
    ),
    new Option("--only <numbers>", "of fields: those that a smaller receipt keeps, as 0,2"),
    new Option("--out <file>", "new file for the smaller receipt"),
  ],
  async run({ args, options, output }) {
    const given = options["genesis"];
    const genesis = typeof given === "string" ? given : (await readDevnetFile()).genesis;
    const genesisHash = parseGenesis(genesis);
    const bytes = await read(args[0] ?? "");
    if (bytes[0] === ANSWER_RECEIPT_VERSION) return showAnswerReceipt(bytes, genesisHash, output);
    if (bytes[0] === STATE_RECEIPT_VERSION)
      return showStateReceipt(bytes, genesisHash, options, output);
    const verified = verifyReceipt(bytes, { genesisHash });
    if (!verified.ok) throw notVerified(verified.error);
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
      hint: "Give the file that `pha call --receipt FILE` or `pha query --receipt FILE` or `--answer FILE` wrote.",
    });
  }
}
