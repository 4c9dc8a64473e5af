import { afterAll, describe, expect, test } from "vitest";
import { MISBEHAVIOURS, type Misbehaviour } from "./sync-peers.ts";
import { SYNC_BUGS, simulateSync } from "./sync-world.ts";

/** `npm run test:long` runs the long form. */
const SEEDS = process.env["PHA_LONG"] === "1" ? 2_000 : 60;
const CHUNK = 20;
const CHUNK_TIMEOUT_MS = 300_000;
const MOST_SEEDS_FOR_A_BUG = 60;

const chunks = Array.from({ length: SEEDS / CHUNK }, (_, i) => i * CHUNK + 1);

describe("sync from honest and bad peers", () => {
  const seen = new Set<Misbehaviour>();
  const banned = new Set<Misbehaviour>();
  const totals = { imported: 0, finalized: 0, restarts: 0, lost: 0, early: 0 };

  test.each(chunks)(
    "is safe at every step, bounded, fair, and arrives: 20 seeds from %i",
    (first) => {
      for (let seed = first; seed < first + CHUNK; seed++) {
        const result = simulateSync(seed);
        // The message names the seed, which replays it.
        expect(result.violation, `seed ${seed}`).toBeUndefined();
        for (const one of result.misbehaviours) seen.add(one);
        for (const one of result.banned) banned.add(one);
        totals.imported += result.imported;
        totals.finalized += result.finalized;
        totals.restarts += result.restarts;
        totals.lost += result.lost;
        totals.early += result.early;
      }
    },
    CHUNK_TIMEOUT_MS,
  );

  afterAll(() => {
    console.info(`${SEEDS} seeds`, totals, { banned: [...banned] });
  });

  test.each(MISBEHAVIOURS)("happened with a peer that %s", (misbehaviour) => {
    expect(seen).toContain(misbehaviour);
  });

  test.each([
    "sends forged blocks of a longer chain",
    "sends good headers with other bodies",
    "sends forged proofs of finality",
    "answers nonsense",
    "answers what was not asked",
    "answers requests that were never made",
  ] as const)("bans who %s", (misbehaviour) => {
    expect(banned).toContain(misbehaviour);
  });

  test("finalized, lost answers, restarted and waited for slots on the way", () => {
    for (const total of Object.values(totals)) expect(total).toBeGreaterThan(0);
  });
});

test.each([3, 17])("seed %i replays byte for byte", (seed) => {
  const first = simulateSync(seed);
  expect(simulateSync(seed).digest).toBe(first.digest);
  expect(simulateSync(seed + 1).digest).not.toBe(first.digest);
});

test.each(SYNC_BUGS)("notices a node that %s", (bug) => {
  let seed = 1;
  while (simulateSync(seed, bug).violation === undefined && seed < MOST_SEEDS_FOR_A_BUG) seed++;
  expect(simulateSync(seed, bug).violation).toBeDefined();
});
