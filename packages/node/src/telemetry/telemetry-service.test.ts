import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { SILENT } from "../node-log.ts";
import { aDevChain } from "../testing/dev-chain.ts";
import { startTelemetry, type TelemetryService } from "./telemetry-service.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface Told {
  readonly id: number;
  readonly ts: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A server that keeps what it is told. */
async function aServer() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const told: Told[] = [];
  const waiting = new Set<() => void>();
  server.on("connection", (socket) =>
    socket.on("message", (data) => {
      told.push(JSON.parse(String(data)));
      for (const one of waiting) one();
    }),
  );
  stops.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  /** Resolves with the newest message of a kind, once there are so many. */
  const heard = async (msg: string, count = 1): Promise<Told["payload"]> => {
    for (;;) {
      const found = told.filter(({ payload }) => payload["msg"] === msg);
      const last = found.at(-1);
      if (last && found.length >= count) return last.payload;
      await new Promise<void>((resolve) => {
        const one = (): void => {
          waiting.delete(one);
          resolve();
        };
        waiting.add(one);
      });
    }
  };
  return { server, told, heard, url: `ws://127.0.0.1:${port}` };
}

function tells(endpoints: readonly string[], node = aDevChain()) {
  const service: TelemetryService = startTelemetry({
    ...node,
    endpoints,
    peerCount: () => 3,
    log: SILENT,
    intervalMs: 20,
    retryMs: 10,
    node: {
      chain: "Pha Development",
      name: "test",
      version: "0.1.0",
      genesisHash: "0x01",
      networkId: "12D3",
      isAuthority: true,
    },
  });
  stops.push(() => service.stop());
  return node;
}

test("tells who it is, its blocks, what is final, and how it stands", async () => {
  const { told, heard, url } = await aServer();
  const node = tells([url]);
  expect(await heard("system.connected")).toMatchObject({
    chain: "Pha Development",
    name: "test",
    authority: true,
    genesis_hash: "0x01",
    network_id: "12D3",
    startup_time: expect.stringMatching(/^\d{13}$/),
  });
  await node.author();
  const best = expect.stringMatching(/^0x[0-9a-f]{64}$/);
  expect(await heard("block.import")).toMatchObject({ height: 1, best });
  expect(await heard("notify.finalized")).toMatchObject({ height: "1", best });
  await heard("system.interval", 3);
  expect(await heard("system.interval")).toMatchObject({ peers: 3, txcount: 0 });
  expect(told[0]).toMatchObject({ id: 1, ts: expect.stringMatching(/Z$/) });
});

test("connects again after the server went away, and says who it is once more", async () => {
  const { server, heard, url } = await aServer();
  tells([url]);
  await heard("system.connected");
  for (const client of server.clients) client.terminate();
  await heard("system.connected", 2);
});

test("no server, or one that does not answer, keeps nobody", async () => {
  const node = tells(["ws://127.0.0.1:9"]);
  await node.author();
  expect(node.chain.best.number).toBe(1);
  const alone = tells([]);
  await alone.author();
  expect(alone.chain.best.number).toBe(1);
});
