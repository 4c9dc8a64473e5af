/** pRuntime's end of attached channels, with a host that carries bytes as it likes and clients that speak TLS, or not. */
import { type Duplex, duplexPair } from "node:stream";
import { deriveSimulatedRoot, makeSimulatedEvidence, verifyEvidence } from "@pha/attestation";
import type { SealedQuery } from "@pha/protocol";
import { toFrame } from "@pha/protocol/pipe";
import { toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { createQueryChannel, openAttestedChannel, serveQueries } from "../channels/index.ts";
import { ChannelQuery, MAX_CHANNEL_BYTES, MAX_CHANNEL_FRAME_BYTES } from "../wire/index.ts";
import { type ChannelDeskOptions, createChannelDesk } from "./channel-desk.ts";

const rootSeed = new Uint8Array(32).fill(7);
const simulatedRoot = deriveSimulatedRoot(rootSeed);
const now = Date.now();
const boot = new Uint8Array(32).fill(3);
const NOBODY = new Uint8Array(32);

const platform = {
  evidence: async (reportData: Uint8Array) =>
    makeSimulatedEvidence({
      rootSeed,
      measurement: new Uint8Array(32).fill(1),
      platformId: new Uint8Array(32).fill(2),
      reportData,
      issuedAtMs: BigInt(now),
    }),
};
const peer = {
  verify: (bytes: Uint8Array, expectedReportData: Uint8Array) =>
    verifyEvidence({ bytes, simulatedRoot, now: BigInt(now), expectedReportData }),
  accept: () => true,
};

const query = (byte: number, length = 40): SealedQuery => ({
  boot,
  enc: NOBODY,
  ciphertext: new Uint8Array(length).fill(byte),
});

/** A desk, and a host that carries bytes between it and whoever connects. */
function open(more: Partial<ChannelDeskOptions> = {}) {
  const asked: { readonly id: number; readonly sealed: SealedQuery }[] = [];
  const ended = new Map<number, string>();
  const opened = new Map<number, boolean>();
  const ends = new Map<number, Duplex>();
  const waiting = new Map<number, (goesOn: boolean) => void>();
  /** Most bytes of one frame from the desk. */
  let longest = 0;
  const desk = createChannelDesk({
    provider: platform,
    boot: () => boot,
    ask: (id, sealed) => asked.push({ id, sealed }),
    send(id, message) {
      if (message.type === "ChannelEnd") {
        ended.set(id, message.value);
        ends.get(id)?.destroy();
      } else if (message.type === "ChannelTaken") {
        const wait = waiting.get(id);
        waiting.delete(id);
        if (wait === undefined) opened.set(id, message.value);
        else wait(message.value);
      } else {
        longest = Math.max(longest, message.value.length);
        const end = ends.get(id);
        if (end === undefined || end.destroyed) desk.taken(id, false);
        else end.write(message.value.slice(), () => desk.taken(id, true));
      }
    },
    now: () => now,
    ...more,
  });
  /** A connection, and what the client holds of it. */
  function connect(id: number): Duplex {
    const [client, host] = duplexPair();
    ends.set(id, host);
    // As with a socket: what ends on one side ends on the other.
    client.once("close", () => host.destroy());
    desk.open(id);
    void (async () => {
      try {
        for await (const chunk of host)
          for (let at = 0; at < chunk.length; at += MAX_CHANNEL_BYTES) {
            const goesOn = new Promise<boolean>((resolve) => waiting.set(id, resolve));
            desk.bytes(id, chunk.subarray(at, at + MAX_CHANNEL_BYTES));
            if (!(await goesOn)) host.destroy();
          }
      } catch {
        // The client left without a word.
      }
      desk.end(id);
      client.destroy();
    })();
    return client;
  }
  const attested = async (id: number) => {
    const carrier = connect(id);
    const at = more.now ?? (() => now);
    return openAttestedChannel({ carrier, side: "client", identity: undefined, peer, now: at });
  };
  return { desk, connect, attested, asked, ended, opened, longest: () => longest };
}

const answerOf = (length: number) => ({
  type: "Answer" as const,
  value: {
    sealed: { nonce: new Uint8Array(12), ciphertext: new Uint8Array(length).fill(9) },
    proofOf: { block: { number: 1, hash: NOBODY }, identity: NOBODY, boot, cluster: NOBODY },
  },
});

describe("a channel", () => {
  test("opens for who verifies it; queries reach the core and answers of any length come back, in any order", async () => {
    const { desk, attested, asked, longest } = open();
    const { socket, peer: shown } = await attested(1);
    expect(shown?.boot).toEqual(boot);
    const channel = createQueryChannel(socket);
    const answers = [1, 2].map((byte) => channel.ask(query(byte, 200_000)));
    await expect.poll(() => asked.length).toBe(2);
    // Ids of the core's queries are none that a frame of the host can have.
    for (const { id } of asked) expect(id).toBeGreaterThan(0xffff_ffff);
    expect(asked.map(({ sealed }) => sealed.ciphertext[0])).toEqual([1, 2]);
    const long = 300_000;
    expect(desk.answered(asked[1]?.id ?? 0, answerOf(long))).toBe(true);
    const { ciphertext } = (await answers[1])?.sealed ?? {};
    expect(Buffer.alloc(long, 9).equals(ciphertext ?? new Uint8Array(0))).toBe(true);
    desk.answered(asked[0]?.id ?? 0, { type: "QueryRefused", value: "query/behind" });
    await expect(answers[0]).rejects.toMatchObject({ code: "query/behind" });
    // An answer that nobody asked for over a channel is the host's.
    expect(desk.answered(7, answerOf(1))).toBe(false);
    expect(longest()).toBeLessThanOrEqual(MAX_CHANNEL_BYTES);
    channel.close();
  });

  test("is refused without a boot that serves, beyond the number of channels, and while too many greet", async () => {
    const gatekeeper = open({ boot: () => undefined });
    gatekeeper.connect(1);
    expect(gatekeeper.opened.get(1)).toBe(false);
    const { connect, opened, ended } = open({ greetMs: 50 });
    // Slow handshakes: four connect and say nothing.
    for (const id of [1, 2, 3, 4, 5]) connect(id);
    expect([...opened.values()]).toEqual([true, true, true, true, false]);
    await expect.poll(() => ended.size).toBe(4);
    expect(new Set(ended.values())).toEqual(new Set(["ra-tls/no-answer"]));
    const full = open();
    for (let id = 0; id < 16; id++) await full.attested(id);
    full.connect(16);
    expect(full.opened.get(16)).toBe(false);
  });

  test("of somebody who speaks something else ends", async () => {
    const { connect, ended } = open();
    connect(1).write("GET / HTTP/1.1\r\n\r\n");
    await expect.poll(() => ended.get(1)).toBe("ra-tls/no-handshake");
  });

  test.each([
    [
      "a frame that is no query",
      toFrame(ChannelQuery, 1, { type: "Query", value: query(1) }).fill(9, 4, 5),
    ],
    ["a frame that is too long", Uint8Array.of(...le(MAX_CHANNEL_FRAME_BYTES + 1), 3)],
    ["a frame that is too short", Uint8Array.of(...le(1), 3)],
    ["a cut query", toFrame(ChannelQuery, 1, { type: "Query", value: query(1) }).fill(0, 9, 73)],
  ])("over which %s comes ends", async (name, bytes) => {
    const { attested, asked, ended } = open();
    const { socket } = await attested(1);
    const cut =
      name === "a cut query"
        ? Uint8Array.of(...le(bytes.length - 5), ...bytes.subarray(4, -1))
        : bytes;
    socket.write(cut);
    await expect.poll(() => ended.get(1)).toBe("channel/malformed");
    expect(asked).toEqual([]);
  });

  test("takes so many queries at a time, and goes on when they are answered", async () => {
    const { desk, attested, asked } = open();
    const { socket } = await attested(1);
    const channel = createQueryChannel(socket);
    const answers = Array.from({ length: 40 }, (_, i) => channel.ask(query(i)));
    await expect.poll(() => asked.length).toBe(16);
    // One that is answered makes room for one.
    for (let done = 0; done < 40; done++) {
      await expect.poll(() => asked.length).toBe(Math.min(40, 16 + done));
      desk.answered(asked[done]?.id ?? 0, answerOf(1));
    }
    expect(await Promise.all(answers)).toHaveLength(40);
    channel.close();
  });

  test("whose client does not read its answers ends", async () => {
    const { desk, attested, asked, ended } = open();
    const { socket } = await attested(1);
    socket.pause();
    for (let i = 0; i < 4; i++)
      socket.write(toFrame(ChannelQuery, i, { type: "Query", value: query(i) }));
    await expect.poll(() => asked.length).toBe(4);
    for (const { id } of asked) desk.answered(id, answerOf(1 << 20));
    await expect.poll(() => ended.get(1)).toBe("channel/does-not-read");
  });

  test("that its client leaves is forgotten, with what it asked", async () => {
    const { desk, attested, asked } = open();
    const { socket } = await attested(1);
    const channel = createQueryChannel(socket);
    const answer = channel.ask(query(1));
    await expect.poll(() => asked.length).toBe(1);
    channel.close();
    await expect(answer).rejects.toMatchObject({ code: "channel/ended" });
    await expect(channel.ask(query(2))).rejects.toMatchObject({ code: "channel/ended" });
    // The core answers somebody who is gone.
    expect(desk.answered(asked[0]?.id ?? 0, answerOf(1))).toBe(true);
    // Its place is free again, as the host hears in the end.
    for (let id = 2; id < 18; id++) await attested(id);
  });

  test("of a platform that makes no evidence ends with its code, and the next one is tried again", async () => {
    let broken = true;
    const evidence = (reportData: Uint8Array) =>
      broken ? Promise.reject(new Error("busy")) : platform.evidence(reportData);
    const { connect, attested, ended } = open({ provider: { evidence } });
    connect(1);
    await expect.poll(() => ended.get(1)).toBe("channel/broken");
    broken = false;
    await attested(2);
  });
});

test("a client that asks nothing is not kept", async () => {
  const [client, server] = duplexPair();
  client.resume();
  expect(await serveQueries(server, { ask: () => {}, idleMs: 10 })).toBe("channel/idle");
});

test("a query that is not answered in time, and a worker that says nonsense, have their codes", async () => {
  const [client, server] = duplexPair();
  const channel = createQueryChannel(client, 20);
  await expect(channel.ask(query(1))).rejects.toMatchObject({ code: "channel/no-answer" });
  const answer = channel.ask(query(2));
  server.write(Uint8Array.of(...le(5), 1, 0, 0, 0, 0));
  await expect(answer).rejects.toMatchObject({ code: "channel/ended" });
});

test("channels have one key for half a day, and then another, whatever the clock does", async () => {
  let hours = 0;
  const { attested } = open({ now: () => now + hours * 3_600_000 });
  const keyAt = async (id: number, at: number) => {
    hours = at;
    const { peer: shown, socket } = await attested(id);
    socket.destroy();
    return toHex(shown?.publicKeyInfo ?? new Uint8Array(0));
  };
  const first = await keyAt(1, 0);
  expect(await keyAt(2, 0)).toBe(first);
  // A clock that goes back would make certificates that are not valid yet.
  const second = await keyAt(3, -1);
  expect(second).not.toBe(first);
  expect(await keyAt(4, 11)).toBe(second);
  expect(await keyAt(5, 12)).not.toBe(second);
});

test("evidence for channels is made one at a time", async () => {
  let atOnce = 0;
  let most = 0;
  const evidence = async (reportData: Uint8Array) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    return platform.evidence(reportData);
  };
  const { attested } = open({ provider: { evidence } });
  await Promise.all([1, 2, 3, 4].map((id) => attested(id)));
  expect(most).toBe(1);
});

test("a host that sends before it was answered is caught", () => {
  const { desk } = open();
  desk.open(1);
  const sent = [];
  // The handshake is not read yet: what fits is buffered, the rest is not answered for.
  for (let i = 0; i < 4; i++) sent.push(desk.bytes(1, new Uint8Array(MAX_CHANNEL_BYTES)));
  expect(sent).toContain(false);
  // Of a channel that is over everything is taken, and answered.
  expect(desk.bytes(2, new Uint8Array(1))).toBe(true);
  desk.stop();
});

function le(value: number): readonly number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}
