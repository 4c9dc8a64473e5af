import { PhaError } from "@pha/scale";
import { describe, expect, test } from "vitest";
import type { ReachableReplica } from "../client.ts";
import { agreedAnswer, firstAnswer } from "./ask-replicas.ts";
import type { VerifiedAnswer } from "./query.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

const replica = (boot: number, operator: number): ReachableReplica =>
  ({ boot: { boot: filled(boot) }, operator: filled(operator) }) as unknown as ReachableReplica;

const answerOf = (value: number, boot: Uint8Array): VerifiedAnswer =>
  ({
    outcome: { type: "Ok", value: Uint8Array.of(value) },
    root: filled(9),
    boot,
  }) as unknown as VerifiedAnswer;

/** Each replica answers its own value, or fails. */
function asking(values: Readonly<Record<number, number | PhaError>>) {
  const asked: number[] = [];
  const ask = async ({ boot }: ReachableReplica): Promise<VerifiedAnswer> => {
    const [number = 0] = boot.boot;
    asked.push(number);
    const value = values[number];
    if (typeof value !== "number") throw value;
    return answerOf(value, boot.boot);
  };
  return { asked, ask };
}

const gone = new PhaError("worker/unreachable", "gone", { hint: "ask another" });

describe("one answer", () => {
  const replicas = [replica(1, 1), replica(2, 2), replica(3, 3)];

  test("is had as long as one replica gives it, whichever is asked first", async () => {
    for (let i = 0; i < 20; i++) {
      const { ask } = asking({ 1: gone, 2: gone, 3: 7 });
      const { answer, agreed } = await firstAnswer(replicas, ask);
      expect([answer.boot, agreed]).toEqual([filled(3), 1]);
    }
  });

  test("is not looked for elsewhere when the client itself is at fault", async () => {
    const expired = new PhaError("certificate/expired", "over", { hint: "sign again" });
    const { ask, asked } = asking({ 1: expired, 2: expired, 3: expired });
    await expect(firstAnswer(replicas, ask)).rejects.toBe(expired);
    expect(asked).toHaveLength(1);
  });
});

describe("agreement", () => {
  test("is that of operators: one that runs two replicas has one voice", async () => {
    const liar = [replica(1, 1), replica(2, 1), replica(3, 2)];
    const { ask } = asking({ 1: 6, 2: 6, 3: 7 });
    // The weakened form counts replicas and believes the operator who runs two.
    const weak = await agreedAnswer(liar, ask, { agree: 2, byOperator: false });
    expect(weak).toMatchObject({ agreed: 2, answer: { outcome: { value: Uint8Array.of(6) } } });
    const strict = agreedAnswer(liar, ask, { agree: 2, byOperator: true });
    await expect(strict).rejects.toMatchObject({ code: "answer/no-agreement" });
  });

  test("is had in spite of replicas that are gone or lie, as long as enough operators are there", async () => {
    const replicas = [replica(1, 1), replica(2, 2), replica(3, 3), replica(4, 4)];
    const { ask } = asking({ 1: 7, 2: gone, 3: 6, 4: 7 });
    const { answer, agreed } = await agreedAnswer(replicas, ask, { agree: 2, byOperator: true });
    expect([answer.outcome.value, agreed]).toEqual([Uint8Array.of(7), 2]);
  });

  test("of more operators than are in reach is refused before anybody is asked", async () => {
    const { ask, asked } = asking({ 1: 7, 2: 7 });
    const options = { agree: 2, byOperator: true };
    await expect(agreedAnswer([replica(1, 1), replica(2, 1)], ask, options)).rejects.toMatchObject({
      code: "answer/too-few-operators",
      facts: { operators: 1 },
    });
    expect(asked).toEqual([]);
  });
});
