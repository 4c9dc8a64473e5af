/** `pha account …`: accounts that commands can sign with. */
import { DEV_PHRASE, randomBytes } from "@pha/crypto";
import { PhaError, toHex } from "@pha/scale";
import { DEV_NAMES, devSigner, parseAddress, SS58_PREFIX, signerFromUri } from "@pha/sdk";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { openNetwork, signerOf } from "../program/network.ts";

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
  docs: "Makes a new account; prints its address, and its secret only when asked to.",
  examples: ["pha account new --show-secret"],
  async run({ output, options }) {
    const seed = toHex(randomBytes(32));
    const signer = signerFromUri(seed);
    if (!signer.ok)
      throw new PhaError("account/bad-secret-uri", "a fresh seed is no secret URI", {
        hint: "Report this as a defect.",
      });
    const { address } = signer.value;
    const secret = options["showSecret"] === true ? seed : undefined;
    output.result({ address, ...(secret && { secretUri: secret }) }, [
      `address  ${address}`,
      secret ? `secret   ${secret}` : "secret   not shown and not kept; add --show-secret",
    ]);
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

/** Plancks as PHA with the decimals that matter. */
export function formatPha(plancks: bigint): string {
  const rest = (plancks % PLANCKS).toString().padStart(12, "0").replace(/0+$/, "");
  return `${plancks / PLANCKS}${rest === "" ? "" : `.${rest}`}`;
}

export const accountCommands: readonly CommandDeclaration[] = [
  list,
  { ...make, options: [new Option("--show-secret", "print the secret too")] },
  balance,
];
