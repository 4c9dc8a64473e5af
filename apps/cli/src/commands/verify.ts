/** `pha verify`: the chain of trust of a contract, link by link. */
import { PhaError } from "@pha/scale";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf } from "../program/contract.ts";
import { EXIT } from "../program/exit-code.ts";
import { openNetwork } from "../program/network.ts";

export const verify: CommandDeclaration = {
  usage: "verify <contract>",
  docs: "Checks everything from the genesis hash to the contract's state root, in this program.",
  examples: ["pha verify counter", "pha verify counter --json"],
  options: networkOptions,
  async run({ args, options, output }) {
    const network = await openNetwork(options);
    try {
      const contract = await contractOf(network, args[0] ?? "");
      const report = await network.client.verify(contract.address);
      output.result(report, [
        ...report.verdicts.map(
          ({ ok, link, says }) => `${ok ? "✓" : "✗"} ${link.padEnd(20)} ${says}`,
        ),
        "",
        report.simulated
          ? "! SIMULATED: every link holds, and no hardware protects the data."
          : "Every link was checked by this program.",
      ]);
      if (report.ok) return;
      const broken = report.verdicts.find(({ ok }) => !ok);
      process.exitCode = EXIT.notVerified;
      throw new PhaError(
        "verify/not-trusted",
        `the chain of trust breaks at ${broken?.link ?? ""}`,
        {
          facts: { link: broken?.link ?? "" },
          hint: "Send nothing to this contract until its operators explain.",
        },
      );
    } finally {
      network.client.close();
    }
  },
};
