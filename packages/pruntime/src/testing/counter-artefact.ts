/** An artefact for the fake engine: nothing of it is run, its manifest declares what a test wants declared. */
import { ARTEFACT_FORMAT } from "@pha/contract";
import { toHex, utf8 } from "@pha/scale";

const NO_HASH = `0x${"00".repeat(32)}`;

/** @param auditKey X25519; absent: the artefact declares none */
export function counterArtefact(auditKey: Uint8Array | undefined): Uint8Array {
  return utf8(
    JSON.stringify({
      format: ARTEFACT_FORMAT,
      name: "counter",
      version: "0.1.0",
      docs: "Counts.",
      engine: "javascript/1",
      state: [],
      commands: {},
      queries: {},
      errors: [],
      disclosures: {},
      ...(auditKey && { audit: toHex(auditKey) }),
      code: "",
      hashes: { code: NO_HASH, abi: NO_HASH },
    }),
  );
}
