import { expect, test } from "vitest";
import { toneOf, wholeTone } from "./tone.ts";

test("simulated evidence never looks verified, and a broken link looks broken whatever else it is", () => {
  expect(toneOf({ ok: true, facts: {} })).toBe("verified");
  expect(toneOf({ ok: true, facts: { teeClass: "tdx" } })).toBe("verified");
  expect(toneOf({ ok: true, facts: { teeClass: "simulated" } })).toBe("simulated");
  expect(toneOf({ ok: false, facts: { teeClass: "simulated" } })).toBe("broken");
  expect(wholeTone({ ok: true, simulated: false })).toBe("verified");
  expect(wholeTone({ ok: true, simulated: true })).toBe("simulated");
  expect(wholeTone({ ok: false, simulated: true })).toBe("broken");
});
