/** Artefacts around bare engine code, for tests. */
import { ARTEFACT_FORMAT } from "@pha/contract";
import { utf8 } from "@pha/scale";

const NO_HASH = `0x${"00".repeat(32)}`;

export function artefactOf(code: string, fields: { readonly engine?: string } = {}): Uint8Array {
  return utf8(
    JSON.stringify({
      format: ARTEFACT_FORMAT,
      name: "probe",
      version: "0.1.0",
      docs: "",
      engine: "javascript/1",
      state: [],
      commands: {},
      queries: {},
      errors: [],
      disclosures: {},
      code,
      hashes: { code: NO_HASH, abi: NO_HASH },
      ...fields,
    }),
  );
}
