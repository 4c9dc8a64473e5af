/** What commands about evidence take: files, report data, pinned programs. */
import { readFile } from "node:fs/promises";
import { MAX_EVIDENCE_BYTES } from "@pha/attestation";
import { PhaError, parseHex } from "@pha/scale";
import type { TrustOptions } from "@pha/sdk";

/** Bytes as they are, or text in hex. */
export async function readEvidence(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new PhaError("usage/no-file", `the evidence's file ${path} cannot be read`, {
      cause,
      hint: "Give a file with evidence, as bytes or in hex.",
    });
  }
  // Hex of the longest evidence, and the end of a line.
  if (bytes.length > 2 * MAX_EVIDENCE_BYTES + 4)
    throw new PhaError("usage/too-long", `${path} is longer than any evidence`, {
      facts: { bytes: bytes.length, most: MAX_EVIDENCE_BYTES },
      hint: "Give one piece of evidence.",
    });
  const text = parseHex(Buffer.from(bytes).toString("latin1").trim());
  return text.ok && bytes.length > 0 ? text.value : bytes;
}

/** @throws PhaError `usage/bad-report-data` */
export function parseReportData(text: string): Uint8Array {
  const parsed = parseHex(text, 64);
  if (parsed.ok && parsed.value.length === 64) return parsed.value;
  throw new PhaError("usage/bad-report-data", "--report-data is not 64 bytes of hex", {
    hint: "Give the 64 bytes that the program was asked to bind, in hex.",
  });
}

/** Programs that the caller pins. @throws PhaError `usage/bad-measurement` */
export function trustOf(options: { readonly measurement?: readonly string[] }): TrustOptions {
  if (options.measurement === undefined) return {};
  return { measurements: options.measurement.map(parseMeasurement) };
}

export function parseMeasurement(text: string): Uint8Array {
  const parsed = parseHex(text, 32);
  if (parsed.ok && parsed.value.length === 32) return parsed.value;
  throw new PhaError("usage/bad-measurement", `${text} is not 32 bytes of hex`, {
    hint: "Give the digest of a program; `pha verify` shows those that run.",
  });
}
