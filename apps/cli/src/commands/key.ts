/** `pha key …`: the session keys of a validator, in the keystore of its node. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, concatBytes, PhaError, parseHex, toHex } from "@pha/scale";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";
import { accountOf } from "./account.ts";
import { basePathOf } from "./node.ts";

const BASE_PATH = new Option("--base-path <dir>", "folder of the node").default(
  undefined,
  "~/.pha",
);
const OWNER = new Option(
  "--account <account>",
  "validator's account; shows the proof that it takes to set the keys",
);

/** The keystore in a node's folder; the node may run meanwhile. */
async function openFolder(basePath: unknown) {
  const program = await import("@pha/node/program");
  return {
    ...program,
    keystore: program.openKeystoreFolder(join(basePathOf(basePath), "keystore")),
  };
}

const generate: CommandDeclaration = {
  usage: "generate",
  docs: "Makes new session keys in the keystore of a node on this machine.",
  examples: [
    "pha key generate --base-path ./validator",
    "pha key generate --base-path ./validator --account my-address --json",
  ],
  options: [BASE_PATH, OWNER],
  async run({ options, output }) {
    const account = options["account"];
    const owner = account === undefined ? undefined : accountOf(String(account));
    const { keystore, ownershipProof } = await openFolder(options["basePath"]);
    const { babe, grandpa } = keystore.generate();
    const keys = concatBytes(babe, grandpa);
    const proof = owner && ownershipProof(keystore, { babe, grandpa }, owner);
    output.result({ babe, grandpa, keys, ...(proof && { proof }) }, [
      `babe     ${toHex(babe)}`,
      `grandpa  ${toHex(grandpa)}`,
      `keys     ${toHex(keys)}`,
      ...(proof ? [`proof    ${toHex(proof)}`] : []),
    ]);
  },
};

const insert: CommandDeclaration = {
  usage: "insert <file>",
  docs: "Puts a secret into the keystore of a node: the file holds one secret URI.",
  examples: ["pha key insert babe.secret --type babe --base-path ./validator"],
  options: [
    new Option("--type <type>", "babe (sr25519) or gran (ed25519)").default("babe"),
    BASE_PATH,
  ],
  async run({ args, options, output }) {
    const type = (["babe", "gran"] as const).find((one) => one === options["type"]);
    if (type === undefined)
      throw new PhaError("usage/bad-key-type", `${String(options["type"])} is no type of keys`, {
        hint: "Give babe for making blocks, or gran for finalizing them.",
      });
    const uri = readSecretFile(args[0] ?? "");
    const { keystore } = await openFolder(options["basePath"]);
    const key = keystore.insert(type, uri);
    output.result({ type, key }, [`${type}     ${toHex(key)}`]);
  },
};

const inspect: CommandDeclaration = {
  usage: "inspect",
  docs: "Lists the public keys in the keystore of a node.",
  examples: ["pha key inspect --base-path ./validator"],
  options: [BASE_PATH],
  async run({ options, output }) {
    const { keystore } = await openFolder(options["basePath"]);
    const keys = keystore.keys();
    output.result(
      keys,
      keys.length === 0
        ? ["no keys; `pha key generate` makes some"]
        : keys.map(({ type, key }) => `${type}     ${toHex(key)}`),
    );
  },
};

const rotate: CommandDeclaration = {
  usage: "rotate",
  docs: "Makes new keys in a running node and sets them on chain; they count two sessions later.",
  examples: ["pha key rotate --from @validator.key --url ws://127.0.0.1:9944"],
  options: [...networkOptions, new Option("--from <account>", FROM).default("alice")],
  async run({ options, output }) {
    const signer = signerOf(String(options["from"]));
    const { client } = await openNetwork(options);
    try {
      const { chain } = client;
      const owner = toHex(signer.publicKey);
      const answer = await chain.rpc.request("author_rotateKeysWithOwner", [owner]);
      const [keys, proof] = [hexOf(answer, "keys", 64), hexOf(answer, "proof", 128)];
      const call = chain.call("Session", "set_keys", {
        keys: { babe: keys.subarray(0, 32), grandpa: keys.subarray(32) },
        proof,
      });
      const { blockNumber } = await chain.submit(signer, call);
      output.result({ keys, block: blockNumber }, [
        `keys     ${toHex(keys)}`,
        `block    #${blockNumber} (finalized); they count two sessions later, keep the old ones until then`,
      ]);
    } finally {
      client.close();
    }
  },
};

export function hexOf(answer: unknown, field: string, length: number): Uint8Array {
  const value =
    typeof answer === "object" && answer !== null
      ? Object.entries(answer).find(([name]) => name === field)?.[1]
      : undefined;
  const parsed = typeof value === "string" ? parseHex(value, length) : undefined;
  if (parsed?.ok && parsed.value.length === length) return parsed.value;
  throw new PhaError("rpc/malformed-answer", "the node's answer is not what was asked for", {
    facts: { field },
    hint: "Connect to a node of this network and version.",
  });
}

function readSecretFile(file: string): string {
  try {
    const text = readFileSync(file, "utf8").trim();
    assert(text !== "", "a secret has characters");
    return text;
  } catch (cause) {
    throw new PhaError("usage/no-file", `the secret in ${file} cannot be read`, {
      cause,
      hint: "Give a file that holds one secret URI: a phrase, or a seed in hex.",
    });
  }
}

export const keyCommands: readonly CommandDeclaration[] = [generate, insert, inspect, rotate];
