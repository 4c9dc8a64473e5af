/** What one half of crypto makes of evidence of real hardware: in Node, in the web half under Node, and in Chromium. */
import { fromHex } from "@pha/scale";
import { evidenceVerdicts } from "../vectors/attestation.ts";

export interface EvidenceInput {
  /** Text of the manifest. */
  readonly manifest: string;
  /** Path below the manifest's folder → bytes in hex. */
  readonly files: Readonly<Record<string, string>>;
}

/** Case → everything that the verifiers told of it, as text. */
export function evidenceResults({ manifest, files }: EvidenceInput): Record<string, string> {
  return Object.fromEntries(evidenceVerdicts(manifest, (path) => fromHex(files[path] ?? "")));
}
