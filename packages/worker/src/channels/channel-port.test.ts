/** The host's part of attached channels: sockets of this machine, and a pRuntime that the test plays. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { MAX_CHANNEL_BYTES } from "@pha/pruntime/wire";
import { bool, boundedBytes, decode } from "@pha/scale";
import { afterEach, describe, expect, test } from "vitest";
import { SILENT } from "../log.ts";
import { createWorkerMetrics } from "../metrics.ts";
import { createChannelLines, type LineFrame, MAX_LINES } from "./channel-lines.ts";
import { type ChannelPort, startChannelPort } from "./channel-port.ts";

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Sent {
  readonly type: LineFrame;
  readonly id: number;
  readonly body: Uint8Array;
}

async function listening({
  silentMs,
  isFull = false,
}: {
  silentMs?: number;
  isFull?: boolean;
} = {}) {
  const sent: Sent[] = [];
  let room = !isFull;
  const lines = createChannelLines((type, id, body) => {
    if (!room) return false;
    sent.push({ type, id, body });
    return true;
  });
  const metrics = createWorkerMetrics();
  const port: ChannelPort = await startChannelPort({
    host: "127.0.0.1",
    port: 0,
    worker: { name: "one", channel: lines.add },
    metrics,
    log: SILENT,
    ...(silentMs !== undefined && { silentMs }),
  });
  stops.push(
    () => port.stop(),
    () => metrics.stop(),
  );
  const outcomes = async () =>
    Object.fromEntries(
      (await metrics.channels.get()).values.map(({ labels, value }) => [labels.outcome, value]),
    );
  return {
    ...{ sent, lines, port, outcomes },
    fill: () => {
      room = false;
    },
    framesOf: (type: LineFrame) => sent.filter((one) => one.type === type),
    /** Of one channel, in order. */
    bytesOf: (id: number) =>
      Buffer.concat(
        sent
          .filter((one) => one.type === "ChannelBytes" && one.id === id)
          .map(({ body }) => {
            const decoded = decode(boundedBytes(MAX_CHANNEL_BYTES), body);
            if (!decoded.ok) throw new Error("malformed");
            return decoded.value;
          }),
      ),
    async client(): Promise<Socket> {
      const socket = connect(port.port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    },
  };
}

describe("a port of RA-TLS", () => {
  test("carries bytes one frame at a time, in both directions, and says so when the other end left", async () => {
    const { sent, lines, framesOf, bytesOf, client, outcomes } = await listening();
    const socket = await client();
    const text = Buffer.alloc(300_000, "sealed");
    socket.write(text);
    await expect.poll(() => sent.map(({ type }) => type)).toEqual(["ChannelOpen"]);
    const id = sent[0]?.id ?? 0;
    // Nothing goes before pRuntime took the channel, nor the next frame before it took the one before.
    lines.taken(id, true);
    for (let frames = 1; bytesOf(id).length < text.length; frames++) {
      await expect.poll(() => framesOf("ChannelBytes").length).toBe(frames);
      expect(framesOf("ChannelBytes").at(-1)?.body.length).toBeLessThan(MAX_CHANNEL_BYTES + 5);
      lines.taken(id, true);
    }
    expect(bytesOf(id).equals(text)).toBe(true);

    const received = once(socket, "data");
    lines.bytes(id, Buffer.from("back"));
    expect(String((await received)[0])).toBe("back");
    await expect
      .poll(() => framesOf("ChannelTaken").map(({ body }) => decode(bool, body)))
      .toEqual([{ ok: true, value: true }]);
    socket.end();
    await expect.poll(() => framesOf("ChannelEnd").map((one) => one.id)).toEqual([id]);
    expect(lines.open).toBe(0);
    expect(await outcomes()).toEqual({ left: 1 });
    // What pRuntime had under way is answered.
    lines.bytes(id, Buffer.from("late"));
    expect(decode(bool, framesOf("ChannelTaken").at(-1)?.body ?? new Uint8Array(0))).toEqual({
      ok: true,
      value: false,
    });
  });

  test("ends what pRuntime ends or refuses, and everything when it is gone", async () => {
    const { lines, framesOf, client, outcomes } = await listening();
    const sockets = await Promise.all([client(), client(), client()]);
    await expect.poll(() => framesOf("ChannelOpen").length).toBe(3);
    const [first, second] = framesOf("ChannelOpen").map(({ id }) => id);
    const closed = sockets.map((socket) => once(socket.resume(), "close"));
    lines.end(first ?? 0, "ra-tls/no-handshake");
    lines.taken(second ?? 0, false);
    lines.endAll("worker/restarted");
    await Promise.all(closed);
    const counted = Object.keys(await outcomes()).sort();
    expect(counted).toEqual(["channel/refused", "ra-tls/no-handshake", "worker/restarted"]);
    expect(framesOf("ChannelEnd")).toEqual([]);
  });

  test("lets one address have four connections, and counts whom it sends away", async () => {
    const { lines, framesOf, client, outcomes } = await listening();
    for (let i = 0; i < 4; i++) await client();
    const fifth = await client();
    await once(fifth.resume(), "close");
    expect(await outcomes()).toEqual({ "http/too-many-requests": 1 });
    // One that leaves makes room.
    await expect.poll(() => framesOf("ChannelOpen").length).toBe(4);
    lines.end(framesOf("ChannelOpen")[0]?.id ?? 0, "");
    await expect
      .poll(async () => {
        await client();
        return framesOf("ChannelOpen").length;
      })
      .toBe(5);
  });

  test("sends away whom it has no room for in the pipe, and ends what does not get through", async () => {
    const full = await listening({ isFull: true });
    await once((await full.client()).resume(), "close");
    expect(await full.outcomes()).toEqual({ "worker/overloaded": 1 });
    const { lines, framesOf, client, outcomes, fill } = await listening();
    const socket = await client();
    await expect.poll(() => framesOf("ChannelOpen").length).toBe(1);
    lines.taken(framesOf("ChannelOpen")[0]?.id ?? 0, true);
    fill();
    socket.write("x");
    await once(socket.resume(), "close");
    expect(await outcomes()).toEqual({ "pipe/full": 1 });
  });

  test("ends who is silent", async () => {
    const { framesOf, client } = await listening({ silentMs: 20 });
    await once((await client()).resume(), "close");
    await expect.poll(() => framesOf("ChannelEnd").length).toBe(1);
  });

  test("that is taken has its code", async () => {
    const { port } = await listening();
    const metrics = createWorkerMetrics();
    stops.push(() => metrics.stop());
    const worker = { name: "two", channel: () => false };
    const options = { host: "127.0.0.1", port: port.port, worker, metrics, log: SILENT };
    await expect(startChannelPort(options)).rejects.toMatchObject({
      code: "worker/channel-port-taken",
    });
  });
});

test("a pRuntime has as many connections as it takes, and no more", () => {
  const lines = createChannelLines(() => true);
  const add = () =>
    lines.add(
      connect({ port: 1, host: "127.0.0.1" }).on("error", () => {}),
      () => {},
    );
  for (let i = 0; i < MAX_LINES; i++) expect(add()).toBe(true);
  expect(add()).toBe(false);
  lines.endAll("");
  expect(lines.open).toBe(0);
});
