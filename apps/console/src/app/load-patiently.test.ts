import { expect, test } from "vitest";
import { loadPatiently } from "./load-patiently.ts";

test("a part that does not load at once is asked for again, after longer and longer pauses", async () => {
  const pauses: number[] = [];
  let asked = 0;
  const load = async (): Promise<string> => {
    asked++;
    if (asked < 3) throw new TypeError("a part did not load");
    return "part";
  };
  const pause = async (ms: number): Promise<void> => {
    pauses.push(ms);
  };
  expect(await loadPatiently(load, pause)).toBe("part");
  expect(pauses).toEqual([250, 500]);
});

test("a part that never loads is given up with its reason", async () => {
  let asked = 0;
  const load = async (): Promise<never> => {
    asked++;
    throw new TypeError(`attempt ${asked}`);
  };
  await expect(loadPatiently(load, async () => undefined)).rejects.toThrow("attempt 4");
  expect(asked).toBe(4);
});
