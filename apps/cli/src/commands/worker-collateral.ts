/** `pha worker collateral`: one round of a host's collateral keeper, which submits nothing. */
import { resolve } from "node:path";
import { toHex } from "@pha/scale";
import { checkCollateral, loadConfig, slotName } from "@pha/worker";
import { Option } from "commander";
import type { CommandDeclaration } from "../program/command.ts";
import { timeoutOf } from "../program/network.ts";

export const workerCollateral: CommandDeclaration = {
  usage: "collateral <config>",
  docs: "Asks the vendors' services of a host's configuration once, and tells what they have that is newer than the chain's collateral. Submits nothing; a running host does that by itself.",
  examples: ["pha worker collateral worker.json", "pha worker collateral worker.json --json"],
  options: [new Option("--timeout <seconds>", "longest wait for node and services").default("120")],
  async run({ args: [file], options, output }) {
    const config = await loadConfig(resolve(file ?? ""));
    const timeoutMs = timeoutOf(String(options["timeout"]));
    output.progress(`asks for collateral that the chain of ${config.nodeUrl} has use for …`);
    const { newer, fetched, unlisted } = await checkCollateral(config, { timeoutMs });
    const failed = fetched.flatMap(({ source, failure }) =>
      failure ? [{ source, ...failure }] : [],
    );
    const document = {
      newer: newer.map(({ slot, issuedAtMs, validUntilMs, number }) => ({
        slot: slotName(slot),
        issuedAt: instant(issuedAtMs),
        validUntil: instant(validUntilMs),
        number,
      })),
      answered: fetched.length - failed.length,
      failed,
      unlistedPhones: unlisted.map(({ serial, status }) => ({ serial: toHex(serial), status })),
    };
    output.result(document, [
      `answers     ${document.answered} of ${fetched.length}`,
      ...document.newer.map(
        ({ slot, issuedAt, validUntil }) =>
          `newer       ${slot}, of ${issuedAt}, until ${validUntil}`,
      ),
      ...failed.map(({ source, code }) => `✗ ${source}: ${code}`),
      ...(unlisted.length > 0
        ? [`phones      ${unlisted.length} on Google's list that governance has not entered`]
        : []),
      ...(newer.length === 0 ? ["nothing is newer than what the chain has"] : []),
    ]);
  },
};

const instant = (ms: bigint): string => new Date(Number(ms)).toISOString();
