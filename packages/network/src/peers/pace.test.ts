import { describe, expect, test } from "vitest";
import { createPace, PACES, type PacedKind } from "./pace.ts";
import { createPeerBudget } from "./peer-budget.ts";

/** What a peer that goes by its pace may still be late by, in ms, without being a flood. */
const STALL_MS = 20_000;
const isRequest = (kind: PacedKind): kind is Exclude<PacedKind, "block-announces"> =>
  kind !== "block-announces";
// Keys of a table that is declared with these kinds.
const KINDS = Object.keys(PACES) as PacedKind[];

describe.each(KINDS)("the pace of %s", (kind) => {
  const taken = (budget: ReturnType<typeof createPeerBudget>, now: number): boolean =>
    isRequest(kind) ? budget.takeRequest(kind, 32, now) : budget.takeNotification(kind, 300, now);

  test("is within the budget of a peer, for ever", () => {
    const pace = createPace(0);
    const budget = createPeerBudget(0);
    let sent = 0;
    for (let now = 0; now < 60_000; ) {
      const wait = pace.take(kind, now);
      if (wait === 0) {
        expect(taken(budget, now)).toBe(true);
        sent++;
      }
      now += wait;
    }
    const { capacity, perSecond } = PACES[kind];
    expect(sent).toBeGreaterThan(0.9 * (capacity + 60 * perSecond));
    expect(sent).toBeLessThanOrEqual(capacity + 60 * perSecond);
  });

  test("leaves room for as many as are under way when they come together", () => {
    const pace = createPace(0);
    const budget = createPeerBudget(0);
    const { perSecond } = PACES[kind];
    // Requests wait for answers: no more are under way than may be. Announces do not.
    const most = isRequest(kind) ? 4 : (perSecond * STALL_MS) / 1000;
    let held = 0;
    for (let now = 0; now < 60_000; ) {
      const wait = pace.take(kind, now);
      if (wait === 0) held++;
      if (held >= most) while (held > 0 && taken(budget, now)) held--;
      expect(held).toBeLessThan(most);
      now += wait;
    }
  });
});
