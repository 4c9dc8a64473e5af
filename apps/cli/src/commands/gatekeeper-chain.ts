/** What commands about gatekeepers have in common: items of the chain by name, and calls that root makes. */
import { PhaError } from "@pha/scale";
import type { Client, Signer } from "@pha/sdk";
import { Option } from "commander";
import {
  type CommandContext,
  type CommandDeclaration,
  networkOptions,
} from "../program/command.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";

const FROM_OPTION = new Option("--from <account>", `${FROM}; it calls as root`).default("alice");

/** An item under a verified header, decoded by the chain's metadata. */
export function readItem<T>(
  chain: Client["chain"],
  pallet: string,
  name: string,
  ...keys: readonly unknown[]
): Promise<T | undefined> {
  const item = chain.metadata.storage(pallet, name);
  if (item === undefined)
    throw new PhaError("chain/no-gatekeepers", `the chain has no ${pallet}.${name}`, {
      hint: "Connect to a chain of this release.",
    });
  // Decoded by the chain's metadata, in the forms that callers name.
  return chain.read({ key: item.key(...keys), value: item.value }) as Promise<T | undefined>;
}

export interface RootCall {
  readonly pallet: string;
  readonly name: string;
  readonly args: unknown;
}

/** Has root make a call through Sudo. @returns its final block @throws PhaError when the chain refuses it */
export async function sudo(
  chain: Client["chain"],
  signer: Signer,
  { pallet, name, args }: RootCall,
): Promise<number> {
  const inner = { type: pallet, value: { type: name, value: args } };
  const call = chain.call("Sudo", "sudo", { call: inner });
  return (await chain.submit(signer, call)).blockNumber;
}

/** A command for a call that root makes through Sudo. */
export function asRoot(
  declaration: Pick<CommandDeclaration, "usage" | "docs" | "examples"> & {
    readonly options?: readonly Option[];
  },
  callOf: (args: CommandContext["args"], options: CommandContext["options"]) => RootCall,
  /** Command that shows what became of it. */
  see = "pha gatekeeper status",
): CommandDeclaration {
  return {
    ...declaration,
    options: [...networkOptions, FROM_OPTION, ...(declaration.options ?? [])],
    async run({ args, options, output }) {
      const rootCall = callOf(args, options);
      const signer = signerOf(String(options["from"]));
      const { client } = await openNetwork(options);
      try {
        const block = await sudo(client.chain, signer, rootCall);
        output.result({ call: rootCall.name, block }, [
          `root     ${rootCall.name}`,
          `block    #${block} (finalized); see \`${see}\``,
        ]);
      } finally {
        client.close();
      }
    },
  };
}
