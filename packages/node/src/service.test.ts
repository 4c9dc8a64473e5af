import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { developmentChain } from "./preset-chain.ts";
import { type RunningNode, startNode } from "./service.ts";
import { openKeystore } from "./signer/secret-keys.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A development node with slots of 200 ms. */
async function aNode(
  dataDir?: string,
  options: Partial<Parameters<typeof startNode>[0]> = {},
): Promise<RunningNode> {
  const { spec, runtime } = developmentChain({
    parameters: { slotDurationMs: 200n, epochLength: 10n },
  });
  return startNode({
    spec,
    runtime,
    keystore: openKeystore("//Alice"),
    rpcPort: 0,
    slotDurationMs: 200,
    onFailure: (error) => {
      throw error;
    },
    ...(dataDir === undefined ? {} : { dataDir }),
    ...options,
  });
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_500; tries++) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it never came true");
}

test("authors and finalizes blocks, and goes on after a restart where it stopped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pha-node-"));
  folders.push(folder);
  const first = await aNode(folder);
  await until(() => first.chain.finalized.number >= 15);
  await first.stop();
  const { finalized, best } = first.chain;

  const second = await aNode(folder);
  expect(second.chain.finalized.hash).toEqual(finalized.hash);
  expect(second.chain.best.hash).toEqual(best.hash);
  await until(() => second.chain.finalized.number >= finalized.number + 3);
  expect(second.chain.hashAt(finalized.number)).toEqual(finalized.hash);
  await second.stop();
});

test("follows another node over the network, best and finalized, with the same key after a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pha-node-"));
  folders.push(folder);
  const listen = ["/ip4/127.0.0.1/tcp/0"];
  const author = await aNode(undefined, { network: { listen } });
  const network = { listen, bootNodes: author.addresses };
  const follower = await aNode(folder, { keystore: undefined, network });
  await until(() => follower.chain.finalized.number >= 5);
  const { hash, number } = follower.chain.finalized;
  expect(author.chain.hashAt(number)).toEqual(hash);
  const idOf = (node: RunningNode) => node.addresses[0]?.split("/p2p/")[1];
  await follower.stop();
  const again = await aNode(folder, { keystore: undefined, network });
  expect(idOf(again)).toBe(idOf(follower));
  await until(() => again.chain.finalized.number > number);
  await again.stop();
  await author.stop();
});

test("a network that opens on demand listens when its specification is asked, and peers follow it then", async () => {
  const listen = ["/ip4/127.0.0.1/tcp/0"];
  const author = await aNode(undefined, { network: { listen, opens: "on-demand" } });
  await until(() => author.chain.finalized.number >= 2);
  expect(author.addresses).toEqual([]);
  const ask = async (method: string): Promise<any> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(author.rpc.http, { method: "POST", body, headers });
    return JSON.parse(await answer.text()).result;
  };
  expect(await ask("system_localListenAddresses")).toEqual([]);
  expect(await ask("system_localPeerId")).toBe("");
  const [first, again] = [ask("sync_state_genSyncSpec"), ask("sync_state_genSyncSpec")];
  const { bootNodes } = await first;
  expect(bootNodes).toHaveLength(1);
  expect((await again).bootNodes).toEqual(bootNodes);
  expect(bootNodes[0]).toContain(`/p2p/${await ask("system_localPeerId")}`);
  const follower = await aNode(undefined, { keystore: undefined, network: { listen, bootNodes } });
  await until(() => follower.chain.finalized.number >= 5);
  const { hash, number } = follower.chain.finalized;
  expect(author.chain.hashAt(number)).toEqual(hash);
  await follower.stop();
  await author.stop();
});

test("a network that does not open on demand is tried again when it is asked again", async () => {
  const network = { listen: ["/ip4/203.0.113.5/tcp/1"], opens: "on-demand" } as const;
  const node = await aNode(undefined, { network });
  for (let i = 0; i < 2; i++) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "sync_state_genSyncSpec" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(node.rpc.http, { method: "POST", body, headers });
    expect(JSON.parse(await answer.text()).error.message).toBe(
      "the network addresses cannot be opened",
    );
  }
  await node.stop();
});

test("refuses addresses of peers that it cannot read", async () => {
  await expect(
    aNode(undefined, { network: { bootNodes: ["/ip4/127.0.0.1/tcp/1"] } }),
  ).rejects.toMatchObject({ code: "network/bad-address" });
});
