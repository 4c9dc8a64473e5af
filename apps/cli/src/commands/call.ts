/** `pha call`: an encrypted command through the chain, and its reply. */
import { abiValueToJson } from "@pha/contract";
import { PhaError, toHex } from "@pha/scale";
import { Option } from "commander";
import { argumentsOf } from "../program/arguments.ts";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf, logNotice, tellAudited } from "../program/contract.ts";
import { FROM, type Network, openNetwork, signerOf } from "../program/network.ts";
import { newFile } from "../program/new-file.ts";
import { entryOf } from "./query.ts";

export const call: CommandDeclaration = {
  usage: "call <contract> <command> [args]",
  docs: "Seals a command to the contract, sends it through the chain and opens the reply.",
  examples: [
    `pha call counter add '{"n": 5}' --from alice`,
    `pha call counter add '{"n": 5}' --from bob --json`,
    `pha call counter add '{"n": 5}' --receipt add.receipt`,
  ],
  options: [
    ...networkOptions,
    new Option("--from <account>", FROM).default("alice"),
    new Option("--fuel <fuel>", "most fuel the command may use"),
    new Option(
      "--receipt <file>",
      "new file for a receipt: a proof of command and reply that shows both to whoever has it",
    ),
  ],
  async run({ args, options, output }) {
    const [contractName = "", method = "", text] = args;
    const fuel = fuelOf(options["fuel"]);
    const receiptFile = options["receipt"];
    // Taken before the command is sent, which cannot be taken back, and before a connection that a refusal would leave open.
    const file = typeof receiptFile === "string" ? await newFile(receiptFile) : undefined;
    let network: Network | undefined;
    try {
      network = await openNetwork(options);
      const contract = await contractOf(network, contractName);
      tellAudited(contract, output);
      for (const line of logNotice(contract)) output.progress(line);
      const entry = entryOf(contract, method, "command");
      const value = await argumentsOf(entry.abi, text);
      const signer = signerOf(String(options["from"]));
      const began = performance.now();
      const receipt = await contract.handle.command(method, value, {
        signer,
        until: "final",
        ...fuel,
        ...(file && { receipt: "opens-both" }),
        onProgress: (event) => {
          if (event.stage === "sealed")
            output.progress(
              `  sealed     ${event.sealed.length} bytes, command ${toHex(event.commandId).slice(0, 18)}…`,
            );
          else output.progress(`  ${event.stage.padEnd(10)} block #${event.blockNumber}`);
        },
      });
      if (file && receipt.receipt) await file.write(receipt.receipt);
      const result = abiValueToJson(entry.abi.returns, receipt.value);
      const ms = Math.round(performance.now() - began);
      output.result(
        {
          result,
          commandId: receipt.commandId,
          block: receipt.blockNumber,
          fuelUsed: receipt.fuelUsed,
          sealedBytes: receipt.sealed.length,
          ...(receipt.receipt && { receiptBytes: receipt.receipt.length }),
          ms,
        },
        [
          `result     ${JSON.stringify(result)}`,
          `block      #${receipt.blockNumber} (finalized), fuel ${receipt.fuelUsed}, ${ms} ms`,
          `network    saw ${receipt.sealed.length} sealed bytes from ${signer.address}`,
          ...(receipt.receipt
            ? [`receipt    ${receipt.receipt.length} bytes in ${receiptFile}`]
            : []),
        ],
      );
    } finally {
      network?.client.close();
      await file?.end();
    }
  },
};

const MAX_U64 = (1n << 64n) - 1n;

function fuelOf(text: unknown): { readonly fuelLimit?: bigint } {
  if (text === undefined) return {};
  const fuelLimit = /^\d{1,20}$/.test(String(text)) ? BigInt(String(text)) : 0n;
  if (fuelLimit > 0n && fuelLimit <= MAX_U64) return { fuelLimit };
  throw new PhaError("usage/bad-number", `--fuel ${String(text)} is no amount of fuel`, {
    hint: "Give a whole number above 0; 200000000 is the default.",
  });
}
