import { multiaddr } from "@multiformats/multiaddr";
import { type BlockRequest, checkBlockResponse, WarpProof } from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { decode, utf8 } from "@pha/scale";
import type { Libp2p } from "libp2p";
import { afterAll, describe, expect, test } from "vitest";
import { REQUEST_RATES } from "./peers/peer-budget.ts";
import { loadLibp2p } from "./shell/libp2p.ts";
import { createHost } from "./shell/libp2p-host.ts";
import { fakeChain } from "./testing/fake-chain.ts";
import { addressOf, openTestNetwork, type TestNetwork } from "./testing/network-pair.ts";
import {
  decodeBlockResponse,
  decodeKadMessage,
  decodeLightResponse,
  decodeStateResponse,
  encodeBlockRequest,
  encodeKadMessage,
  encodeLightRequest,
  encodeStateRequest,
  protocolName,
} from "./wire/index.ts";

const hosts: Libp2p[] = [];
/** libp2p without any of our protocols. */
async function rawPeer(name: string): Promise<Libp2p> {
  const host = await createHost(await loadLibp2p(), {
    seed: blake2b256(utf8(name)),
    listen: [],
    agent: "raw",
    maxConnections: 10,
    maxInboundPerSecond: 10,
    refuses: () => false,
  });
  hosts.push(host);
  await host.start();
  return host;
}
afterAll(() => Promise.all(hosts.map((host) => host.stop())));

const open: TestNetwork[] = [];
const opened = async (...args: Parameters<typeof openTestNetwork>): Promise<TestNetwork> => {
  const network = await openTestNetwork(...args);
  open.push(network);
  return network;
};
afterAll(() => Promise.all(open.map(({ network }) => network.stop())));

const chain = fakeChain(20);
const block = chain.best().hash;

describe("two nodes of one chain", async () => {
  const a = await opened("a", chain, { role: "authority" });
  const b = await opened("b", chain, {
    listen: ["/ip4/127.0.0.1/tcp/0/ws"],
    bootNodes: [addressOf(a)],
  });
  const [idA, idB] = [a.network.peerId, b.network.peerId];

  test("know each other by their handshakes", async () => {
    const { handshake } = await b.event("joined");
    expect(handshake).toMatchObject({ role: "authority", bestNumber: 20, bestHash: block });
    expect(await a.event("joined")).toMatchObject({ peer: idB, handshake: { role: "full" } });
    expect(b.network.peers()).toMatchObject([{ id: idA, role: "authority", bestNumber: 20 }]);
  });

  test("announce blocks, send transactions and votes, both ways", async () => {
    await Promise.all([a.event("votes-opened"), b.event("votes-opened")]);
    const header = chain.headers[20]!;
    for (const [from, to, id] of [
      [a, b, idB],
      [b, a, idA],
    ] as const) {
      from.network.announceBlock({ header, isBest: true, data: new Uint8Array(0) });
      expect((await to.event("announce")).announce.header).toEqual(header);
      expect(from.network.sendVotes(id, Uint8Array.of(7))).toBe(true);
      expect(await to.event("votes")).toMatchObject({ message: Uint8Array.of(7) });
      while (!from.network.sendTransactions(id, [Uint8Array.of(4, 1)]))
        await new Promise((resolve) => setImmediate(resolve));
      expect(await to.event("transactions")).toMatchObject({ extrinsics: [Uint8Array.of(4, 1)] });
    }
  });

  test("answer requests of every kind", async () => {
    const request: BlockRequest = {
      parts: { header: true, body: true, justification: true },
      from: { hash: block },
      direction: "descending",
      maxBlocks: 5,
      namesEngines: true,
    };
    const ask = async (kind: Parameters<typeof b.network.request>[1], bytes: Uint8Array) => {
      const answer = await b.network.request(idA, kind, bytes);
      if (!answer.ok) throw new Error(`${kind}: ${answer.error.code}`);
      return answer.value;
    };
    const blocks = decodeBlockResponse(await ask("sync", encodeBlockRequest(request)));
    const checked = checkBlockResponse(request, blocks.ok ? blocks.value : []);
    const numbers = checked.ok ? checked.value.map(({ header }) => header.number) : [];
    expect(numbers).toEqual([20, 19, 18, 17, 16]);
    const read = encodeLightRequest({ type: "read", block, keys: [utf8("k")] });
    expect(decodeLightResponse(await ask("light", read))).toEqual({
      ok: true,
      value: { type: "read", proof: [utf8("k")] },
    });
    const call = encodeLightRequest({ type: "call", block, method: "m", data: utf8("") });
    expect(decodeLightResponse(await ask("light", call))).toMatchObject({
      value: { type: "call", proof: [utf8("m")] },
    });
    const state = encodeStateRequest({ block, start: [utf8("s")], noProof: true });
    expect(decodeStateResponse(await ask("state", state))).toMatchObject({
      value: { tries: [{ entries: [{ key: utf8("s") }] }] },
    });
    const warp = decode(WarpProof, await ask("warp", block));
    expect(warp).toMatchObject({
      value: { isFinished: true, fragments: [{ header: { number: 20 } }] },
    });
    const find = encodeKadMessage({ type: "FIND_NODE", key: utf8("x"), closerPeers: [] });
    expect(decodeKadMessage(await ask("kad", find))).toMatchObject({ ok: true });
  });

  test("find others through each other", async () => {
    const c = await opened("c", chain, { bootNodes: [addressOf(b)] });
    await c.event("joined", ({ peer }) => peer === a.network.peerId);
    expect(open.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe("a node that is fast", async () => {
  const fast = await opened("fast", chain);
  /** Answers of more than a third of what a peer may take at once. */
  const rich = await opened("rich", {
    ...chain,
    blocks: () => [
      {
        hash: block,
        header: undefined,
        body: [new Uint8Array(14 << 20)],
        justifications: [],
      },
    ],
  });
  const others = await opened("others", chain, { reserved: [addressOf(fast), addressOf(rich)] });
  const askFor = (parts: Partial<BlockRequest["parts"]>): BlockRequest => ({
    parts: { header: false, body: false, justification: false, ...parts },
    from: { hash: block },
    direction: "descending",
    maxBlocks: 1,
    namesEngines: false,
  });
  const named = (name: TestNetwork) =>
    others.event("joined", ({ peer }) => peer === name.network.peerId);

  test("is no flood: of a thousand blocks at once its peers hear of some, and of the newest", async () => {
    await named(fast);
    await fast.event("joined");
    const data = new Uint8Array(0);
    for (let i = 0; i < 1_000; i++) {
      const header = { ...chain.headers[3]!, number: 1_000 + i };
      fast.network.announceBlock({ header, isBest: true, data });
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await others.event("announce", ({ announce }) => announce.header.number === 1_999);
    expect(others.events.filter(({ type }) => type === "announce").length).toBeLessThan(256);
  });

  test("is no flood: who asks more often than it may is made to wait by its own node", async () => {
    const request = encodeBlockRequest(askFor({ header: true }));
    for (let i = 0; i < REQUEST_RATES.sync.messages.capacity * 1.1; i++)
      expect(await others.network.request(fast.network.peerId, "sync", request)).toMatchObject({
        ok: true,
      });
  });

  test("waits for answers that are more than its share", async () => {
    await named(rich);
    const request = encodeBlockRequest(askFor({ body: true }));
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => others.network.request(rich.network.peerId, "sync", request)),
    );
    expect(answers.map((answer) => answer.ok)).toEqual([true, true, true, true]);
  });

  test("stays with its peers", () => {
    expect([fast, rich, others].flatMap(({ disconnects }) => disconnects)).toEqual([]);
    expect(open.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe("peers that misbehave", async () => {
  const honest = await opened("honest", chain);
  // It must not find the others through the honest one.
  const witness = await opened("witness", chain, {
    reserved: [addressOf(honest)],
    reservedOnly: true,
  });
  const self = honest.network.peerId;
  await witness.event("votes-opened");

  const attacker = (name: string, options: Partial<Parameters<typeof openTestNetwork>[2]> = {}) =>
    opened(name, chain, { reserved: [addressOf(honest)], ...options });

  test("by malformed frames and requests are banned", async () => {
    const bad = await attacker("malformed");
    await bad.event("joined");
    const answer = await bad.network.request(self, "sync", Uint8Array.of(0xff));
    expect(answer).toMatchObject({ error: { code: "request/refused" } });
    expect(await honest.sentAway(bad.network.peerId)).toBe("peer/malformed-message");
    await bad.event("left");
    expect(await bad.network.request(self, "sync", Uint8Array.of(0xff))).toMatchObject({
      error: { code: "request/not-connected" },
    });
  });

  test("by frames that are too long are banned", async () => {
    const bad = await attacker("oversized");
    await bad.event("votes-opened");
    await bad.network.request(self, "warp", new Uint8Array(33));
    expect(await honest.sentAway(bad.network.peerId)).toBe("peer/message-too-long");
  });

  test("by floods of notifications are banned", async () => {
    const bad = await attacker("flood");
    await bad.event("votes-opened");
    const left = honest.sentAway(bad.network.peerId);
    let code: string | undefined;
    while (code === undefined) {
      // Full queues drop them; what is sent goes on until the honest one has had enough.
      for (let i = 0; i < 20; i++) bad.network.sendTransactions(self, [Uint8Array.of(4, 1)]);
      const turn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
      code = await Promise.race([left, turn]);
    }
    expect(code).toBe("peer/flood");
  });

  test("by floods of requests are banned", async () => {
    const bad = await rawPeer("request flood");
    const connection = await bad.dial(multiaddr(addressOf(honest).address));
    const sentAway = honest.sentAway(bad.peerId.toString());
    const once = async (): Promise<void> => {
      const stream = await connection.newStream(protocolName(chain.genesisHash, "warp"));
      const ended = new Promise((resolve) => {
        stream.addEventListener("message", resolve);
        stream.addEventListener("close", resolve);
      });
      // The length of a frame, and a hash.
      stream.send(Uint8Array.of(32, ...new Uint8Array(32)));
      await ended;
      stream.abort(new Error("it is enough"));
    };
    let code: string | undefined;
    while (code === undefined)
      // What is asked when the connection ends has no end of its own.
      code = await Promise.race([sentAway, once().then(() => undefined)]);
    expect(code).toBe("peer/flood");
  });

  test("by the genesis of another chain do not even meet", async () => {
    const other = await opened("other", fakeChain(3, 1), { reserved: [addressOf(honest)] });
    expect(await other.sentAway(self)).toBe("peer/no-protocol");
    expect(honest.events.filter(({ peer }) => peer === other.network.peerId)).toEqual([]);
  });

  test("by another genesis under our chain's name are banned", async () => {
    const { genesisHash } = chain;
    let asked = 0;
    const liar = await attacker("liar", {
      chain: {
        ...chain,
        // Names of protocols come first, handshakes later.
        get genesisHash() {
          return asked++ < 8 ? genesisHash : new Uint8Array(32);
        },
      },
    });
    expect(await honest.sentAway(liar.network.peerId)).toBe("peer/other-genesis");
  });

  test("by silence are sent away", async () => {
    const strict = await opened("strict", chain, { handshakeMs: 100 });
    const mute = await rawPeer("mute");
    await mute.dial(multiaddr(addressOf(strict).address));
    expect(await strict.sentAway(mute.peerId.toString())).toBe("peer/no-handshake");
  });

  test("by answers that are none, or that never come, are found out", async () => {
    const asking = await opened("asking", chain, { requestTimeoutMs: 300 });
    const bad = await rawPeer("bad answers");
    const answers: Readonly<Record<string, Uint8Array>> = {
      sync: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f),
      state: Uint8Array.of(0x80, 0),
    };
    for (const kind of ["sync", "state", "warp"] as const)
      await bad.handle(protocolName(chain.genesisHash, kind), (stream) => {
        stream.addEventListener("message", () => {
          const answer = answers[kind];
          if (answer) stream.send(answer);
        });
      });
    await bad.dial(multiaddr(addressOf(asking).address));
    while (asking.network.connectionCount() === 0)
      await new Promise((resolve) => setImmediate(resolve));
    const peer = bad.peerId.toString();
    const ask = (kind: "sync" | "state" | "warp" | "light") =>
      asking.network.request(peer, kind, new Uint8Array(32));
    expect(await ask("sync")).toMatchObject({
      error: { code: "request/bad-answer", cause: { code: "wire/frame-too-long" } },
    });
    expect(await ask("state")).toMatchObject({ error: { code: "request/bad-answer" } });
    expect(await ask("warp")).toEqual({ ok: false, error: { code: "request/timed-out" } });
    expect(await ask("light")).toEqual({ ok: false, error: { code: "request/refused" } });
  });

  test("more requests than a peer takes are not sent", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => witness.network.request(self, "warp", new Uint8Array(32))),
    );
    expect(answers.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(2);
    expect(answers).toContainEqual({ ok: false, error: { code: "request/too-many" } });
  });

  test("do not disturb the others", async () => {
    const header = chain.headers[9]!;
    honest.network.announceBlock({ header, isBest: true, data: new Uint8Array(0) });
    await witness.event("announce", ({ announce }) => announce.header.number === 9);
    expect(witness.network.peers()).toMatchObject([{ id: self }]);
    expect(honest.disconnects.map(({ peer }) => peer)).not.toContain(witness.network.peerId);
    expect(open.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

test("addresses that cannot be opened are named", async () => {
  await expect(openTestNetwork("x", chain, { listen: ["/ip4/192.0.2.1/tcp/1"] })).rejects.toThrow(
    expect.objectContaining({ code: "network/cannot-listen" }),
  );
});
