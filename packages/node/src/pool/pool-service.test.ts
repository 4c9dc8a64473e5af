import { developmentPreset, PHA } from "@pha/runtime";
import { beforeEach, describe, expect, test } from "vitest";
import { aDevChain, type DevChain } from "../testing/dev-chain.ts";
import { createSigner, type TestSigner, testPair } from "../testing/signer.ts";
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
