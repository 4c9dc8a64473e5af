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
  for (let tries = 0; tries < 300; tries++) {
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

test("refuses addresses of peers that it cannot read", async () => {
  await expect(
    aNode(undefined, { network: { bootNodes: ["/ip4/127.0.0.1/tcp/1"] } }),
  ).rejects.toMatchObject({ code: "network/bad-address" });
});
