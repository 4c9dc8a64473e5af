import { encodeExtrinsic } from "@pha/frame";
import { developmentPreset, PHA } from "@pha/runtime";
import { encode } from "@pha/scale";
import { beforeEach, describe, expect, test } from "vitest";
import { developmentChain } from "../preset-chain.ts";
import { aDevChain, type DevChain, FIRST_SLOT } from "../testing/dev-chain.ts";
import { createSigner, type TestSigner, testPair } from "../testing/signer.ts";
import { MAX_EXTRINSIC_BYTES } from "./pool-service.ts";
import type { PoolEvent } from "./transaction.ts";

const { runtime } = developmentPreset();
const sink = testPair("//Sink").publicKey;
/** Leaves half a PHA of the 100,000 of a development account. */
const ALMOST_ALL = 99_999n * PHA + PHA / 2n;
let node: DevChain;
let alice: TestSigner;
let events: PoolEvent[];

beforeEach(() => {
  node = aDevChain();
  alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
  events = [];
  node.pool.events.subscribe((event) => events.push(event));
});

const typesOf = (id: string) => events.filter((event) => event.id === id).map(({ type }) => type);

describe("the pool of a node", () => {
  test("puts a chain of nonces into one block, whatever the order of arrival", async () => {
    const nonces = [3, 1, 0, 2];
    const ids = nonces.map((nonce) =>
      node.pool.submit(alice.transfer(sink, 10_000_000_000n, nonce)),
    );
    await node.author();
    const body = node.chain.body(node.chain.best.hash) ?? [];
    expect(body).toHaveLength(5);
    for (const id of ids) expect(typesOf(id)).toEqual(expect.arrayContaining(["inBlock"]));
    expect(node.pool.size).toMatchObject({ readyCount: 0, futureCount: 0 });
  });

  test("leaves a nonce with a gap out of blocks until the gap closes", async () => {
    const late = node.pool.submit(alice.transfer(sink, 10_000_000_000n, 1));
    await node.author();
    expect(typesOf(late)).toEqual(["future"]);
    node.pool.submit(alice.transfer(sink, 10_000_000_000n, 0));
    await node.author();
    expect(typesOf(late)).toEqual(["future", "ready", "inBlock", "finalized"]);
  });

  test("prefers the higher tip of two accounts and replaces by tip within one", async () => {
    const bob = createSigner(runtime, node.chain.genesisHash, "//Bob");
    const cheap = node.pool.submit(alice.transfer(sink, 10_000_000_000n, 0));
    node.pool.submit(bob.transfer(sink, 10_000_000_000n, 0, 5_000_000_000n));
    const dear = node.pool.submit(alice.transfer(sink, 10_000_000_000n, 0, 9_000_000_000n));
    expect(typesOf(cheap)).toEqual(["ready", "usurped"]);
    await node.author();
    expect(typesOf(dear)).toEqual(["ready", "inBlock", "finalized"]);
    expect(events.find(({ id, type }) => id === dear && type === "inBlock")).toMatchObject({
      index: 1,
    });
  });

  test("ends a transaction that the one before it made unpayable", async () => {
    const bob = createSigner(runtime, node.chain.genesisHash, "//Bob");
    const first = node.pool.submit(bob.transfer(sink, ALMOST_ALL, 0));
    const second = node.pool.submit(bob.transfer(sink, 1_000_000_000n, 1, PHA));
    await node.author();
    expect(typesOf(first)).toEqual(["ready", "inBlock", "finalized"]);
    expect(typesOf(second)).toEqual(["ready", "invalid"]);
  });

  test("asks the runtime again about what waits for long", async () => {
    const bob = createSigner(runtime, node.chain.genesisHash, "//Bob");
    const waiting = node.pool.submit(bob.transfer(sink, 1_000_000_000n, 5, PHA));
    node.pool.submit(bob.transfer(sink, ALMOST_ALL, 0));
    for (let block = 0; block < 10; block++) await node.author();
    expect(typesOf(waiting)).toEqual(["future", "invalid"]);
  });
});

describe("a refusal says what is wrong and what to do", () => {
  const refused = (bytes: Uint8Array, expected: object) =>
    expect(() => node.pool.submit(bytes)).toThrow(expect.objectContaining(expected));

  test("to what is no extrinsic", () => {
    refused(new Uint8Array(MAX_EXTRINSIC_BYTES + 1), {
      code: "extrinsic/malformed",
      facts: { bytes: MAX_EXTRINSIC_BYTES + 1, maxBytes: MAX_EXTRINSIC_BYTES },
    });
    refused(Uint8Array.of(0), { code: "extrinsic/invalid", facts: { reason: "Call" } });
  });

  test("to what the runtime does not take", async () => {
    const foreign = createSigner(runtime, new Uint8Array(32), "//Alice");
    refused(foreign.transfer(sink, 1n, 0), {
      code: "extrinsic/invalid",
      facts: { reason: "BadProof" },
      hint: "check key, genesis hash, spec version and era of the signature",
    });
    const poor = createSigner(runtime, node.chain.genesisHash, "//Nobody");
    refused(poor.transfer(sink, 1n, 0), {
      code: "extrinsic/invalid",
      facts: { reason: "Payment" },
      hint: "the account needs enough balance for fee and tip",
    });
    const remark = runtime.tx.System.remark({ remark: new Uint8Array(1) });
    const bare = encodeExtrinsic(encode(runtime.format.call, remark));
    refused(bare, {
      code: "extrinsic/unknown-validity",
      facts: { reason: "NoUnsignedValidator" },
    });
  });

  test("to what it has, or had in a block", async () => {
    const first = alice.transfer(sink, 10_000_000_000n, 0);
    node.pool.submit(first);
    refused(first, { code: "pool/already-imported", hint: "it is in the pool: watch it or wait" });
    await node.author();
    refused(first, { code: "extrinsic/invalid", facts: { reason: "Stale" } });
  });
});

test("a block of transactions that the pool has asks for no signature again, one of copies does", async () => {
  const others = aDevChain();
  const sender = createSigner(runtime, others.chain.genesisHash, "//Alice");
  const sent = [0, 1, 2].map((nonce) => sender.transfer(sink, 10_000_000_000n, nonce));
  for (const bytes of sent) others.pool.submit(bytes);
  await others.author();
  const [block] = others.blocks();
  if (!block) throw new Error("a block was authored");
  const context = { nowSlot: BigInt(FIRST_SLOT + 1), inherentData: new Map() };
  for (const [ownCopies, asked] of [
    [true, 0],
    [false, 3],
  ] as const) {
    let count = 0;
    let isElsewhere = true;
    const verifySignature = Object.assign(
      () => {
        count++;
        return true;
      },
      // As of a thread that has verified what the pool was sent.
      { known: () => isElsewhere || undefined },
    );
    const own = aDevChain({ follows: true, development: developmentChain({ verifySignature }) });
    for (const bytes of sent) own.pool.submit(bytes.slice());
    isElsewhere = false;
    const body = ownCopies ? own.pool.ownCopies(block.body) : block.body;
    expect(body).toEqual(block.body);
    expect(own.chain.importBlock(block.header, body, context).ok).toBe(true);
    expect(count).toBe(asked);
    expect(own.pool.size).toMatchObject({ readyCount: 0, futureCount: 0 });
    expect(own.pool.ownCopies(block.body)).toBe(block.body);
  }
});
