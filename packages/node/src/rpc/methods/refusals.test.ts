import { toHex } from "@pha/scale";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aDevChain, type DevChain } from "../../testing/dev-chain.ts";
import { connect, type RpcClient, serve } from "../../testing/rpc-client.ts";
import type { RpcServer } from "../server.ts";

const UNKNOWN = `0x${"11".repeat(32)}`;
let node: DevChain;
let server: RpcServer;
let client: RpcClient;

beforeAll(async () => {
  node = aDevChain();
  server = await serve(node);
  client = await connect(server);
  await node.author();
});
afterAll(async () => {
  client.close();
  await server.close();
});

/** Number and code with which a method refuses. */
async function refusal(method: string, ...params: unknown[]) {
  const answer = await client.raw(JSON.stringify({ jsonrpc: "2.0", id: "r", method, params }));
  return (answer as { readonly error?: unknown }).error;
}

test.each([
  ["author_insertKey", ["babe", "//Eve", "0x00"], -32601, "rpc/unsafe-method"],
  ["author_rotateKeys", [], -32601, "rpc/unsafe-method"],
  ["author_removeExtrinsic", [[]], -32601, "rpc/unsafe-method"],
  ["author_submitExtrinsic", ["0x00"], 1010, "Call"],
  ["author_submitExtrinsic", [7], -32602, "rpc/invalid-params"],
  ["chain_getBlockHash", [-1], -32602, "rpc/invalid-params"],
  ["state_getStorage", ["0x00", UNKNOWN], 4003, "rpc/block-not-found"],
  ["state_getReadProof", [["0x00"], UNKNOWN], 4003, "rpc/block-not-found"],
  ["state_call", ["Core_nothing", "0x"], -32802, "runtime/unknown-api"],
  ["state_call", ["Core_initialize_block", "0x"], -32802, "runtime/bad-arguments"],
  ["state_call", ["ElectionMinerApi_mine", "0x"], -32802, "rpc/not-for-clients"],
  ["payment_queryInfo", ["0x1234"], 1002, "extrinsic/malformed"],
  ["payment_queryFeeDetails", ["0x1234"], 1002, "extrinsic/malformed"],
  ["grandpa_proveFinality", [9_999], 1, "grandpa/not-finalized"],
  ["transaction_v1_stop", ["no-such"], -32602, "rpc/invalid-params"],
])("%s of %j is refused", async (method, params, code, data) => {
  expect(await refusal(method, ...params)).toMatchObject({ code, data });
});

describe("chainHead_v1", () => {
  test("refuses blocks that the follow did not announce, and what the runtime does not have", async () => {
    const follow = await client.call<string>("chainHead_v1_follow", false);
    const best = toHex(node.chain.best.hash);
    const notPinned = { code: -32801, data: "rpc/invalid-block" };
    for (const [method, ...params] of [
      ["header", UNKNOWN],
      ["body", UNKNOWN],
      ["storage", UNKNOWN, []],
      ["unpin", [best, UNKNOWN]],
    ])
      expect(await refusal(`chainHead_v1_${method}`, follow, ...params)).toMatchObject(notPinned);
    const started = await client.call("chainHead_v1_call", follow, best, "Core_nothing", "0x");
    expect(started).toMatchObject({ result: "started" });
    const events = await client.received(follow, 3);
    expect(events.at(-1)).toMatchObject({
      event: "operationError",
      error: "rpc/invalid-runtime-call: the runtime does not answer Core_nothing",
    });
    await client.call("chainHead_v1_unfollow", follow);
  });

  test("refuses to continue what does not wait", async () => {
    const follow = await client.call<string>("chainHead_v1_follow", false);
    const items = [{ key: "0x", type: "descendantsValues" }];
    const requests = [
      ["storage", follow, toHex(node.chain.best.hash), items],
      ["continue", follow, "1"],
    ].map(([method, ...params], id) => ({
      jsonrpc: "2.0",
      id: `${id}`,
      method: `chainHead_v1_${method}`,
      params,
    }));
    expect(await client.raw(JSON.stringify(requests))).toMatchObject([
      { result: { operationId: "1" } },
      { error: { code: -32804, data: "rpc/invalid-continue" } },
    ]);
    await client.call("chainHead_v1_unfollow", follow);
  });

  test("refuses one follow too many with its code", async () => {
    const follows: string[] = [];
    for (let n = 0; n < 4; n++) follows.push(await client.call("chainHead_v1_follow", false));
    expect(await refusal("chainHead_v1_follow", false)).toMatchObject({
      code: -32800,
      data: "rpc/limit-reached",
    });
    for (const follow of follows) await client.call("chainHead_v1_unfollow", follow);
  });
});
