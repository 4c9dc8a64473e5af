/** `pha audit …`: what a cluster's history shows without any key. */

import { STORAGE } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { auditCluster } from "@pha/sdk";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf } from "../program/contract.ts";
import { openNetwork } from "../program/network.ts";

export function stepOf(value: unknown, name: string): bigint | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^\d{1,18}$/.test(value)) return BigInt(value);
  throw new PhaError("usage/bad-step", `${name} is no number of a step`, {
    hint: "Steps are counted from 0; leave it out for the oldest that is kept, or the newest.",
  });
}

const steps: CommandDeclaration = {
  usage: "steps <contract>",
  docs: "Checks the history of a contract's cluster without any key: that roots follow each other, that every queued command was answered in its order, and that sizes tell nothing. What the contracts did is not re-executed.",
  examples: [
    "pha audit steps counter --allow-simulated",
    "pha audit steps counter --from 0 --to 9",
  ],
  options: [
    ...networkOptions,
    new Option("--from <index>", "first step (default: the oldest that is kept)"),
    new Option("--to <index>", "last step (default: the newest final one)"),
  ],
  async run({ args, options, output }) {
    const from = stepOf(options["from"], "--from");
    const to = stepOf(options["to"], "--to");
    const network = await openNetwork(options);
    try {
      const { chain } = network.client;
      const { address } = await contractOf(network, args[0] ?? "");
      const { key, value } = STORAGE.contract;
      const cluster = (await chain.read({ key: key(address), value }))?.cluster;
      if (cluster === undefined)
        throw new PhaError("contract/unknown", "the chain has no such contract", {
          facts: { address: toHex(address) },
          hint: "Check the address, and that the network is the right one.",
        });
      const audited = await auditCluster(chain, {
        cluster,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      });
      const { replies, unopened, blobs, deltaBytes, waiting } = audited;
      output.result({ cluster, ...audited }, [
        `cluster   ${toHex(cluster)}`,
        `steps     ${audited.from} to ${audited.to}: each follows the one before`,
        `root      ${toHex(audited.root)}`,
        `replies   ${replies} in the order of the queue, ${unopened} of them to what did not open; ${waiting} commands wait`,
        `deltas    ${deltaBytes} bytes sealed, ${blobs} of them blobs; all of the sizes that tell nothing`,
        "executed  nothing: without the keys of its epochs a history cannot be run again",
      ]);
    } finally {
      network.client.close();
    }
  },
};

export const auditCommands: readonly CommandDeclaration[] = [steps];
