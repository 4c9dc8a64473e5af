import { expect, test } from "vitest";
import { attestationVectors, evidenceVerdicts } from "./attestation.ts";

const manifest = JSON.stringify({
  cases: [
    {
      id: "noise",
      kind: "tampered-nitro",
      files: { document: "noise.cbor" },
      verifyAt: "2025-01-01T00:00:00Z",
      expect: { cryptographicallyValid: false },
    },
  ],
});
const read = (): Uint8Array => Uint8Array.of(1, 2, 3);

/** Name → how the case ends. */
function run(otherHalf: typeof evidenceVerdicts): Readonly<Record<string, unknown>> {
  const cases = attestationVectors(manifest, read, otherHalf)?.cases ?? [];
  return Object.fromEntries(
    cases.map(({ name, run: check }) => {
      try {
        check();
        return [name, "pass"];
      } catch (error) {
        return [name, error instanceof Error ? error.message.split("\n")[0] : "no error"];
      }
    }),
  );
}

test("evidence passes when the other half of crypto says the same", () => {
  expect(run(evidenceVerdicts)).toEqual({ noise: "pass", "noise, in both halves": "pass" });
  expect([...evidenceVerdicts(manifest, read).values()].join()).toMatch("cbor/");
});

test("a half that says something else, or nothing, fails the case", () => {
  const different = "the web half says something else";
  for (const other of [new Map<string, string>(), new Map([["noise", '[{"ok":true}]']])])
    expect(run(() => other)).toEqual({ noise: "pass", "noise, in both halves": different });
});
