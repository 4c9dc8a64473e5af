import { describe, expect, test } from "vitest";
import { NaivePool } from "../testing/naive-pool.ts";
import { DEFAULT_POOL_LIMITS, type PoolLimits, type PoolTransaction } from "./transaction.ts";
import { TransactionPool } from "./transaction-pool.ts";

let nextId = 0;

/** A transaction of an account with a nonce, waiting for the nonce before unless it is the first. */
function aTransaction(
  sender: string,
  nonce: number,
  options: {
    priority?: number;
    size?: number;
    first?: number;
    longevity?: number;
    validatedAt?: number;
  } = {},
): PoolTransaction {
  const { priority = 1, size = 10, first = 0, longevity = 64, validatedAt = 0 } = options;
  return {
    id: `${sender}${nonce}#${nextId++}`,
    bytes: new Uint8Array(size),
    sender,
    validity: {
      priority: BigInt(priority),
      requires: nonce > first ? [`${sender}:${nonce - 1}`] : [],
      provides: [`${sender}:${nonce}`],
      longevity: BigInt(longevity),
      propagate: true,
    },
    validatedAt,
  };
}

const now = { nowMs: 0 };

function idsInOrder(pool: TransactionPool): string[] {
  const queue = pool.ready();
  const ids: string[] = [];
  for (let next = queue.next(); next; next = queue.next()) ids.push(next.id);
  return ids;
}

describe("the pool", () => {
  test("gives higher priorities first, but never a nonce before the one it follows", () => {
    const pool = new TransactionPool();
    const low = aTransaction("a", 0, { priority: 1 });
    const after = aTransaction("a", 1, { priority: 9 });
    const other = aTransaction("b", 0, { priority: 5 });
    for (const transaction of [after, low, other]) pool.submit(transaction, now);
    expect(idsInOrder(pool)).toEqual([other.id, low.id, after.id]);
  });

  test("keeps a nonce with a gap as future and makes it ready when the gap closes", () => {
    const pool = new TransactionPool();
    const late = aTransaction("a", 1);
    expect(pool.submit(late, now)).toEqual({ ok: true, value: [{ type: "future", id: late.id }] });
    const first = aTransaction("a", 0);
    expect(pool.submit(first, now)).toEqual({
      ok: true,
      value: [
        { type: "ready", id: first.id },
        { type: "ready", id: late.id },
      ],
    });
  });

  test("replaces a transaction by one of higher priority and refuses one of equal priority", () => {
    const pool = new TransactionPool();
    const old = aTransaction("a", 0, { priority: 5 });
    pool.submit(old, now);
    expect(pool.submit(aTransaction("a", 0, { priority: 5 }), now)).toMatchObject({
      error: { code: "pool/too-low-priority" },
    });
    const better = aTransaction("a", 0, { priority: 6 });
    const replaced = pool.submit(better, now);
    expect(replaced.ok && replaced.value).toContainEqual({
      type: "usurped",
      id: old.id,
      by: better.id,
    });
    expect(idsInOrder(pool)).toEqual([better.id]);
  });

  test("bans what was invalid until the ban ends", () => {
    const pool = new TransactionPool({ banMs: 100 });
    const bad = aTransaction("a", 0);
    pool.submit(bad, now);
    expect(pool.invalidate(bad.id, "invalid", 0)).toContainEqual({
      type: "invalid",
      id: bad.id,
      reason: "invalid",
    });
    expect(pool.submit(bad, { nowMs: 99 })).toMatchObject({
      error: { code: "pool/temporarily-banned" },
    });
    expect(pool.submit(bad, { nowMs: 100 }).ok).toBe(true);
  });

  test("refuses what it has, and what stands in a recent block under another id", () => {
    const pool = new TransactionPool();
    const here = aTransaction("a", 0);
    pool.submit(here, now);
    expect(pool.submit(here, now)).toEqual({
      ok: false,
      error: { code: "pool/already-imported" },
    });
    pool.onBlock({ id: "block", number: 1, included: [{ id: here.id, index: 0 }] });
    expect(pool.submit(aTransaction("a", 0), now)).toEqual({
      ok: false,
      error: { code: "pool/stale" },
    });
  });

  test("drops the least priority when it is full and refuses a newcomer that would be it", () => {
    const pool = new TransactionPool({ readyCount: 2 });
    const low = aTransaction("a", 0, { priority: 1 });
    pool.submit(low, now);
    pool.submit(aTransaction("b", 0, { priority: 3 }), now);
    expect(pool.submit(aTransaction("c", 0, { priority: 1 }), now)).toMatchObject({
      error: { code: "pool/full" },
    });
    const submitted = pool.submit(aTransaction("d", 0, { priority: 2 }), now);
    expect(submitted.ok && submitted.value).toContainEqual({ type: "dropped", id: low.id });
  });

  test("limits one sender and leaves room for others", () => {
    const pool = new TransactionPool({ perSender: 2 });
    pool.submit(aTransaction("a", 0), now);
    pool.submit(aTransaction("a", 1), now);
    expect(pool.submit(aTransaction("a", 2), now)).toMatchObject({
      error: { code: "pool/sender-limit", limit: 2 },
    });
    expect(pool.submit(aTransaction("b", 0), now).ok).toBe(true);
  });

  test("keeps the next nonce ready when a block takes the one before", () => {
    const pool = new TransactionPool();
    const first = aTransaction("a", 0);
    const second = aTransaction("a", 1);
    pool.submit(first, now);
    pool.submit(second, now);
    const events = pool.onBlock({ id: "B", number: 1, included: [{ id: first.id, index: 1 }] });
    expect(events).toEqual([{ type: "inBlock", id: first.id, block: "B", index: 1 }]);
    expect(idsInOrder(pool)).toEqual([second.id]);
    expect(pool.onFinalized("B")).toEqual([
      { type: "finalized", id: first.id, block: "B", index: 1 },
    ]);
  });

  test("ends what has outlived its longevity", () => {
    const pool = new TransactionPool();
    const mortal = aTransaction("a", 0, { longevity: 3 });
    pool.submit(mortal, now);
    for (let number = 1; number <= 3; number++)
      expect(pool.onBlock({ id: `${number}`, number, included: [] })).toEqual([]);
    expect(pool.onBlock({ id: "4", number: 4, included: [] })).toEqual([
      { type: "invalid", id: mortal.id, reason: "expired" },
    ]);
  });

  test("tells of retracted ones and makes those that relied on the block wait", () => {
    const pool = new TransactionPool();
    const first = aTransaction("a", 0);
    const second = aTransaction("a", 1);
    pool.submit(first, now);
    pool.submit(second, now);
    pool.onBlock({ id: "B", number: 1, included: [{ id: first.id, index: 1 }] });
    expect(pool.onRetracted("B")).toEqual([
      { type: "future", id: second.id },
      { type: "retracted", id: first.id, block: "B" },
    ]);
  });

  test("does not give what requires a transaction that was not taken", () => {
    const pool = new TransactionPool();
    const first = aTransaction("a", 0, { priority: 9 });
    const other = aTransaction("b", 0, { priority: 1 });
    for (const transaction of [first, aTransaction("a", 1, { priority: 9 }), other])
      pool.submit(transaction, now);
    const queue = pool.ready();
    expect(queue.next()?.id).toBe(first.id);
    queue.reject();
    expect(queue.next()?.id).toBe(other.id);
    expect(queue.next()).toBeUndefined();
  });
});

/** Numbers that look random and are the same on every run of a seed. */
function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % limit;
  };
}

describe("the pool against the naive one", () => {
  const limits: PoolLimits = {
    ...DEFAULT_POOL_LIMITS,
    readyCount: 12,
    readyBytes: 400,
    futureCount: 6,
    futureBytes: 200,
    perSender: 5,
    tagBlocks: 4,
    banMs: 20,
  };

  test.each(
    Array.from({ length: 40 }, (_, seed) => seed),
  )("agrees after every step, seed %i", (seed) => {
    const random = seeded(seed * 7_919 + 1);
    const pool = new TransactionPool(limits);
    const naive = new NaivePool(limits);
    const chain: { id: string; number: number }[] = [];
    const past: PoolTransaction[] = [];
    for (let step = 0; step < 200; step++) {
      const number = (chain.at(-1)?.number ?? 0) + 1;
      const known = naive.transactions;
      switch (random(10)) {
        case 0: {
          const included = naive
            .order()
            .slice(0, random(4))
            .map(({ id }, index) => ({ id, index }));
          const foreign = {
            id: `f${step}`,
            index: 9,
            provides: [`${"abc"[random(3)]}:${random(6)}`],
          };
          const block = {
            id: `B${step}`,
            number,
            included: random(3) === 0 ? [...included, foreign] : included,
          };
          chain.push(block);
          pool.onBlock(block);
          naive.onBlock(block);
          break;
        }
        case 1: {
          const block = random(2) === 0 ? chain.pop() : undefined;
          if (!block) break;
          pool.onRetracted(block.id);
          naive.onRetracted(block.number);
          break;
        }
        case 2: {
          const chosen = known[random(known.length + 1)];
          if (!chosen) break;
          pool.invalidate(chosen.id, "invalid", step);
          naive.invalidate(chosen.id, step);
          break;
        }
        case 3: {
          const chosen = known[random(known.length + 1)];
          if (!chosen) break;
          const requires = random(2) === 0 ? [] : [`${"abc"[random(3)]}:${random(6)}`];
          // A transaction that required its own tag would wait for itself for ever.
          if (requires.some((tag) => chosen.validity.provides.includes(tag))) break;
          const validity = { ...chosen.validity, requires };
          pool.revalidated(chosen.id, validity, number);
          naive.revalidated(chosen.id, validity, number);
          break;
        }
        default: {
          const again = random(8) === 0 ? past[random(past.length + 1)] : undefined;
          const transaction =
            again ??
            aTransaction("abcd"[random(4)] ?? "a", random(6), {
              priority: random(6),
              size: 5 + random(60),
              first: random(3),
              longevity: random(30),
              validatedAt: number - 1,
            });
          past.push(transaction);
          const submitted = pool.submit(transaction, { nowMs: step });
          const expected = naive.submit(transaction, step);
          expect(submitted.ok ? "ok" : submitted.error.code).toBe(expected);
        }
      }
      const ready = naive.ready();
      expect([...pool.all()].map(({ id }) => id)).toEqual(naive.transactions.map(({ id }) => id));
      expect(idsInOrder(pool)).toEqual(naive.order().map(({ id }) => id));
      expect(pool.size.readyCount).toBe(ready.length);
      expect(pool.size.futureCount).toBe(naive.transactions.length - ready.length);
    }
  });
});
