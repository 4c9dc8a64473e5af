/** `pha verify`: the chain of trust of a contract, link by link. */
import { PhaError } from "@pha/scale";
import type { Verdict } from "@pha/sdk";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf } from "../program/contract.ts";
import { openNetwork } from "../program/network.ts";

/** Longest facts shown, in characters; `--json` has them whole. */
const FACT_LENGTH = 18;

function verdictLines({ ok, link, says, facts }: Verdict): readonly string[] {
  const mark = ok ? (facts["teeClass"] === "simulated" ? "!" : "✓") : "✗";
  const shown = Object.entries(facts).map(([name, value]) => {
    const text = String(value);
    return `${name} ${text.length > FACT_LENGTH ? `${text.slice(0, FACT_LENGTH)}…` : text}`;
  });
  return [
    `${mark} ${link.padEnd(20)} ${says}`,
    ...(shown.length === 0 ? [] : [`  ${" ".repeat(20)} ${shown.join("   ")}`]),
  ];
}

export const verify: CommandDeclaration = {
  usage: "verify <contract>",
  docs: "Checks everything from the genesis hash to the contract's state root, in this program.",
  examples: ["pha verify counter --allow-simulated", "pha verify counter --json"],
  options: networkOptions,
  async run({ args, options, output }) {
    const network = await openNetwork(options);
    try {
      const contract = await contractOf(network, args[0] ?? "");
      const report = await network.client.verify(contract.address);
      output.result(report, [
        ...report.verdicts.flatMap(verdictLines),
        "",
        report.simulated
          ? "! SIMULATED: every link was checked, and no hardware protects the data."
          : "Every link was checked by this program.",
      ]);
      const broken = report.verdicts.find(({ ok }) => !ok);
      if (broken)
        throw new PhaError("verify/not-trusted", `the chain of trust breaks at ${broken.link}`, {
          facts: { link: broken.link },
          hint: "Send nothing to this contract until its operators explain.",
        });
      if (report.simulated && options["allowSimulated"] !== true)
        throw new PhaError("verify/simulated", "the TEEs of this contract are SIMULATED", {
          hint: "No hardware protects the data; on a devnet say so with --allow-simulated.",
        });
    } finally {
      network.client.close();
    }
  },
};
