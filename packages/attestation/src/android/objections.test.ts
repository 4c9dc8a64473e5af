import { expect, test } from "vitest";
import { makeDescription, property, rootOfTrust, usualHardware } from "../testing/android.ts";
import { nothing, unsigned } from "../x509/der-writer.ts";
import { objectionsToAndroid } from "./objections.ts";
import { parseKeyDescription } from "./parse.ts";

function objections(hardware: readonly Uint8Array[], level = 1): readonly string[] {
  const parsed = parseKeyDescription(makeDescription({ hardware, level }));
  if (!parsed.ok) throw new Error(parsed.error.code);
  return objectionsToAndroid(parsed.value);
}
const generated = property(702, unsigned(0));

test("a locked device with a verified system has none", () => {
  expect(objections(usualHardware)).toEqual([]);
  expect(objections(usualHardware, 2)).toEqual([]);
});

test.each([
  ["software", usualHardware, 0],
  ["no-root-of-trust", [generated], 1],
  ["unlocked", [generated, rootOfTrust({ locked: false })], 1],
  ["boot-not-verified", [generated, rootOfTrust({ state: 1 })], 1],
  ["no-boot-key", [generated, rootOfTrust({ key: new Uint8Array(32) })], 1],
  ["no-boot-key", [generated, rootOfTrust({ key: new Uint8Array(0) })], 1],
  ["key-not-generated", [property(702, unsigned(2)), rootOfTrust()], 1],
  ["key-not-generated", [rootOfTrust()], 1],
  ["all-applications", [property(600, nothing()), generated, rootOfTrust()], 1],
] as const)("%s", (objection, hardware, level) =>
  expect(objections(hardware, level)).toEqual([objection]));
