/**
 * SGX enclaves under Gramine: quotes and sealing keys by way of `/dev/attestation`.
 *
 * The pseudo-files belong to the process, so requests must not mix: they are made one after the other.
 *
 * @see Gramine
 */
import { evidenceEnvelope } from "@pha/attestation";
import { hkdf } from "@pha/crypto";
import { PhaError, utf8, utf8ToText } from "@pha/scale";
import { quoteOf } from "./configfs-tsm.ts";
import { type DeviceFiles, patiently, systemFiles } from "./device-files.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";

export const GRAMINE_FOLDER = "/dev/attestation";
/** Of the enclave, not of its signer: another build of ours is another program. */
const SEALING_KEY = "keys/_sgx_mrenclave";
const SEALING_KEY_BYTES = 16;

export interface GramineOptions {
  readonly folder?: string;
  readonly files?: DeviceFiles;
}

/** `undefined` outside of Gramine. */
export async function openGramineProvider({
  folder = GRAMINE_FOLDER,
  files = systemFiles,
}: GramineOptions = {}): Promise<EvidenceProvider | undefined> {
  if (!(await files.exists(`${folder}/attestation_type`))) return undefined;
  const type = (utf8ToText(await files.read(`${folder}/attestation_type`)) ?? "").trim();
  if (type !== "dcap")
    throw new PhaError("provider/not-dcap", "Gramine's manifest asks for another attestation", {
      facts: { type },
      hint: 'Set sgx.remote_attestation = "dcap" in the manifest and sign it again.',
    });
  let last: Promise<unknown> = Promise.resolve();

  async function quote(reportData: Uint8Array): Promise<Uint8Array> {
    await files.write(`${folder}/user_report_data`, reportData);
    return quoteOf(await files.read(`${folder}/quote`));
  }

  return {
    name: "gramine",
    kind: "IntelSgxDcap",
    evidence(reportData) {
      const next = last.then(() => patiently(files, () => quote(reportData)));
      // The next request follows whatever becomes of this one.
      last = next.catch(() => undefined);
      return next.then((body) => evidenceEnvelope("IntelSgxDcap", body));
    },
    async sealingKey() {
      const key = await files.read(`${folder}/${SEALING_KEY}`);
      if (key.length !== SEALING_KEY_BYTES)
        throw new PhaError(
          "provider/bad-sealing-key",
          "Gramine gives no sealing key of the enclave",
          {
            facts: { bytes: key.length },
            hint: "Use a Gramine that has /dev/attestation/keys/_sgx_mrenclave.",
          },
        );
      return hkdf(key, new Uint8Array(0), utf8("sealing"), 32);
    },
  };
}
