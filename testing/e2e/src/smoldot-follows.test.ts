/** Unmodified smoldot follows a node over WebSocket: finality, reads and calls with proofs. */
import { chainSpecJson, developmentChain } from "@pha/node";
import { testPair } from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { fromHex, toHex } from "@pha/scale";
import { type Chain, type Client, start } from "smoldot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NodeProcess, rpc, startNodeProcess } from "./start-node.ts";

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

let node: NodeProcess;
let client: Client;
let chain: Chain;
let nextId = 1;
const answers = new Map<number, (message: Message) => void>();

async function call<T>(method: string, ...params: unknown[]): Promise<T> {
  const id = nextId++;
  const answer = new Promise<Message>((resolve) => answers.set(id, resolve));
  chain.sendJsonRpc(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  const { result, error } = await answer;
  if (error) throw new Error(`${method}: ${error.message}`);
  // Of the method's own type.
  return result as T;
}

async function listen(): Promise<void> {
  for await (const text of chain.jsonRpcResponses) {
    const message: Message = JSON.parse(text);
    if (message.id !== undefined) answers.get(message.id)?.(message);
  }
}

async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
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

const finalized = async (): Promise<number> => {
  const hash = await call<string>("chain_getFinalizedHead");
  return Number((await call<{ number: string }>("chain_getHeader", hash)).number);
};

beforeAll(async () => {
  node = await startNodeProcess({ network: { listen: ["/ip4/127.0.0.1/tcp/0/ws"] } });
  client = start({ logCallback: () => undefined });
  const genesis = await genesisEntries();
  const spec = chainSpecJson({ ...developmentChain().spec, genesis }, node.addresses);
  chain = await client.addChain({ chainSpec: JSON.stringify(spec) });
  void listen();
});
afterAll(async () => {
  await client?.terminate();
  await node?.stop();
});

test("it follows the node's finality", async () => {
  const number = await until(finalized, (height) => height >= 3);
  expect(await call("chain_getBlockHash", 0)).toBe(node.genesisHash);
  const hash = await call<string>("chain_getFinalizedHead");
  expect(number).toBeGreaterThanOrEqual(3);
  const header = await rpc<{ number: string }>(node.http, "chain_getHeader", hash);
  expect(Number(header.number)).toBeGreaterThanOrEqual(number);
});

test("it reads storage and calls the runtime with proofs of the node", async () => {
  // System.Account
  const key = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9";
  const account = testPair("//Alice").publicKey;
  const { runtime } = developmentPreset();
  expect(await call<string>("state_getMetadata")).toMatch(/^0x6d657461/);
  const version = await call<{ specVersion: number }>("state_getRuntimeVersion");
  expect(version.specVersion).toBe(runtime.version.specVersion);
  const keys = await call<string[]>("state_getKeysPaged", key, 5, null);
  expect(keys.length).toBeGreaterThan(0);
  const value = await call<string>("state_getStorage", keys[0]);
  expect(value).toBe(await rpc<string>(node.http, "state_getStorage", keys[0]));
  const nonce = await call<string>("state_call", "AccountNonceApi_account_nonce", toHex(account));
  expect(nonce).toBe("0x00000000");
});
