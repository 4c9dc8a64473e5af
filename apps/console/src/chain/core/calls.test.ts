import { type Client, devSigner } from "@pha/sdk";
import { expect, test } from "vitest";
import { runCommand } from "./calls.ts";
import type { ReadContract } from "./contracts.ts";

test("an account that only reads sends no command, and nothing is asked of anybody", async () => {
  const args = { struct: [["n", "u64"]] };
  const artefact = { commands: { add: { args, returns: "u64" } }, queries: {} };
  // Of the contract this entry is used alone, of the client nothing.
  const contract = { artefact } as unknown as ReadContract;
  const client = {} as Client;
  const { address, publicKey } = devSigner("Bob");
  const account = {
    id: address,
    name: "Cow",
    address,
    publicKey,
    certifier: devSigner("Bob"),
    signer: undefined,
    wallet: { id: "evm:example.cow", name: "Cow wallet", evmAddress: `0x${"11".repeat(20)}` },
  };
  const nothing = (): void => undefined;
  const watcher = { onSealed: nothing, onProgress: nothing, onWallet: nothing };
  await expect(
    runCommand(client, { contract, method: "add", args: { n: "1" }, account }, watcher),
  ).rejects.toMatchObject({ code: "account/reads-only" });
});
