/**
 * Four validators, each a process of its own: they die, come back, and never finalize two blocks at one height.
 */
import { twox128 } from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  authorOf,
  bestOf,
  describe,
  FinalityObserver,
  finalizedOf,
  type LocalNetwork,
  type LocalNode,
  openLocalNetwork,
  VALIDATORS,
} from "./local-network.ts";
import { isLong, until } from "./start-devnet.ts";
import { rpc } from "./start-node.ts";

/** Blocks in which everyone authors, but for one run in two thousand. */
const BLOCKS_FOR_ALL = 32;
/** Time without finality that is watched. */
const STALL_MS = isLong ? 30_000 : 4_000;

let network: LocalNetwork;
let nodes: Record<(typeof VALIDATORS)[number], LocalNode>;
const observer = new FinalityObserver();
const alive = (): readonly LocalNode[] => network.nodes;
const plainHex = (bytes: Uint8Array): string => toHex(bytes).slice(2);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  network = await openLocalNetwork();
  const Alice = await network.start("Alice");
  const [Bob, Charlie, Dave] = await Promise.all([
    network.start("Bob"),
    network.start("Charlie"),
    network.start("Dave"),
  ]);
  nodes = { Alice, Bob, Charlie, Dave };
});
afterAll(() => network?.cleanUp());

/** Everyone who runs finalizes so many blocks more than anyone has by now. */
async function finalityGoesOn(blocks: number): Promise<void> {
  await observer.look(alive());
  const goal = observer.height + blocks;
  await until(`everyone finalizes block ${goal}`, async () => {
    await observer.look(alive());
    return (await Promise.all(alive().map(finalizedOf))).every((height) => height >= goal);
  }).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${await describe(alive())}`);
  });
  expect(observer.conflict).toBeUndefined();
}

test("all four make blocks, and all four finalize them", async () => {
  await finalityGoesOn(isLong ? 20 : 4);
  const authors = new Set<number>();
  for (let number = 1; authors.size < VALIDATORS.length && number <= BLOCKS_FOR_ALL; number++) {
    await until(`block ${number}`, async () => (await bestOf(nodes.Alice)) >= number);
    authors.add(await authorOf(nodes.Alice, number));
  }
  expect(authors.size).toBe(VALIDATORS.length);
});

test("one is killed: the other three finalize on", async () => {
  await nodes.Dave.kill();
  await finalityGoesOn(3);
});

test("a second is killed: blocks go on, nothing more is final", async () => {
  await nodes.Charlie.kill();
  // What was voted for by then may still arrive, however slow the machine is.
  await until("nothing more arrives", async () => {
    await observer.look(alive());
    const before = observer.height;
    await pause(1_500);
    await observer.look(alive());
    return observer.height === before;
  });
  const final = observer.height;
  const best = await bestOf(nodes.Alice);
  await pause(STALL_MS);
  await observer.look(alive());
  expect(observer.height).toBe(final);
  await until("the two that are left make blocks", async () => (await bestOf(nodes.Bob)) > best);
  expect(observer.conflict).toBeUndefined();
});

test("both come back with what they had: finality resumes, one block at each height", async () => {
  await Promise.all([network.start("Charlie"), network.start("Dave")]);
  await finalityGoesOn(3);
  expect(alive().length).toBe(4);
});

test("a validator that runs twice is reported by the others, and punished on chain", async () => {
  const offences = `0x${[twox128(utf8("Offences")), twox128(utf8("Reports"))].map(plainHex).join("")}`;
  const reports = () => rpc<string[]>(nodes.Bob.http, "state_getKeysPaged", offences, 10);
  expect(await reports()).toEqual([]);
  await network.start("Alice", { folder: "twin" });
  await until("Alice is reported", async () => (await reports()).length > 0);
  expect(observer.conflict).toBeUndefined();
  await finalityGoesOn(2);
});
