/** `pha audit …`: what a cluster's history shows without any key, and with the one that its contracts declare. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes, x25519PublicKey } from "@pha/crypto";
import { STORAGE } from "@pha/protocol";
import { PhaError, parseHex, toHex, utf8 } from "@pha/scale";
import { auditCluster, collectBlocks, collectReplay } from "@pha/sdk/audit";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf } from "../program/contract.ts";
import { distFolder } from "../program/dist-folder.ts";
import { openNetwork } from "../program/network.ts";
import { newFile } from "../program/new-file.ts";

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
      const { replies, unopened, blobs, replyBlobs, deltaBytes, waiting } = audited;
      output.result({ cluster, ...audited }, [
        `cluster   ${toHex(cluster)}`,
        `steps     ${audited.from} to ${audited.to}: each follows the one before`,
        `root      ${toHex(audited.root)}`,
        `replies   ${replies} in the order of the queue, ${replyBlobs} of them blobs, ${unopened} to what did not open; ${waiting} commands wait`,
        `deltas    ${deltaBytes} bytes sealed, ${blobs} of them blobs; all of the sizes that tell nothing`,
        "executed  nothing: without the keys of its epochs a history cannot be run again",
      ]);
    } finally {
      network.client.close();
    }
  },
};

const key: CommandDeclaration = {
  usage: "key <file>",
  docs: "Makes an audit key: the secret goes into a new file, the public key into a contract's declaration, as auditKey. Who holds the secret can open all of the cluster that such a contract is in.",
  examples: ["pha audit key auditor.secret", "pha audit key auditor.secret --json"],
  options: [],
  async run({ args, output }) {
    const file = await newFile(args[0] ?? "");
    const secret = randomBytes(32);
    try {
      await file.write(utf8(`${toHex(secret)}\n`));
    } finally {
      await file.end();
    }
    const auditKey = x25519PublicKey(secret);
    secret.fill(0);
    output.result({ auditKey, file: args[0] }, [`audit key  ${toHex(auditKey)}`]);
  },
};

async function readAuditSecret(file: unknown): Promise<Uint8Array> {
  let text: string;
  try {
    text = await readFile(String(file), "utf8");
  } catch (cause) {
    throw new PhaError("usage/no-file", `the audit key ${String(file)} cannot be read`, {
      cause,
      hint: "Give --key FILE, as `pha audit key FILE` wrote it.",
    });
  }
  const parsed = parseHex(text.trim(), 32);
  if (parsed.ok && parsed.value.length === 32) return parsed.value;
  throw new PhaError("usage/bad-audit-key", `${String(file)} holds no audit key`, {
    hint: "The file holds 32 bytes of hex and nothing else; `pha audit key FILE` makes one.",
  });
}

const replay: CommandDeclaration = {
  usage: "replay <contract>",
  docs: "Runs a part of the history of a contract's cluster again, with the audit key that its contracts declare, and compares every root, delta and reply with what is on chain.",
  examples: [
    "pha audit replay ledger --key auditor.secret",
    "pha audit replay ledger --key auditor.secret --from 3 --to 9 --json",
  ],
  options: [
    ...networkOptions,
    new Option("--key <file>", "file with the audit key's secret").makeOptionMandatory(),
    new Option("--from <index>", "first step (default: the oldest that is kept)"),
    new Option("--to <index>", "last step (default: the newest final one)"),
  ],
  async run({ args, options, output }) {
    const from = stepOf(options["from"], "--from");
    const to = stepOf(options["to"], "--to");
    const auditSecret = await readAuditSecret(options["key"]);
    const network = await openNetwork(options);
    try {
      const { chain } = network.client;
      const { cluster } = await contractOf(network, args[0] ?? "");
      const material = await collectReplay(chain, {
        cluster,
        auditKey: x25519PublicKey(auditSecret),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      });
      const last = material.range.at(-1);
      output.progress(`  running    steps ${material.from} to ${material.to} again`);
      const { replayRange } = await import("@pha/pruntime/audit");
      const replayed = await replayRange({
        ...material,
        auditSecret,
        engineProgram: join(distFolder(), "engine.js"),
        blocksFrom: (first) =>
          collectBlocks(chain, first, last?.step.block ?? { number: 0, hash: cluster }),
      });
      if (!replayed.ok) throw replayError(replayed.error);
      const { steps: count, commands, unopened, root } = replayed.value;
      const found = { cluster, from: material.from, to: material.to, steps: count };
      output.result({ ...found, commands, unopened, root }, [
        `cluster   ${toHex(cluster)}`,
        `steps     ${material.from} to ${material.to} ran again: roots, deltas and replies are those on chain`,
        `begun at  ${material.start ? `the snapshot of step ${material.start.snapshot.index}` : "the first step"}`,
        `commands  ${commands}, of them ${unopened} that open for nobody`,
        `root      ${toHex(root)}`,
      ]);
    } finally {
      auditSecret.fill(0);
      network.client.close();
    }
  },
};

/** What to do about each way in which a replay ends. */
function replayError({
  code,
  ...facts
}: Extract<Awaited<ReturnType<Replay>>, { readonly ok: false }>["error"]): PhaError {
  const shown = Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
  if (code === "audit/wrong-key")
    return new PhaError(code, "an opening does not open with this key", {
      facts: shown,
      hint: "If it is the declared key, a majority of the replicas sealed something else: do not trust the cluster.",
    });
  if (code === "audit/no-opening")
    return new PhaError(code, "the chain keeps no opening of the keys of a step", {
      facts: shown,
      hint: "Begin at a later step, or ask a node that keeps the state of that time.",
    });
  return new PhaError(code, "the history does not come out as its replicas say", {
    facts: shown,
    hint: "Ask another node; if all say the same, the cluster's majority is to blame: trust nothing that it answers.",
  });
}

type Replay = typeof import("@pha/pruntime/audit").replayRange;

export const auditCommands: readonly CommandDeclaration[] = [steps, key, replay];
