import {
  type BlockData,
  type BlockId,
  type BlockRequest,
  checkBlockResponse,
  encodeHeader,
  type Header,
  headerHash,
} from "@pha/consensus";
import { concatBytes, decode, encode, fromHex, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BlockAnnounce,
  BlockAnnounceHandshake,
  decodeBlockRequest,
  decodeBlockResponse,
  decodeKadMessage,
  decodeLightRequest,
  decodeLightResponse,
  decodeStateRequest,
  decodeStateResponse,
  encodeBlockRequest,
  encodeBlockResponse,
  encodeKadMessage,
  encodeLightRequest,
  encodeLightResponse,
  encodeStateRequest,
  encodeStateResponse,
  GossipedExtrinsics,
  type LightRequest,
  protocolName,
  RoleHandshake,
} from "./index.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const someBytes = fc.uint8Array({ maxLength: 40 });
const h32 = new Uint8Array(32).fill(7);
const malformed = (reason: string) => ({ ok: false, error: { code: "wire/malformed", reason } });

describe("a block request", () => {
  const from: fc.Arbitrary<BlockId> = fc.oneof(
    fc.record({ hash }),
    fc.record({ number: fc.nat() }),
  );
  const request: fc.Arbitrary<BlockRequest> = fc.record({
    parts: fc.record({ header: fc.boolean(), body: fc.boolean(), justification: fc.boolean() }),
    from,
    direction: fc.constantFrom("ascending" as const, "descending" as const),
    maxBlocks: fc.integer({ min: 1, max: 128 }),
    namesEngines: fc.boolean(),
  });

  test("reads back what was written", () => {
    fc.assert(
      fc.property(request, (value) => {
        expect(decodeBlockRequest(encodeBlockRequest(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test("of a light client: headers and justifications downwards from a hash", () => {
    const bytes = concatBytes(fromHex("0x0880808088011220"), h32, fromHex("0x280130403801"));
    expect(decodeBlockRequest(bytes)).toEqual({
      ok: true,
      value: {
        parts: { header: true, body: false, justification: true },
        from: { hash: h32 },
        direction: "descending",
        maxBlocks: 64,
        namesEngines: true,
      },
    });
  });

  test("without a number of blocks, or with too large a one, gets the maximum", () => {
    const start = concatBytes(fromHex("0x0880808008"), fromHex("0x1a0401000000"));
    expect(decodeBlockRequest(start)).toMatchObject({ value: { maxBlocks: 128 } });
    const many = concatBytes(start, fromHex("0x30ffff03"));
    expect(decodeBlockRequest(many)).toMatchObject({ value: { maxBlocks: 128 } });
  });

  test.each([
    ["no block", "missing-field", "0x0880808008"],
    ["hash and number", "repeated-field", `0x1220${"07".repeat(32)}1a0401000000`],
    ["a short hash", "out-of-range", "0x12020707"],
    ["a number of eight bytes", "trailing-bytes", "0x1a080100000000000000"],
    ["a number of two bytes", "truncated", "0x1a020100"],
    ["unknown parts", "out-of-range", "0x08808080800f1a0401000000"],
    ["parts in low bytes", "out-of-range", "0x08011a0401000000"],
    ["a direction that is none", "unknown-variant", "0x28021a0401000000"],
  ])("with %s is refused", (_what, reason, hex) => {
    expect(decodeBlockRequest(fromHex(hex))).toEqual(malformed(reason));
  });
});

describe("a block response", () => {
  const block = fc.record({
    hash,
    header: fc.option(someBytes, { nil: undefined }),
    body: fc.array(someBytes, { maxLength: 3 }),
    justifications: fc.array(
      fc.record({ engine: fc.constantFrom("FRNK", "BEEF"), justification: someBytes }),
      { maxLength: 2 },
    ),
  });

  test("reads back what was written", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (blocks) => {
        const bytes = encodeBlockResponse(blocks, { namesEngines: true });
        expect(decodeBlockResponse(bytes)).toEqual({ ok: true, value: blocks });
      }),
    );
  });

  test("for those who do not know engines has the justification of GRANDPA alone", () => {
    for (const justification of [h32, new Uint8Array(0)]) {
      const justifications = [
        { engine: "BEEF", justification: Uint8Array.of(1) },
        { engine: "FRNK", justification },
      ];
      const blocks = [{ hash: h32, header: undefined, body: [], justifications }];
      const bytes = encodeBlockResponse(blocks, { namesEngines: false });
      expect(decodeBlockResponse(bytes)).toMatchObject({
        value: [{ justifications: [{ engine: "FRNK", justification }] }],
      });
    }
  });

  test("with a block that has no hash, or nonsense for justifications, is refused", () => {
    expect(decodeBlockResponse(fromHex("0x0a00"))).toEqual(malformed("missing-field"));
    const nonsense = concatBytes(fromHex("0x0a250a20"), h32, fromHex("0x420104"));
    expect(decodeBlockResponse(nonsense)).toEqual(malformed("truncated"));
  });

  test("of more blocks than any answer has is refused", () => {
    const one: BlockData = { hash: h32, header: undefined, body: [], justifications: [] };
    const bytes = encodeBlockResponse(Array(129).fill(one), { namesEngines: true });
    expect(decodeBlockResponse(bytes)).toEqual(malformed("too-many-items"));
  });
});

describe("an answer to a block request", () => {
  const header = (number: number, parentHash: Uint8Array = h32): Header => ({
    parentHash,
    number,
    stateRoot: h32,
    extrinsicsRoot: h32,
    digest: [],
  });
  const chain: Header[] = [header(5)];
  for (let number = 6; number < 9; number++) chain.push(header(number, headerHash(chain.at(-1)!)));
  const data = (one: Header): BlockData => ({
    hash: headerHash(one),
    header: encodeHeader(one),
    body: [],
    justifications: [],
  });
  const upwards: BlockRequest = {
    parts: { header: true, body: false, justification: false },
    from: { number: 5 },
    direction: "ascending",
    maxBlocks: 4,
    namesEngines: true,
  };
  const downwards: BlockRequest = {
    ...upwards,
    from: { hash: headerHash(chain[3]!) },
    direction: "descending",
  };
  const blocks = chain.map(data);
  const reversed = [...blocks].reverse();

  test("is taken when it is one, also when it is shorter or empty", () => {
    expect(checkBlockResponse(upwards, blocks)).toMatchObject({ ok: true });
    expect(checkBlockResponse(downwards, reversed)).toMatchObject({ ok: true });
    expect(checkBlockResponse(upwards, blocks.slice(0, 2)).ok).toBe(true);
    expect(checkBlockResponse(upwards, [])).toEqual({ ok: true, value: [] });
  });

  test.each([
    ["too many blocks", "too-many", { ...upwards, maxBlocks: 3 }, blocks],
    ["blocks without headers", "no-header", upwards, [{ ...blocks[0]!, header: undefined }]],
    ["the hash of another block", "wrong-hash", upwards, [{ ...blocks[0]!, hash: h32 }]],
    ["another first block", "other-start", upwards, blocks.slice(1)],
    ["another first block, downwards", "other-start", downwards, reversed.slice(1)],
    ["the other direction", "not-a-chain", { ...upwards, direction: "descending" }, blocks],
    ["a hole", "not-a-chain", upwards, [blocks[0]!, blocks[2]!]],
    ["a foreign child", "not-a-chain", upwards, [blocks[0]!, data(header(6))]],
  ] as const)("with %s is refused", (_what, reason, request, answer) => {
    expect(checkBlockResponse(request, answer)).toEqual({
      ok: false,
      error: { code: "sync/not-asked-for", reason },
    });
  });

  test("with a header that is none is refused", () => {
    const encoded = Uint8Array.of(1, 2, 3);
    const nonsense = { ...blocks[0]!, header: encoded, hash: fromHex("0x") };
    expect(checkBlockResponse(upwards, [nonsense])).toMatchObject({
      error: { reason: "wrong-hash" },
    });
  });
});

describe("light requests and answers", () => {
  const request: fc.Arbitrary<LightRequest> = fc.oneof(
    fc.record({
      type: fc.constant("call" as const),
      block: hash,
      method: fc.string(),
      data: someBytes,
    }),
    fc.record({ type: fc.constant("read" as const), block: hash, keys: fc.array(someBytes) }),
    fc.record({
      type: fc.constant("read-child" as const),
      block: hash,
      childKey: someBytes,
      keys: fc.array(someBytes),
    }),
  );

  test("read back what was written", () => {
    fc.assert(
      fc.property(request, (value) => {
        expect(decodeLightRequest(encodeLightRequest(value))).toEqual({ ok: true, value });
      }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("call" as const, "read" as const),
        fc.option(fc.array(someBytes), { nil: undefined }),
        (type, proof) => {
          expect(decodeLightResponse(encodeLightResponse({ type, proof }))).toEqual({
            ok: true,
            value: { type, proof },
          });
        },
      ),
    );
  });

  test("are about one thing", () => {
    expect(decodeLightRequest(new Uint8Array(0))).toEqual(malformed("missing-field"));
    const read = encodeLightRequest({ type: "read", block: h32, keys: [] });
    const call = encodeLightRequest({ type: "call", block: h32, method: "a", data: h32 });
    expect(decodeLightRequest(concatBytes(read, call))).toEqual(malformed("repeated-field"));
    expect(decodeLightResponse(fromHex("0x0a001200"))).toEqual(malformed("repeated-field"));
    expect(decodeLightResponse(new Uint8Array(0))).toEqual(malformed("missing-field"));
    expect(decodeLightResponse(fromHex("0x1203120104"))).toEqual(malformed("truncated"));
  });
});

describe("state requests and answers", () => {
  test("read back what was written", () => {
    fc.assert(
      fc.property(
        fc.record({
          block: hash,
          start: fc.array(someBytes, { maxLength: 2 }),
          noProof: fc.boolean(),
        }),
        (value) => {
          expect(decodeStateRequest(encodeStateRequest(value))).toEqual({ ok: true, value });
        },
      ),
    );
    const trie = fc.record({
      stateRoot: someBytes,
      entries: fc.array(fc.record({ key: someBytes, value: someBytes })),
      isComplete: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.record({ tries: fc.array(trie), proof: someBytes }), (value) => {
        expect(decodeStateResponse(encodeStateResponse(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test("go no deeper than one child trie", () => {
    const start = [h32, h32, h32];
    expect(decodeStateRequest(encodeStateRequest({ block: h32, start, noProof: false }))).toEqual(
      malformed("too-many-items"),
    );
  });
});

describe("kad messages", () => {
  test("read back what was written", () => {
    const peer = fc.record({ id: someBytes, addresses: fc.array(someBytes, { maxLength: 16 }) });
    fc.assert(
      fc.property(
        fc.record({
          type: fc.constantFrom("FIND_NODE" as const, "PING" as const, "PUT_VALUE" as const),
          key: someBytes,
          closerPeers: fc.array(peer, { maxLength: 20 }),
        }),
        (value) => {
          expect(decodeKadMessage(encodeKadMessage(value))).toEqual({ ok: true, value });
        },
      ),
    );
  });

  test("of other kinds decode, with what they carry left out", () => {
    expect(decodeKadMessage(fromHex("0x080012020a0b1a020102500a"))).toEqual({
      ok: true,
      value: { type: "PUT_VALUE", key: Uint8Array.of(10, 11), closerPeers: [] },
    });
    expect(decodeKadMessage(fromHex("0x0806"))).toEqual(malformed("unknown-variant"));
  });
});

describe("notifications", () => {
  test("a handshake names a role that exists", () => {
    expect(toHex(encode(RoleHandshake, "authority"))).toBe("0x04");
    for (const byte of [0, 3, 5, 255])
      expect(decode(RoleHandshake, Uint8Array.of(byte)).ok).toBe(false);
    const handshake = { role: "light", bestNumber: 1, bestHash: h32, genesisHash: h32 } as const;
    expect(encode(BlockAnnounceHandshake, handshake).length).toBe(69);
  });

  test("an announce ends after its data", () => {
    const header: Header = {
      parentHash: h32,
      number: 1,
      stateRoot: h32,
      extrinsicsRoot: h32,
      digest: [],
    };
    const bytes = encode(BlockAnnounce, { header, isBest: true, data: new Uint8Array(0) });
    expect(toHex(bytes.subarray(-2))).toBe("0x0100");
    expect(decode(BlockAnnounce, bytes).ok).toBe(true);
    expect(decode(BlockAnnounce, concatBytes(bytes, Uint8Array.of(0))).ok).toBe(false);
    expect(decode(BlockAnnounce, bytes.subarray(0, -1)).ok).toBe(false);
  });

  test("extrinsics keep their length", () => {
    const extrinsics = [Uint8Array.of(8, 1, 2), Uint8Array.of(0), Uint8Array.of(4, 9)];
    const bytes = encode(GossipedExtrinsics, extrinsics);
    expect(toHex(bytes)).toBe("0x0c080102000409");
    expect(decode(GossipedExtrinsics, bytes)).toEqual({ ok: true, value: extrinsics });
    expect(decode(GossipedExtrinsics, fromHex("0x0408ff")).ok).toBe(false);
  });

  test("a chain's protocols have its genesis in their names", () => {
    expect(protocolName(h32, "sync")).toBe(`/${"07".repeat(32)}/sync/2`);
    expect(protocolName(h32, "warp")).toBe(`/${"07".repeat(32)}/sync/warp`);
  });
});
