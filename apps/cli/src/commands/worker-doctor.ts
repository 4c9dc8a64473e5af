/**
 * `pha worker doctor`: what this machine's TEE gives, and whether the chain would take it: for operators, before anything
 * is registered. The only part of attestation that needs real hardware to be tried.
 */
import { performance } from "node:perf_hooks";
import { kindOf, ROLES } from "@pha/attestation";
import { randomBytes } from "@pha/crypto";
import { openProvider } from "@pha/pruntime/providers";
import { gradeShownBytes } from "@pha/sdk";
import { AZURE_TD_QUOTE_URL, createTdQuotes, SILENT } from "@pha/worker";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { openNetwork } from "../program/network.ts";
import { endWithTrust } from "../program/trust-lines.ts";

export const workerDoctor: CommandDeclaration = {
  usage: "doctor",
  docs: "Makes evidence on this machine over a nonce, verifies it here with the chain's collateral, and tells its grade and every demand that is not met, with what to do.",
  examples: [
    "pha worker doctor --url wss://node.example.org --genesis 0x…",
    "pha worker doctor --provider simulated --platform platform.json --allow-simulated",
  ],
  options: [
    ...networkOptions,
    new Option("--provider <name>", "evidence provider, as the worker host has it").default("auto"),
    new Option("--platform <file>", "the provider's own file"),
    new Option(
      "--td-quote-url <url>",
      "where Intel's quote of an Azure machine on TDX is asked for, as the worker host has it",
    ).default(AZURE_TD_QUOTE_URL),
    new Option("--role <role>", "what the machine is to be").choices(ROLES).default("worker"),
  ],
  async run({ options, output }) {
    const { platform } = options;
    const tdQuotes = createTdQuotes({ url: String(options["tdQuoteUrl"]), log: SILENT });
    const network = await openNetwork(options);
    try {
      const provider = await openProvider({
        provider: String(options["provider"]),
        platform: typeof platform === "string" ? platform : undefined,
        askTdQuote: tdQuotes.get,
      });
      const expectedReportData = randomBytes(64);
      output.progress(`${provider.name}: asks for evidence …`);
      const began = performance.now();
      const evidence = await provider.evidence(expectedReportData);
      const tookMs = Math.round(performance.now() - began);
      const seals = (await provider.sealingKey()) !== undefined;
      const role = ROLES.find((one) => one === options["role"]) ?? "worker";
      const { chain } = network.client;
      const graded = await gradeShownBytes(chain, { evidence, expectedReportData, role });
      const { unmet } = graded;
      const document = {
        provider: provider.name,
        kind: kindOf(evidence),
        evidenceBytes: evidence.length,
        tookMs,
        seals,
        role,
        unmet,
      };
      endWithTrust(output, graded, {
        allowSimulated: options["allowSimulated"] === true,
        hint: "Do what is said beside each demand, then run this again; nothing was registered.",
        more: {
          document,
          lines: [
            `provider   ${provider.name}, ${kindOf(evidence) ?? "no kind that is known"}: ${evidence.length} bytes in ${tookMs} ms`,
            `seals      ${seals ? "yes: the identity stays over restarts" : "no: every start is a new identity"}`,
            ...unmet.map(({ code, fix }) => `✗ ${code}: ${fix}`),
          ],
        },
      });
    } finally {
      tdQuotes.stop();
      network.client.close();
    }
  },
};
