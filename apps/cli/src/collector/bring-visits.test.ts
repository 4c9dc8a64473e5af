import { PhaError } from "@pha/scale";
import { expect, test, vi } from "vitest";
import { bringVisits, type VisitTarget } from "./bring-visits.ts";
import { createVisitQueue, type WaitingVisit } from "./visit-queue.ts";

function failure(code: string, facts: Record<string, string> = {}): PhaError {
  return new PhaError(code, code, { facts, hint: "of the test" });
}

function bringing(target: Partial<VisitTarget> = {}) {
  const queue = createVisitQueue();
  const commands: (readonly WaitingVisit[])[] = [];
  const pauses: number[] = [];
  const made = bringVisits(
    queue,
    {
      mayCollect: () => Promise.resolve(true),
      collect: (views) => {
        commands.push(views);
        return Promise.resolve({ counted: views.length, refused: 0 });
      },
      ...target,
    },
    (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  );
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const box = new Uint8Array(305);
      box[0] = 1;
      queue.add(box, `address-${i}`, 0);
      made.wake();
    }
  };
  return { made, queue, commands, pauses, add };
}

test("visits that come together go together, as many as a command takes", async () => {
  const { made, commands, add } = bringing();
  add(70);
  await vi.waitFor(() => expect(made.state.brought).toBe(70), { timeout: 20_000 });
  expect(commands.map((views) => views.length)).toEqual([32, 32, 6]);
  expect(made.state).toEqual({
    standing: "idle",
    brought: 70,
    refused: 0,
    dropped: 0,
    problem: undefined,
  });
});

test("boxes that the contract refuses are told apart", async () => {
  const { made, add } = bringing({
    collect: (views) => Promise.resolve({ counted: views.length - 2, refused: 2 }),
  });
  add(5);
  await vi.waitFor(() => expect(made.state).toMatchObject({ brought: 3, refused: 2 }), {
    timeout: 20_000,
  });
});

test("who is not appointed sends nothing, and begins when they are", async () => {
  let asked = 0;
  const { made, commands, add } = bringing({ mayCollect: () => Promise.resolve(++asked > 3) });
  add(2);
  await vi.waitFor(() => expect(made.state.brought).toBe(2), { timeout: 20_000 });
  expect(asked).toBe(4);
  expect(commands).toHaveLength(1);
});

test("an appointment that ended is noticed", async () => {
  let isAppointed = true;
  let asked = 0;
  const { made, queue, add } = bringing({
    mayCollect: () => {
      asked++;
      return asked > 20 ? new Promise(() => undefined) : Promise.resolve(isAppointed);
    },
    collect: () => {
      isAppointed = false;
      return Promise.reject(failure("contract/failed", { reason: "analytics/not-the-collector" }));
    },
  });
  add(1);
  await vi.waitFor(() => expect(made.state.standing).toBe("not-appointed"), { timeout: 20_000 });
  expect(queue.length).toBe(1);
  expect(made.state.problem).toBe("analytics/not-the-collector");
});

test("what was refused before it was included waits again, longer each time; what may be counted is not sent twice", async () => {
  const codes = ["rpc/unreachable", "chain/dispatch-failed", "contract/no-sealing-key"];
  const { made, queue, pauses, add } = bringing({
    collect: (views) => {
      const code = codes.shift();
      return code === undefined
        ? Promise.resolve({ counted: views.length, refused: 0 })
        : Promise.reject(failure(code));
    },
  });
  add(1);
  await vi.waitFor(() => expect(made.state.brought).toBe(1), { timeout: 20_000 });
  expect(pauses.filter((ms) => ms >= 1_000)).toEqual([1_000, 2_000, 4_000]);
  codes.push("command/no-reply");
  add(3);
  await vi.waitFor(() => expect(made.state.dropped).toBe(3), { timeout: 20_000 });
  expect(queue.length).toBe(0);
  expect(made.state).toMatchObject({ brought: 1, problem: "command/no-reply" });
});

test("a failure without a code has one here, and the visits wait", async () => {
  let fails = 2;
  const { made, add } = bringing({
    mayCollect: () => (fails-- > 0 ? Promise.reject(new Error("odd")) : Promise.resolve(true)),
  });
  add(1);
  await vi.waitFor(() => expect(made.state.brought).toBe(1), { timeout: 20_000 });
  let asked = 0;
  const never = bringing({
    mayCollect: () =>
      asked++ < 3 ? Promise.reject(new Error("odd")) : new Promise(() => undefined),
  });
  never.add(1);
  await vi.waitFor(() => expect(never.made.state.problem).toBe("collector/unexpected"), {
    timeout: 20_000,
  });
  expect(never.queue.length).toBe(1);
});

test("after it is stopped nothing begins, and what is on its way is waited for", async () => {
  let done: (() => void) | undefined;
  const { made, commands, add } = bringing({
    collect: (views) => {
      commands.push(views);
      return new Promise((resolve) => {
        done = () => resolve({ counted: views.length, refused: 0 });
      });
    },
  });
  add(1);
  await vi.waitFor(() => expect(commands).toHaveLength(1), { timeout: 20_000 });
  const stopped = made.stop();
  add(1);
  done?.();
  await stopped;
  expect(commands).toHaveLength(1);
  expect(made.state.brought).toBe(1);
});
