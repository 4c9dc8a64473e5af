import { concatBytes, fromHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  deriveSimulatedRoot,
  EVIDENCE_KINDS,
  isSimulatedLine,
  MAX_EVIDENCE_BYTES,
  makerOf,
  makeSimulatedEvidence,
  SIMULATED_LINES,
  verifyEvidence,
} from "./index.ts";

const rootSeed = new Uint8Array(32).fill(7);
const root = deriveSimulatedRoot(rootSeed);
const reportData = new Uint8Array(64).fill(3);
const now = 1_800_000_000_000n;
const made = {
  rootSeed,
  measurement: new Uint8Array(32).fill(1),
  platformId: new Uint8Array(32).fill(2),
  reportData,
  issuedAtMs: now - 1000n,
};
const bytes = makeSimulatedEvidence(made);
const good = { bytes, simulatedRoot: root, now, expectedReportData: reportData };

function codeOf(input: Parameters<typeof verifyEvidence>[0]): string {
  const result = verifyEvidence(input);
  return result.ok ? "ok" : result.error.code;
}

describe("simulated evidence", () => {
  test("tells what was put into it and that it is simulated", () => {
    const result = verifyEvidence(good);
    expect(result).toEqual({
      ok: true,
      value: {
        vendor: "simulated",
        teeClass: "simulated",
        confidence: 128,
        measurement: made.measurement,
        platformId: made.platformId,
        svn: 1,
        debug: false,
        reportData,
        issuedAtMs: made.issuedAtMs,
        line: "simulated",
        attributes: [],
        advisoryIds: [],
        isNamed: true,
        programSvn: 0,
        signer: undefined,
        validUntilMs: undefined,
      },
    });
  });

  test("tells the maker that the platform plays, each of them one of its own", () => {
    const makers = SIMULATED_LINES.map((line) => {
      const result = verifyEvidence({ ...good, bytes: makeSimulatedEvidence({ ...made, line }) });
      expect(result.ok && result.value).toMatchObject({
        line,
        vendor: "simulated",
        teeClass: "simulated",
        confidence: 128,
      });
      return makerOf(line);
    });
    expect(new Set(makers).size).toBe(4);
    expect(SIMULATED_LINES.every(isSimulatedLine)).toBe(true);
    expect(isSimulatedLine("intel-sgx")).toBe(false);
  });

  test("does not exist for a verifier without a development root", () => {
    expect(codeOf({ ...good, simulatedRoot: undefined })).toBe("evidence/unknown-kind");
  });

  test("of another chain's root is refused", () => {
    expect(codeOf({ ...good, simulatedRoot: deriveSimulatedRoot(new Uint8Array(32)) })).toBe(
      "evidence/bad-signature",
    );
  });

  test("is refused for other report data", () => {
    expect(codeOf({ ...good, expectedReportData: new Uint8Array(64) })).toBe(
      "evidence/other-report-data",
    );
  });

  test("is refused when it comes from the future beyond the skew of clocks", () => {
    expect(codeOf({ ...good, now: made.issuedAtMs - 60_000n })).toBe("ok");
    expect(codeOf({ ...good, now: made.issuedAtMs - 60_001n })).toBe("evidence/from-the-future");
  });

  test("is refused with any bit of any byte flipped", () => {
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(codeOf({ ...good, bytes: changed }), `byte ${at}`).not.toBe("ok");
    }
  });

  test("of another version is refused, naming it", () => {
    const later = bytes.slice();
    later[1] = 3;
    expect(verifyEvidence({ ...good, bytes: later })).toEqual({
      ok: false,
      error: { code: "evidence/unknown-version", version: 3 },
    });
  });

  test("is refused at every other length", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(codeOf({ ...good, bytes: bytes.subarray(0, length) })).toMatch(
        /^evidence\/(unknown-kind|malformed)$/,
      );
    expect(codeOf({ ...good, bytes: concatBytes(bytes, fromHex("0x00")) })).toBe(
      "evidence/malformed",
    );
  });

  test("is bounded in size", () => {
    expect(codeOf({ ...good, bytes: new Uint8Array(MAX_EVIDENCE_BYTES + 1).fill(255) })).toBe(
      "evidence/too-long",
    );
  });

  test("kinds without a verifier are unknown, not accepted", () => {
    for (const kind of Object.values(EVIDENCE_KINDS).filter((k) => k !== 255))
      expect(codeOf({ ...good, bytes: concatBytes(Uint8Array.of(kind), bytes.subarray(1)) })).toBe(
        "evidence/unknown-kind",
      );
  });
});
