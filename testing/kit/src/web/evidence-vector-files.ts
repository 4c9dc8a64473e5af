/** Evidence of real hardware to give to a page, where the third-party vectors lie beside the checkout. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "@pha/scale";
import { listedCases, pathsOf } from "../vectors/attestation/manifest.ts";
import { ROOT } from "../workspace/files.ts";
import type { EvidenceInput } from "./evidence-results.ts";

const FOLDER = join(ROOT, "..", "shared", "vectors", "attestation");

/** `undefined` without the third-party vectors. */
export function evidenceVectorFiles(): EvidenceInput | undefined {
  const path = join(FOLDER, "manifest.json");
  if (!existsSync(path)) return undefined;
  const manifest = readFileSync(path, "utf8");
  const paths = new Set((listedCases(manifest) ?? []).flatMap(pathsOf));
  return {
    manifest,
    files: Object.fromEntries(
      [...paths].map((name) => [name, toHex(new Uint8Array(readFileSync(join(FOLDER, name))))]),
    ),
  };
}
