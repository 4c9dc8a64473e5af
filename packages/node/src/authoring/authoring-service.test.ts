import { developmentPreset } from "@pha/runtime";
import { fail, PhaError } from "@pha/scale";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inherentDataAt } from "../chain/inherent-data.ts";
import { SILENT } from "../node-log.ts";
import { aDevChain, SLOT_MS } from "../testing/dev-chain.ts";
import { createSigner, testPair } from "../testing/signer.ts";
import { type AuthoringService, startAuthoring } from "./authoring-service.ts";

const { runtime } = developmentPreset();
const sink = testPair("//Sink").publicKey;
const START = 1_000_000;
let service: AuthoringService | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(async () => {
  await service?.stop();
  vi.useRealTimers();
});

/** Lets time pass, and what it caused come to its end: a block is built over several turns of the event loop. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A chain whose block 1 waits for two transactions, at most five slots. */
function held() {
  const node = aDevChain();
  const alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
  service = startAuthoring({
    ...node,
    runtime: node.development.runtime,
    log: SILENT,
    ready: () => node.store.ready(),
    slotDurationMs: SLOT_MS,
    onFailure: (error) => {
      throw error;
    },
    holdFirstBlock: { transactions: 2, maxMs: 5 * SLOT_MS },
  });
  let nonce = 0;
  const pay = () => node.pool.submit(alice.transfer(sink, 10_000_000_000n, nonce++));
  return { ...node, pay };
}

test("block 1 waits for its transactions and takes them all, in the slot in which the last one came", async () => {
  const { chain, pay } = held();
  await pass(1_500);
  pay();
  await pass(600);
  expect(chain.best.number).toBe(0);
  pay();
  await pass(10);
  expect(chain.best.number).toBe(1);
  // Timestamp and both transfers.
  expect(chain.body(chain.best.hash)).toHaveLength(3);
  await pass(SLOT_MS);
  expect(chain.best.number).toBe(2);
});

test("block 1 leaves time for what it causes: late in a slot it waits for the next", async () => {
  const { chain, pay } = held();
  await pass(1_700);
  pay();
  pay();
  await pass(200);
  expect(chain.best.number).toBe(0);
  await pass(200);
  expect(chain.best.number).toBe(1);
});

test("block 1 comes without its transactions when they take too long, and later blocks wait for nothing", async () => {
  const { chain } = held();
  await pass(4_900);
  expect(chain.best.number).toBe(0);
  await pass(1_200);
  expect(chain.best.number).toBeGreaterThanOrEqual(1);
  const { number } = chain.best;
  await pass(3 * SLOT_MS);
  expect(chain.best.number).toBe(number + 3);
});

test("a timer that fires early makes no second block in a slot, on whatever fork", async () => {
  const node = aDevChain({ follows: true });
  const twin = aDevChain({ follows: true });
  const slot = START / SLOT_MS;
  // Another branch, longer, of slots before.
  await twin.author(slot - 2);
  await twin.author(slot - 1);
  let lateMs = 0;
  const authored: number[] = [];
  service = startAuthoring({
    ...node,
    runtime: node.development.runtime,
    log: SILENT,
    ready: () => node.store.ready(),
    slotDurationMs: SLOT_MS,
    clock: () => Date.now() - lateMs,
    onAuthored: () => authored.push(Math.floor((Date.now() - lateMs) / SLOT_MS)),
    onFailure: (error) => {
      throw error;
    },
  });
  await pass(SLOT_MS);
  expect(authored).toEqual([slot + 1]);
  for (const { header, body } of twin.blocks()) {
    const context = { nowSlot: BigInt(slot + 1), inherentData: inherentDataAt(Date.now()) };
    expect(node.chain.importBlock(header, body, context).ok).toBe(true);
  }
  expect(node.chain.best.hash).toEqual(twin.chain.best.hash);
  lateMs = 2;
  await pass(SLOT_MS + 10);
  // The timer came two milliseconds before its slot, and again in it.
  expect(authored).toEqual([slot + 1, slot + 2]);
});

test("a node that is behind lets its slots pass, says so once, and goes on when it has caught up", async () => {
  const node = aDevChain();
  let isBehind = true;
  const told: string[] = [];
  service = startAuthoring({
    ...node,
    runtime: node.development.runtime,
    log: { ...SILENT, info: (_facts, text) => told.push(text) },
    ready: () => node.store.ready(),
    slotDurationMs: SLOT_MS,
    onFailure: (error) => {
      throw error;
    },
    isHeld: () => isBehind,
  });
  await pass(5 * SLOT_MS);
  expect(node.chain.best.number).toBe(0);
  isBehind = false;
  await pass(2 * SLOT_MS);
  expect(node.chain.best.number).toBe(2);
  expect(told).toEqual([
    "no blocks are made: those of others come first",
    "blocks are made from now on",
  ]);
});

test("a disabled validator says so once in a session, not in every slot", async () => {
  const node = aDevChain({ follows: true });
  await node.author(START / SLOT_MS);
  const refusals: object[] = [];
  let laterMs = 0;
  service = startAuthoring({
    ...node,
    runtime: {
      ...node.development.runtime,
      applyExtrinsic: () =>
        fail({ type: "Invalid", value: { type: "BadMandatory", value: undefined } }),
    },
    log: {
      ...SILENT,
      error: (facts) => {
        refusals.push(facts);
      },
    },
    ready: () => node.store.ready(),
    slotDurationMs: SLOT_MS,
    clock: () => Date.now() + laterMs,
    onFailure: (error) => {
      throw error;
    },
  });
  await pass(4 * SLOT_MS);
  expect(refusals).toEqual([{ slot: expect.any(Number), session: 0 }]);
  // The development chain's sessions have 200 slots.
  laterMs = 200 * SLOT_MS;
  await pass(4 * SLOT_MS);
  expect(refusals.slice(1)).toEqual([{ slot: expect.any(Number), session: 1 }]);
  expect(node.chain.best.number).toBe(1);
});

test("without the signer's answer the slot is missed, and the next one has a block", async () => {
  const node = aDevChain();
  const lines: object[] = [];
  const refusals = ["signer/ended", "signer/equivocation"];
  const orRefused = <T>(signed: () => Promise<T>): Promise<T> => {
    const code = refusals.shift();
    return code === undefined
      ? signed()
      : Promise.reject(new PhaError(code, "no signature", { hint: "none" }));
  };
  const { keystore } = node;
  service = startAuthoring({
    ...node,
    keystore: {
      ...keystore,
      draw: (key, input) =>
        lines.length === 0 ? orRefused(() => keystore.draw(key, input)) : keystore.draw(key, input),
      seal: (key, header) => orRefused(() => keystore.seal(key, header)),
    },
    runtime: node.development.runtime,
    log: { ...SILENT, error: (facts) => lines.push(facts) },
    ready: () => node.store.ready(),
    slotDurationMs: SLOT_MS,
    onFailure: (error) => {
      throw error;
    },
  });
  await pass(SLOT_MS);
  expect(lines).toMatchObject([{ code: "signer/ended" }]);
  await pass(SLOT_MS);
  expect(lines).toMatchObject([{ code: "signer/ended" }, { code: "signer/equivocation" }]);
  expect(node.chain.best.number).toBe(0);
  await pass(SLOT_MS);
  expect(node.chain.best.number).toBe(1);
});
