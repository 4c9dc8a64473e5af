/** Unmodified smoldot follows a node over WebSocket: finality, reads and calls with proofs. */
import { chainSpecJson, developmentChain } from "@pha/node";
import { testPair } from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { fromHex, toHex } from "@pha/scale";
import { type Client, start } from "smoldot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addChain, type SmoldotChain, until } from "./smoldot-chain.ts";
import { type NodeProcess, rpc, startNodeProcess } from "./start-node.ts";

let node: NodeProcess;
let client: Client;
let chain: SmoldotChain;

/** State of block 0 as the node has it: `:code` holds what the node was built from. */
async function genesisEntries(): Promise<readonly (readonly [Uint8Array, Uint8Array])[]> {
  const entries: (readonly [Uint8Array, Uint8Array])[] = [];
  for (let after: string | null = null; ; ) {
    const at = node.genesisHash;
    const keys: string[] = await rpc(node.http, "state_getKeysPaged", "0x", 100, after, at);
    for (const key of keys) {
      const value = await rpc<string>(node.http, "state_getStorage", key, at);
      entries.push([fromHex(key), fromHex(value)]);
    }
    after = keys.at(-1) ?? null;
    if (keys.length < 100) return entries;
  }
}

beforeAll(async () => {
  node = await startNodeProcess({ network: { listen: ["/ip4/127.0.0.1/tcp/0/ws"] } });
  client = start({ logCallback: () => undefined });
  const genesis = await genesisEntries();
  const options = { bootNodes: node.addresses };
  const spec = chainSpecJson({ ...developmentChain().spec, genesis }, options);
  chain = await addChain(client, JSON.stringify(spec));
});
afterAll(async () => {
  await client?.terminate();
  await node?.stop();
});

test("it follows the node's finality", async () => {
  const number = await until(chain.finalized, (height) => height >= 3);
  expect(await chain.call("chain_getBlockHash", 0)).toBe(node.genesisHash);
  const hash = await chain.call<string>("chain_getFinalizedHead");
  expect(number).toBeGreaterThanOrEqual(3);
  const header = await rpc<{ number: string }>(node.http, "chain_getHeader", hash);
  expect(Number(header.number)).toBeGreaterThanOrEqual(number);
});

test("it reads storage and calls the runtime with proofs of the node", async () => {
  // System.Account
  const key = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9";
  const account = testPair("//Alice").publicKey;
  const { runtime } = developmentPreset();
  expect(await chain.call<string>("state_getMetadata")).toMatch(/^0x6d657461/);
  const version = await chain.call<{ specVersion: number }>("state_getRuntimeVersion");
  expect(version.specVersion).toBe(runtime.version.specVersion);
  const keys = await chain.call<string[]>("state_getKeysPaged", key, 5, null);
  expect(keys.length).toBeGreaterThan(0);
  const value = await chain.call<string>("state_getStorage", keys[0]);
  expect(value).toBe(await rpc<string>(node.http, "state_getStorage", keys[0]));
  const nonce = await chain.call<string>(
    "state_call",
    "AccountNonceApi_account_nonce",
    toHex(account),
  );
  expect(nonce).toBe("0x00000000");
});
