/** What a pruned node answers about states that it let go: by their codes, and where states begin. */
import { toHex } from "@pha/scale";
import { afterAll, beforeAll, expect, test } from "vitest";
import { servedChain } from "../../network/served-chain.ts";
import { aDevChain, type DevChain } from "../../testing/dev-chain.ts";
import { connect, type RpcClient, serve } from "../../testing/rpc-client.ts";
import type { RpcServer } from "../server.ts";

const KEEP = 2;
const NONE = new Uint8Array(0);
/** Of `System.Number`. */
const NUMBER = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac";
let node: DevChain;
let server: RpcServer;
let client: RpcClient;
let genesis: unknown;

beforeAll(async () => {
  node = aDevChain({ pruning: KEEP });
  server = await serve(node);
  client = await connect(server);
  genesis = await client.call("pha_genesis");
  for (let i = 0; i < 6; i++) await node.author();
});
afterAll(async () => {
  client.close();
  await server.close();
});

const hashAt = (number: number): Uint8Array => {
  const hash = node.chain.hashAt(number);
  if (!hash) throw new Error("there is the block");
  return hash;
};
const discarded = (number: number) =>
  `Client error: UnknownBlock: State already discarded for ${toHex(hashAt(number))} (states are here from block 5 on)`;
/** Number, message and code with which a method refuses. */
async function refusal(method: string, ...params: unknown[]) {
  const answer = await client.raw(JSON.stringify({ jsonrpc: "2.0", id: "r", method, params }));
  return (answer as { readonly error?: unknown }).error;
}

test("the states of the newest final blocks are here, and of older ones everything else", async () => {
  for (const number of [5, 6])
    expect(await client.call("state_getStorage", NUMBER, toHex(hashAt(number)))).toBe(
      `0x0${number}000000`,
    );
  const block = await client.call<{ readonly block: { readonly extrinsics: unknown[] } }>(
    "chain_getBlock",
    toHex(hashAt(1)),
  );
  expect(block.block.extrinsics).toHaveLength(1);
});

test.each([
  ["state_getStorage", (at: string) => [NUMBER, at]],
  ["state_getKeysPaged", (at: string) => ["0x", 10, null, at]],
  ["state_getReadProof", (at: string) => [[NUMBER], at]],
  ["state_getRuntimeVersion", (at: string) => [at]],
  ["state_getMetadata", (at: string) => [at]],
  ["state_call", (at: string) => ["Core_version", "0x", at]],
  ["state_queryStorage", (at: string) => [[NUMBER], at]],
  ["archive_v1_storage", (at: string) => [at, [{ key: NUMBER, type: "value" }], null]],
  ["pha_syncBatch", () => [4, 2]],
  ["pha_history", () => [4, 5]],
])("%s says what it lacks, in the words that clients know", async (method, params) => {
  expect(await refusal(method, ...params(toHex(hashAt(4))))).toEqual({
    code: 4003,
    message: discarded(4),
    data: "database/state-discarded",
  });
});

test("archive_v1_call fails by the same code", async () => {
  expect(await client.call("archive_v1_call", toHex(hashAt(4)), "Core_version", "0x")).toEqual({
    success: false,
    error: `database/state-discarded: ${discarded(4)}`,
  });
});

test("what needs no state of the past is answered as before", async () => {
  expect(await client.call("pha_genesis")).toEqual(genesis);
  expect(await client.call("pha_finality", 1, 3)).not.toBeNull();
  expect(await client.call("pha_syncBatch", 5, 2)).not.toBeNull();
});

test("peers are refused states and proofs that are gone, and given the others", () => {
  const served = servedChain(node.chain);
  const state = (number: number) =>
    served.state({ block: hashAt(number), start: [], noProof: false }, 1 << 20);
  const call = (number: number) => served.callProof(hashAt(number), "Core_version", NONE);
  expect([state(4), served.readProof(hashAt(4), [NONE]), call(4)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([state(5), served.readProof(hashAt(5), [NONE]), call(5)]).not.toContain(undefined);
});

test("blocks that a client has pinned keep their states until it unpins them", async () => {
  const follow = await client.call<string>("chainHead_v1_follow", false);
  const pinned = node.chain.finalized;
  for (let i = 0; i < 6; i++) await node.author();
  expect(node.chain.hasStateOf(pinned.header)).toBe(true);
  const hash = toHex(pinned.hash);
  const started = await client.call<{ readonly operationId: string }>(
    "chainHead_v1_storage",
    follow,
    hash,
    [{ key: NUMBER, type: "value" }],
    null,
  );
  const { operationId } = started;
  const seen = () =>
    client
      .notifications<{ readonly event: string; readonly operationId?: string }>(follow)
      .filter((event) => event.operationId === operationId)
      .map(({ event }) => event);
  while (seen().length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(seen()).toEqual(["operationStorageItems", "operationStorageDone"]);

  await client.call("chainHead_v1_unfollow", follow);
  for (let i = 0; i < 4; i++) await node.author();
  expect(node.chain.hasStateOf(pinned.header)).toBe(false);
  const { number } = node.chain.finalized;
  expect(node.database.oldestState()).toBe(number - KEEP + 1);
});

test("an operation on a block whose state went before it began says so", async () => {
  const follow = await client.call<string>("chainHead_v1_follow", false);
  const { hash, header } = node.chain.finalized;
  // What pins holds off until the operation is asked for, a store that loses its root does at once.
  const key = Uint8Array.of(110, ...header.stateRoot);
  const root = node.store.get(key);
  node.store.batch([{ key, value: undefined }]);
  for (const params of [
    ["chainHead_v1_call", follow, toHex(hash), "Core_version", "0x"],
    ["chainHead_v1_storage", follow, toHex(hash), [{ key: NUMBER, type: "value" }], null],
  ] as const) {
    const [method, ...rest] = params;
    const { operationId } = await client.call<{ readonly operationId: string }>(method, ...rest);
    const told = () =>
      client
        .notifications<{ readonly event: string; readonly operationId?: string }>(follow)
        .find((event) => event.operationId === operationId);
    while (told() === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(told()).toEqual({ event: "operationInaccessible", operationId });
  }
  node.store.batch([{ key, value: root }]);
});
