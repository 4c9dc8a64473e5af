import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aDevChain, type DevChain } from "../testing/dev-chain.ts";
import { connect, type RpcClient, serve } from "../testing/rpc-client.ts";
import { Connection } from "./connection.ts";
import { Dispatcher } from "./dispatcher.ts";
import { DEFAULT_RPC_LIMITS } from "./limits.ts";
import { type RpcServer, startRpcServer } from "./server.ts";

let node: DevChain;
let server: RpcServer;
const clients: RpcClient[] = [];

beforeEach(() => {
  node = aDevChain();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

async function aClient(): Promise<RpcClient> {
  const client = await connect(server);
  clients.push(client);
  return client;
}

describe("JSON-RPC", () => {
  beforeEach(async () => {
    server = await serve(node, { maxBatch: 3 });
  });

  test.each([
    ["not json", "{", -32700, "rpc/parse-error"],
    ["a number", "7", -32600, "rpc/invalid-request"],
    ["an empty batch", "[]", -32600, "rpc/invalid-request"],
    ["a batch over the limit", `[${"1,".repeat(3)}1]`, -32600, "rpc/batch-too-long"],
    ["another version", '{"id":1,"method":"rpc_methods"}', -32600, "rpc/invalid-request"],
    [
      "an object as id",
      '{"jsonrpc":"2.0","id":{},"method":"rpc_methods"}',
      -32600,
      "rpc/invalid-request",
    ],
    [
      "a long name",
      `{"jsonrpc":"2.0","id":1,"method":"${"m".repeat(129)}"}`,
      -32600,
      "rpc/invalid-request",
    ],
    [
      "named parameters",
      '{"jsonrpc":"2.0","id":"a","method":"rpc_methods","params":{}}',
      -32602,
      "rpc/invalid-params",
    ],
    [
      "an unknown method",
      '{"jsonrpc":"2.0","id":"a","method":"no_such"}',
      -32601,
      "rpc/unknown-method",
    ],
    [
      "a name of Object",
      '{"jsonrpc":"2.0","id":"a","method":"constructor"}',
      -32601,
      "rpc/unknown-method",
    ],
  ])("refuses %s with its code", async (_, text, code, data) => {
    const client = await aClient();
    expect(await client.raw(text)).toMatchObject({ error: { code, data } });
  });

  test("answers a batch in order, leaves notifications out, and names bad ones", async () => {
    const client = await aClient();
    const answers = await client.raw(
      JSON.stringify([
        { jsonrpc: "2.0", id: "a", method: "system_chain" },
        { jsonrpc: "2.0", method: "system_chain" },
        { jsonrpc: "2.0", id: "b", method: "chain_getBlockHash", params: [-1] },
      ]),
    );
    expect(answers).toMatchObject([
      { id: "a", result: "Pha Development" },
      { id: "b", error: { code: -32602 } },
    ]);
  });

  test("answers over HTTP, with health, metrics and CORS", async () => {
    const url = `http://127.0.0.1:${server.port}`;
    const answer = await fetch(url, {
      method: "POST",
      body: '{"jsonrpc":"2.0","id":1,"method":"system_chain"}',
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 1, result: "Pha Development" });
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ best: 0 });
    expect(await (await fetch(`${url}/metrics`)).text()).toBe("up 1\n");
    expect((await fetch(url, { method: "OPTIONS" })).status).toBe(204);
    expect((await fetch(url, { method: "PUT" })).status).toBe(405);
    const subscribe = await fetch(url, {
      method: "POST",
      body: '{"jsonrpc":"2.0","id":1,"method":"chain_subscribeNewHeads"}',
    });
    expect(await subscribe.json()).toMatchObject({ error: { data: "rpc/needs-websocket" } });
  });

  test("gives a free port when the one asked for is in use", async () => {
    const other = await serve(node);
    expect(other.port).not.toBe(server.port);
    await other.close();
  });
});

describe("limits", () => {
  test("a message that is too long closes the connection", async () => {
    server = await serve(node, { maxRequestBytes: 1_000 });
    const client = await aClient();
    const closed = new Promise((resolve) => client.socket.once("close", resolve));
    client.socket.send("x".repeat(2_000));
    expect(await closed).toBe(1009);
    const answer = await fetch(`http://127.0.0.1:${server.port}`, {
      method: "POST",
      body: "x".repeat(2_000),
    }).catch(() => ({ status: 413 }));
    expect(answer.status).toBe(413);
  });

  test("a flood on one connection is refused, others are served, and blocks go on", async () => {
    server = await serve(node, { maxInFlight: 50 });
    const flooder = await aClient();
    const polite = await aClient();
    let busy = 0;
    let served = 0;
    const refusals = new Set<unknown>();
    flooder.socket.on("message", (data) => {
      const { error } = JSON.parse(data.toString());
      if (error === undefined) served++;
      else {
        busy++;
        refusals.add(`${error.code} ${error.data}`);
      }
    });
    for (let n = 0; n < 5_000; n++)
      flooder.socket.send(
        `{"jsonrpc":"2.0","id":"f${n}","method":"state_getKeysPaged","params":["0x",1000]}`,
      );
    const started = performance.now();
    expect(await polite.call("system_chain")).toBe("Pha Development");
    await node.author();
    await node.author();
    expect(node.chain.finalized.number).toBe(2);
    expect(performance.now() - started).toBeLessThan(20_000);
    while (busy + served < 5_000) await new Promise((resolve) => setTimeout(resolve, 20));
    expect([...refusals]).toEqual(["-32005 rpc/busy"]);
    expect(busy).toBeGreaterThan(0);
    expect(served).toBeGreaterThan(0);
  });

  test("a connection has a limited number of subscriptions and gets them back", async () => {
    server = await serve(node, { maxSubscriptions: 2 });
    const client = await aClient();
    const first = await client.call("chain_subscribeNewHeads");
    await client.call("state_subscribeRuntimeVersion");
    await expect(client.call("chain_subscribeNewHeads")).rejects.toThrow(
      /rpc\/too-many-subscriptions/,
    );
    expect(await client.call("chain_unsubscribeNewHeads", first)).toBe(true);
    expect(await client.call("chain_unsubscribeNewHeads", first)).toBe(false);
    await client.call("chain_subscribeNewHeads");
  });

  test("a client that does not read is cut off", async () => {
    server = await serve(node, { maxBufferedBytes: 100_000 });
    const client = await aClient();
    const reader = await aClient();
    client.socket.pause();
    // Metadata is large: a few answers fill every buffer on the way.
    for (let n = 0; n < 200; n++)
      client.socket.send(`{"jsonrpc":"2.0","id":"m${n}","method":"state_getMetadata"}`);
    while (server.connections() > 1) {
      await reader.call("system_chain");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await reader.call("system_chain")).toBe("Pha Development");
  });

  test("a request that waited longer than its deadline is answered so", async () => {
    server = await serve(node, { deadlineMs: -1 });
    const client = await aClient();
    await expect(client.call("system_chain")).rejects.toThrow(/-32006.*rpc\/deadline/);
  });

  test("connections over the limit are refused", async () => {
    server = await serve(node, { maxConnections: 1 });
    await aClient();
    await expect(connect(server)).rejects.toThrow(/503/);
  });
});

describe("the server itself", () => {
  const options = {
    methods: {
      boom: () => {
        throw new RangeError("a secret path");
      },
    },
    health: () => ({ ok: true, facts: {} }),
    metrics: async () => ({ contentType: "text/plain", text: "" }),
    onInternalError: () => {},
  };

  test("tells its operator what failed in a method, and the caller that it did", async () => {
    const told: [string, unknown][] = [];
    server = await startRpcServer({
      ...options,
      port: 0,
      onInternalError: (method, error) => told.push([method, error]),
    });
    const client = await aClient();
    expect(await client.raw('{"jsonrpc":"2.0","id":"a","method":"boom"}')).toEqual({
      jsonrpc: "2.0",
      id: "a",
      error: { code: -32603, message: "internal error", data: "rpc/internal" },
    });
    expect(told).toEqual([["boom", new RangeError("a secret path")]]);
  });

  test("says which address it cannot have, and which ports are taken", async () => {
    server = await startRpcServer({ ...options, port: 0 });
    await expect(startRpcServer({ ...options, port: 0, host: "192.0.2.1" })).rejects.toMatchObject({
      code: "rpc/cannot-listen",
      facts: { host: "192.0.2.1", port: 0 },
      cause: { code: "EADDRNOTAVAIL" },
    });
    // The last port has none behind it to try; whoever holds it, it is taken.
    const last = await startRpcServer({ ...options, port: 65_535 }).catch(() => undefined);
    await expect(startRpcServer({ ...options, port: 65_535 })).rejects.toMatchObject({
      code: "rpc/ports-busy",
      facts: { host: "127.0.0.1", first: 65_535, last: 65_535 },
    });
    await last?.close();
  });

  test("a connection that was closed meanwhile gets no subscription", async () => {
    server = await startRpcServer({ ...options, port: 0 });
    const sent: string[] = [];
    const connection = new Connection({
      id: 1,
      outlet: {
        canNotify: true,
        send: (text) => sent.push(text),
        bufferedBytes: () => 0,
        close: () => {},
      },
      methods: {},
      limits: DEFAULT_RPC_LIMITS,
      lane: new Dispatcher(DEFAULT_RPC_LIMITS, () => 0).lane(),
      newSubscriptionId: () => "s",
      onInternalError: () => {},
      onRequest: () => {},
    });
    connection.close();
    expect(() => connection.subscribe("heads", () => () => {})).toThrow(
      expect.objectContaining({ code: "rpc/stopping" }),
    );
    expect(connection.subscriptionCount).toBe(0);
    expect(sent).toEqual([]);
  });
});
