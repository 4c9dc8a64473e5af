/** Two nodes: one makes the chain, the other follows it over the network and passes on what it is given. */
import { createSigner, testPair } from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { fromHex, toHex } from "@pha/scale";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NodeProcess, rpc, startNodeProcess } from "./start-node.ts";

interface HeaderJson {
  readonly number: string;
}

let author: NodeProcess;
let follower: NodeProcess;

/** Asks until the answer is as wished; the test's own deadline ends it. */
async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const finalized = async (node: NodeProcess): Promise<number> => {
  const hash = await rpc<string>(node.http, "chain_getFinalizedHead");
  return Number((await rpc<HeaderJson>(node.http, "chain_getHeader", hash)).number);
};

beforeAll(async () => {
  author = await startNodeProcess({ network: { listen: ["/ip4/127.0.0.1/tcp/0"] } });
  await until(
    () => finalized(author),
    (number) => number >= 3,
  );
  follower = await startNodeProcess({
    authority: null,
    network: { listen: ["/ip4/127.0.0.1/tcp/0"], bootNodes: author.addresses },
  });
});
afterAll(async () => {
  await follower?.stop();
  await author?.stop();
});

test("the follower catches up and keeps up, best and finalized", async () => {
  expect(follower.genesisHash).toBe(author.genesisHash);
  const start = await finalized(author);
  const number = await until(
    () => finalized(follower),
    (height) => height > start + 2,
  );
  const [ours, theirs] = await Promise.all(
    [follower, author].map((node) => rpc<string>(node.http, "chain_getBlockHash", number)),
  );
  expect(ours).toBe(theirs);
});

test("each tells who it is connected to", async () => {
  for (const [node, other, roles] of [
    [follower, author, "AUTHORITY"],
    [author, follower, "FULL"],
  ] as const) {
    const id = await rpc<string>(other.http, "system_localPeerId");
    expect(other.addresses[0]).toContain(`/p2p/${id}`);
    expect(await rpc(other.http, "system_localListenAddresses")).toEqual(other.addresses);
    const peers = await rpc<{ peerId: string; roles: string }[]>(node.http, "system_peers");
    expect(peers).toMatchObject([{ peerId: id, roles }]);
    expect(await rpc(node.http, "system_health")).toMatchObject({ peers: 1, isSyncing: false });
  }
});

test("a transaction given to the follower is in a block of the author, and final at both", async () => {
  const { runtime } = developmentPreset();
  const signer = createSigner(runtime, fromHex(author.genesisHash), "//Bob");
  const extrinsic = toHex(signer.transfer(testPair("//Sink").publicKey, 10_000_000_000n, 0));
  await rpc(follower.http, "author_submitExtrinsic", extrinsic);
  const height = await until(
    async () => {
      const number = await finalized(follower);
      for (let at = number; at > Math.max(0, number - 5); at--) {
        const hash = await rpc<string>(follower.http, "chain_getBlockHash", at);
        const { block } = await rpc<{ block: { extrinsics: string[] } }>(
          follower.http,
          "chain_getBlock",
          hash,
        );
        if (block.extrinsics.includes(extrinsic)) return at;
      }
      return undefined;
    },
    (at) => at !== undefined,
  );
  expect(await finalized(author)).toBeGreaterThanOrEqual(height ?? 0);
});

test("a follower that is killed comes back as itself and catches up", async () => {
  await follower.kill();
  follower = await startNodeProcess({
    authority: null,
    network: { listen: ["/ip4/127.0.0.1/tcp/0"], bootNodes: author.addresses },
  });
  const start = await finalized(author);
  await until(
    () => finalized(follower),
    (height) => height > start,
  );
});
