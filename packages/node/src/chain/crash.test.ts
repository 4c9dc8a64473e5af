/**
 * The disk dies at every single write, of genesis, import, finality and the pruning of forks. The next start has what
 * an observer saw final, serves only states that hash to their headers' roots, and goes on.
 */
import { env } from "node:process";
import { Justification } from "@pha/consensus";
import { developmentPreset } from "@pha/runtime";
import { decode, equalBytes, toHex } from "@pha/scale";
import { createProof, verifyProof } from "@pha/state";
import { beforeAll, describe, expect, test } from "vitest";
import type { BackingStore } from "../database/backing-store.ts";
import { checkDatabase } from "../database/check-database.ts";
import { ABANDONED_PREFIX } from "../database/columns.ts";
import { type JournaledStore, openJournaledStore } from "../database/journaled-store.ts";
import type { Pruning } from "../database/pruning.ts";
import { genesisAuthoritySet } from "../finality/genesis-authorities.ts";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import { FaultDisk } from "../testing/fault-disk.ts";
import { createSigner, type TestSigner, testPair } from "../testing/signer.ts";
import { inherentDataAt } from "./inherent-data.ts";

/** Every write of a pruned database alone is in `state-window.test.ts`; here a part, all of them in the long form. */
const stepOf = (pruning: Pruning): number =>
  pruning === "archive" || env["PHA_LONG"] === "1" ? 1 : 9;
const { runtime } = developmentPreset();
const target = testPair("//Sink").publicKey;
let signer: TestSigner;
let abandoned: DevChain;
let lasting: DevChain;

beforeAll(async () => {
  abandoned = aDevChain();
  lasting = aDevChain();
  signer = createSigner(runtime, lasting.chain.genesisHash, "//Alice");
  await authorSome(abandoned, 2);
  await authorSome(lasting, 4);
});

function openOn(disk: FaultDisk, backing: BackingStore = disk.backing()): JournaledStore {
  return openJournaledStore({ backing, files: disk.journal(), onFailure: () => {} });
}

/** Blocks with a transfer each. */
async function authorSome(node: DevChain, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    node.pool.submit(signer.transfer(target, 10_000_000_000n, node.chain.best.number));
    await node.author();
  }
}

/** Asks for proofs of everything, as a client would, of all blocks the node knows. */
function expectProvenStates({ chain }: DevChain, hashes: readonly (Uint8Array | undefined)[] = []) {
  const best = Array.from({ length: chain.best.number + 1 }, (_, number) => chain.hashAt(number));
  let proven = 0;
  for (const hash of [...best, ...hashes]) {
    const header = hash && chain.header(hash);
    if (!header) throw new Error("a known block has a header");
    if (!chain.hasStateOf(header)) continue;
    proven++;
    const state = chain.stateOf(header);
    const keys = state.keys(new Uint8Array(0));
    const proof = createProof(state, keys);
    const view = verifyProof({ root: header.stateRoot, proof });
    expect(view.ok ? "proven" : view.error.code, `state of block ${header.number}`).toBe("proven");
    const isSame = (key: Uint8Array): boolean => {
      const proven = view.ok ? view.value.get(key) : view;
      const served = state.get(key);
      return proven.ok && !!proven.value && !!served && equalBytes(proven.value, served);
    };
    expect(keys.filter((key) => !isSame(key))).toEqual([]);
  }
  return proven;
}

/** Of an archive the states of all blocks; of a pruned database those that it keeps, counted right. */
function expectKeptStates(node: DevChain): void {
  const { pruning } = node.database;
  const { best, finalized } = node.chain;
  const from = pruning === "archive" ? 0 : Math.max(0, finalized.number - pruning + 1);
  const proven = expectProvenStates(node);
  if (pruning === "archive") expect(proven).toBe(best.number + 1);
  else {
    expect(proven).toBeGreaterThanOrEqual(best.number - from + 1);
    expect(checkDatabase(node.store).faults).toEqual([]);
  }
}

function expectWholeChain({ chain }: DevChain): void {
  for (let number = 1; number <= chain.finalized.number; number++) {
    const hash = chain.hashAt(number);
    expect(hash && chain.body(hash)).toHaveLength(2);
    expect(hash && chain.justification(hash)).toBeDefined();
  }
}

describe("an authority whose disk dies at any write", () => {
  const BLOCKS = 2;

  /** Numbers that an observer saw final and best before the end. */
  async function run(
    disk: FaultDisk,
    pruning: Pruning,
  ): Promise<{ finalized: number; best: number }> {
    const seen = { finalized: 0, best: 0 };
    try {
      const node = aDevChain({ store: openOn(disk), pruning });
      node.chain.events.subscribe((event) => {
        if (event.type === "finalized") seen.finalized = node.chain.finalized.number;
        if (event.type === "best") seen.best = event.block.number;
      });
      await authorSome(node, BLOCKS);
    } catch {
      // Died: the next start shows what is left.
    }
    return seen;
  }

  test.each([
    ["process", "archive"],
    ["machine", "archive"],
    ["machine", 1],
  ] as const)(
    "starts again with all that was seen, proves every state and goes on: the %s ended, pruning %s",
    async (died, pruning) => {
      const whole = new FaultDisk();
      expect(await run(whole, pruning)).toEqual({ finalized: BLOCKS, best: BLOCKS });
      expect(whole.points).toBeGreaterThan(20);
      for (let dieAt = 1; dieAt <= whole.points; dieAt += stepOf(pruning)) {
        const disk = new FaultDisk({ dieAt });
        const seen = await run(disk, pruning);
        const survivor = disk.survivor({ died, torn: (dieAt * 37) % 400 });
        const store = openOn(survivor);
        const node = aDevChain({ store, pruning });
        expect(node.chain.finalized.number).toBeGreaterThanOrEqual(seen.finalized);
        expect(node.chain.best.number).toBeGreaterThanOrEqual(seen.best);
        expectKeptStates(node);
        const { number } = node.chain.best;
        await authorSome(node, 1);
        expect(node.chain.finalized.number).toBe(number + 1);
        expectKeptStates(node);
        expectWholeChain(node);
        await store.close();
        // What came from the journal is in the database now, under the hashes that it has.
        const again = aDevChain({ store: openOn(survivor.survivor({ torn: 0 })) });
        expect(again.chain.finalized).toEqual(node.chain.finalized);
        expectKeptStates(again);
      }
    },
    120_000,
  );

  test("proves every state when the database never got anything, start after start", async () => {
    let disk = new FaultDisk();
    for (let start = 1; start <= 4; start++) {
      const behind: BackingStore = { ...disk.backing(), write: () => new Promise<never>(() => {}) };
      const node = aDevChain({ store: openOn(disk, behind) });
      expect(node.chain.finalized.number).toBe((start - 1) * 2);
      await authorSome(node, 2);
      expectKeptStates(node);
      disk = disk.survivor({ torn: 0 });
    }
  });
});

test("an authority that restarts within a slot makes no second block for it", async () => {
  const disk = new FaultDisk();
  await authorSome(aDevChain({ store: openOn(disk) }), 2);
  const again = aDevChain({ store: openOn(disk.survivor({ torn: 0 })) });
  await again.author(FIRST_SLOT + 1);
  expect(again.chain.best.number).toBe(2);
  await again.author(FIRST_SLOT + 2);
  expect(again.chain.best.number).toBe(3);
});

describe("a follower whose disk dies at any write while a fork is pruned", () => {
  const set = () => genesisAuthoritySet(lasting.development.spec);

  /** Imports the short branch, then the long one, and hears that its second block is final. */
  function follow(node: DevChain): void {
    for (const { header, body } of [...abandoned.blocks(), ...lasting.blocks()]) {
      const imported = node.chain.importBlock(header, body, {
        nowSlot: BigInt(FIRST_SLOT + header.number + 10),
        inherentData: inherentDataAt((FIRST_SLOT + header.number) * SLOT_MS),
      });
      if (imported.ok) continue;
      // Known from before the crash, or pruned then.
      expect([
        "import/known",
        "fork-tree/unknown-parent",
        "fork-tree/not-above-finalized",
      ]).toContain(imported.error.code);
    }
    const hash = lasting.chain.hashAt(2);
    const encoded = hash && lasting.chain.justification(hash);
    const justification = encoded && decode(Justification, encoded);
    if (!hash || !justification?.ok) throw new Error("the block is final where it was made");
    if (node.chain.finalized.number === 2) return;
    expect(node.chain.finalize({ hash, number: 2 }, justification.value, set()).ok).toBe(true);
  }

  test.each([
    "archive",
    1,
  ] as const)("has both branches or one, never a half; the same end after another try: pruning %s", async (pruning) => {
    const whole = new FaultDisk();
    const store = openOn(whole);
    follow(aDevChain({ store, pruning, follows: true }));
    await store.close();
    expect(whole.points).toBeGreaterThan(20);
    let pruned = 0;
    for (let dieAt = 1; dieAt <= whole.points; dieAt += stepOf(pruning)) {
      const disk = new FaultDisk({ dieAt });
      try {
        const first = openOn(disk);
        follow(aDevChain({ store: first, pruning, follows: true }));
        await first.close();
      } catch (error) {
        if (error instanceof Error && error.name === "AssertionError") throw error;
      }
      const node = aDevChain({
        store: openOn(disk.survivor({ torn: dieAt % 100 })),
        pruning,
        follows: true,
      });
      expectKeptStates(node);
      const before = node.chain.unfinalized().length;
      if (node.chain.finalized.number === 2) {
        pruned++;
        expect(before).toBe(2);
      } else expect(node.chain.finalized.number).toBe(0);
      follow(node);
      expect(toHex(node.chain.best.hash)).toBe(toHex(lasting.chain.best.hash));
      expect(node.chain.unfinalized().map(({ number }) => number)).toEqual([3, 4]);
      const left = abandoned.blocks().map((_, index) => abandoned.chain.hashAt(index + 1));
      const known = left.filter((hash) => hash && node.chain.header(hash));
      const proven = expectProvenStates(node, known);
      expectKeptStates(node);
      if (pruning === "archive") expect(proven).toBe(5 + known.length);
      else expect(node.store.keys(ABANDONED_PREFIX)).toEqual([]);
    }
    expect(pruned).toBeGreaterThan(0);
  });
});
