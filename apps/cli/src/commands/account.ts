/** `pha account …`: accounts that commands can sign with. */
import { DEV_PHRASE, randomBytes } from "@pha/crypto";
import { assert, PhaError, toHex, utf8 } from "@pha/scale";
import { DEV_NAMES, devSigner, parseAddress, SS58_PREFIX, signerFromUri } from "@pha/sdk";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";
import { newFile } from "../program/new-file.ts";

const list: CommandDeclaration = {
  usage: "list",
  docs: "Lists the public test accounts of development chains.",
  examples: ["pha account list", "pha account list --json"],
  async run({ output }) {
    const accounts = DEV_NAMES.map((name) => ({
      name: name.toLowerCase(),
      address: devSigner(name).address,
      secretUri: `//${name}`,
    }));
    output.result(accounts, [
      `Test accounts of every devnet (prefix ${SS58_PREFIX}, phrase: ${DEV_PHRASE})`,
      ...accounts.map(
        ({ name, address, secretUri }) => `  ${name.padEnd(8)} ${address}  ${secretUri}`,
      ),
    ]);
  },
};

const make: CommandDeclaration = {
  usage: "new",
  docs: "Makes a new account; its secret goes to a file that only you can read.",
  examples: [
    "pha account new --out my-account.key",
    "pha account send 10 my-address --from alice",
    "pha call counter add '{\"n\": 5}' --from @my-account.key",
  ],
  options: [
    new Option("--out <file>", "new file for the secret URI, with mode 0600"),
    new Option("--show-secret", "print the secret too"),
  ],
  async run({ output, options }) {
    const seed = toHex(randomBytes(32));
    const signer = signerFromUri(seed);
    assert(signer.ok, "a seed is a secret URI");
    const { address } = signer.value;
    const file = typeof options["out"] === "string" ? options["out"] : undefined;
    if (file !== undefined) await writeSecret(file, seed);
    const shown = options["showSecret"] === true;
    output.result({ address, ...(file && { file }), ...(shown && { secretUri: seed }) }, [
      `address  ${address}`,
      ...(shown ? [`secret   ${seed}`] : []),
      ...(file ? [`file     ${file}   use it with --from @${file}`] : []),
      ...(shown || file ? [] : ["secret   not shown and not kept; add --out FILE"]),
    ]);
  },
};

async function writeSecret(path: string, seed: string): Promise<void> {
  const file = await newFile(path);
  try {
    await file.write(utf8(`${seed}\n`));
  } finally {
    await file.end();
  }
}

const send: CommandDeclaration = {
  usage: "send <amount> <account>",
  docs: "Sends PHA to a test account or an address and waits until that is final.",
  examples: ["pha account send 10 bob --from alice", "pha account send 0.5 bob --json"],
  options: [...networkOptions, new Option("--from <account>", FROM).default("alice")],
  async run({ args, options, output }) {
    const amount = parsePha(args[0] ?? "");
    const dest = accountOf(args[1] ?? "");
    const signer = signerOf(String(options["from"]));
    const { client } = await openNetwork(options);
    try {
      const { chain } = client;
      const call = chain.call("Balances", "transfer_keep_alive", {
        dest: { type: "Id", value: dest },
        value: amount,
      });
      const { blockNumber } = await chain.submit(signer, call);
      output.result({ amount, to: dest, from: signer.address, block: blockNumber }, [
        `sent     ${formatPha(amount)} PHA from ${signer.address}`,
        `block    #${blockNumber} (finalized)`,
      ]);
    } finally {
      client.close();
    }
  },
};

const balance: CommandDeclaration = {
  usage: "balance <account>",
  docs: "Free balance of a test account or an address.",
  examples: ["pha account balance alice"],
  options: networkOptions,
  async run({ args, options, output }) {
    const account = accountOf(args[0] ?? "");
    const { client } = await openNetwork(options);
    try {
      const free = await client.chain.balance(account);
      output.result({ free }, [`${formatPha(free)} PHA`]);
    } finally {
      client.close();
    }
  },
};

/** Account of an address, or of a name that this program can sign for. */
export function accountOf(text: string): Uint8Array {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : signerOf(text).publicKey;
}

const PLANCKS = 1_000_000_000_000n;

/** Plancks of a decimal number of PHA with at most 12 decimals, above zero. */
export function parsePha(text: string): bigint {
  const [, whole = "", decimals = ""] = /^(\d{1,12})(?:\.(\d{1,12}))?$/.exec(text) ?? [];
  const plancks = whole === "" ? 0n : BigInt(whole) * PLANCKS + BigInt(decimals.padEnd(12, "0"));
  if (plancks > 0n) return plancks;
  throw new PhaError("usage/bad-amount", `${text || "nothing"} is no amount of PHA`, {
    hint: "Give a number above 0 with at most 12 decimals, for example 0.5.",
  });
}

/** Plancks as PHA with the decimals that matter. */
export function formatPha(plancks: bigint): string {
  const rest = (plancks % PLANCKS).toString().padStart(12, "0").replace(/0+$/, "");
  return `${plancks / PLANCKS}${rest === "" ? "" : `.${rest}`}`;
}

export const accountCommands: readonly CommandDeclaration[] = [list, make, balance, send];
