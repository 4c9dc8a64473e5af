import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectWebSocket, type WebSocketLike } from "./web-socket.ts";

interface Listeners {
  open: (() => void)[];
  close: (() => void)[];
  error: (() => void)[];
  message: ((event: { readonly data: unknown }) => void)[];
}

/** A node at the other end of every connection made. */
function createFakeNode() {
  const sockets: FakeSocket[] = [];
  const mode: { answers: boolean; accepts: boolean | "never" } = { answers: true, accepts: true };
  let nextSubscription = 1;

  class FakeSocket implements WebSocketLike {
    readonly listeners: Listeners = { open: [], close: [], error: [], message: [] };
    readonly sent: { id: number; method: string; params: unknown[] }[] = [];
    closed = false;
    constructor() {
      sockets.push(this);
      if (mode.accepts === "never") return;
      queueMicrotask(() => this.emit(mode.accepts ? "open" : "error"));
    }
    emit(type: "open" | "close" | "error"): void {
      for (const listener of this.listeners[type]) listener();
    }
    receive(message: unknown): void {
      const data = typeof message === "string" ? message : JSON.stringify(message);
      for (const listener of this.listeners.message) listener({ data });
    }
    send(data: string): void {
      const request = JSON.parse(data);
      this.sent.push(request);
      if (!mode.answers) return;
      const { id, method, params } = request;
      if (method === "fail")
        queueMicrotask(() =>
          this.receive({ id, error: { code: -32602, message: "no", data: "because" } }),
        );
      else {
        const result = method === "subscribe" ? `sub-${nextSubscription++}` : { method, params };
        queueMicrotask(() => this.receive({ id, result }));
      }
    }
    close(): void {
      this.closed = true;
      this.emit("close");
    }
    addEventListener(type: keyof Listeners, listener: never): void {
      (this.listeners[type] as unknown[]).push(listener);
    }
  }
  return { sockets, mode, FakeSocket };
}

const url = "ws://node";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("requests get their own answers; refusals carry the node's reason", async () => {
  const { FakeSocket } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket });
  const answers = await Promise.all([rpc.request("a", [1]), rpc.request("b", [2])]);
  expect(answers).toEqual([
    { method: "a", params: [1] },
    { method: "b", params: [2] },
  ]);
  await expect(rpc.request("fail", [])).rejects.toMatchObject({
    code: "rpc/refused",
    message: "no: because",
    facts: { rpcCode: -32602 },
  });
});

test("what is no JSON-RPC is passed over", async () => {
  const { FakeSocket, sockets } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket });
  for (const noise of ["{", "null", "7", '{"id":99,"result":1}', '{"params":null}'])
    sockets[0]?.receive(noise);
  await expect(rpc.request("a", [])).resolves.toMatchObject({ method: "a" });
});

test("a lost connection ends requests, comes back, and subscribes again", async () => {
  const { FakeSocket, sockets, mode } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket, reconnectMs: 100 });
  const heard: unknown[] = [];
  await rpc.subscribe("subscribe", [], "unsubscribe", (message) => heard.push(message));
  sockets[0]?.receive({ params: { subscription: "sub-1", result: "one" } });
  mode.answers = false;
  const pending = rpc.request("a", []);
  sockets[0]?.emit("close");
  await expect(pending).rejects.toMatchObject({ code: "rpc/connection-lost" });
  await expect(rpc.request("a", [])).rejects.toMatchObject({ code: "rpc/not-connected" });
  mode.answers = true;
  mode.accepts = false;
  await vi.advanceTimersByTimeAsync(150);
  mode.accepts = true;
  await vi.advanceTimersByTimeAsync(150);
  expect(sockets).toHaveLength(3);
  sockets[2]?.receive({ params: { subscription: "sub-1", result: "old" } });
  sockets[2]?.receive({ params: { subscription: "sub-2", result: "two" } });
  expect(heard).toEqual(["one", "two"]);
  await expect(rpc.request("a", [])).resolves.toMatchObject({ method: "a" });
});

test("what comes in the same turn as a subscription's id is heard", async () => {
  const { FakeSocket, sockets, mode } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket });
  mode.answers = false;
  const heard: unknown[] = [];
  const subscribed = rpc.subscribe("subscribe", [], "unsubscribe", (message) =>
    heard.push(message),
  );
  // As npm `ws` does with frames that came in one piece.
  sockets[0]?.receive({ id: sockets[0].sent[0]?.id, result: "sub-1" });
  sockets[0]?.receive({ params: { subscription: "sub-1", result: "one" } });
  await subscribed;
  expect(heard).toEqual(["one"]);
});

test("a subscription that was refused is not made by the next connection", async () => {
  const { FakeSocket, sockets } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket, reconnectMs: 100 });
  await expect(rpc.subscribe("fail", [], "unsubscribe", () => undefined)).rejects.toMatchObject({
    code: "rpc/refused",
  });
  sockets[0]?.emit("close");
  await vi.advanceTimersByTimeAsync(150);
  await expect(rpc.request("a", [])).resolves.toMatchObject({ method: "a" });
  expect(sockets[1]?.sent.map(({ method }) => method)).toEqual(["a"]);
});

test("a subscription that must not be made twice ends with the connection", async () => {
  const { FakeSocket, sockets } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket, reconnectMs: 100 });
  const ends: unknown[] = [];
  await rpc.subscribe(
    "subscribe",
    [],
    "unsubscribe",
    () => undefined,
    (error) => ends.push(error),
  );
  sockets[0]?.emit("close");
  expect(ends).toMatchObject([{ code: "rpc/connection-lost" }]);
  await vi.advanceTimersByTimeAsync(150);
  expect(sockets).toHaveLength(2);
  expect(sockets[1]?.sent).toEqual([]);
});

test("closing ends it for good", async () => {
  const { FakeSocket, sockets } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket, reconnectMs: 100 });
  rpc.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets).toHaveLength(1);
  expect(sockets[0]?.closed).toBe(true);
});

test("a node that is away or silent gives a code in time", async () => {
  const { FakeSocket, sockets, mode } = createFakeNode();
  mode.accepts = false;
  await expect(connectWebSocket({ url, webSocket: FakeSocket })).rejects.toMatchObject({
    code: "rpc/unreachable",
  });
  mode.accepts = "never";
  const connecting = connectWebSocket({ url, webSocket: FakeSocket, timeoutMs: 200 });
  const refused = expect(connecting).rejects.toMatchObject({ code: "rpc/timed-out" });
  await vi.advanceTimersByTimeAsync(250);
  await refused;
  expect(sockets.at(-1)?.closed).toBe(true);
  mode.accepts = true;
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket, timeoutMs: 200 });
  mode.answers = false;
  const late = expect(rpc.request("a", [])).rejects.toMatchObject({ code: "rpc/timed-out" });
  await vi.advanceTimersByTimeAsync(250);
  await late;
});

test("a request can be given up", async () => {
  const { FakeSocket, mode } = createFakeNode();
  const rpc = await connectWebSocket({ url, webSocket: FakeSocket });
  mode.answers = false;
  const controller = new AbortController();
  const request = rpc.request("a", [], { signal: controller.signal });
  controller.abort();
  await expect(request).rejects.toMatchObject({ code: "rpc/aborted" });
});
