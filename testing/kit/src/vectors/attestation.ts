/** Evidence of real hardware: a folder with a manifest, whose cases name their files. */
import { checkAndroid } from "./attestation/android.ts";
import { checkCca, checkPsa } from "./attestation/arm.ts";
import { checkDcap } from "./attestation/dcap.ts";
import { checkIas } from "./attestation/ias.ts";
import { listedCases, type ManifestCase, pathsOf, readCase } from "./attestation/manifest.ts";
import { checkNitro } from "./attestation/nitro.ts";
import { checkSnp } from "./attestation/snp.ts";
import { checkAzureSnp, checkTpm } from "./attestation/tpm.ts";
import type { VectorCase } from "./vector-case.ts";

/** Kind → its check, which throws when the case fails. */
const KINDS: Readonly<Record<string, (one: ManifestCase) => undefined>> = {
  "intel-sgx-dcap": checkDcap,
  "intel-tdx-dcap": checkDcap,
  "tampered-dcap": checkDcap,
  "intel-sgx-ias": checkIas,
  "tampered-ias": checkIas,
  "amd-sev-snp": checkSnp,
  "tampered-snp": checkSnp,
  "aws-nitro": checkNitro,
  "tampered-nitro": checkNitro,
  "arm-cca": checkCca,
  "tampered-cca": checkCca,
  "arm-psa": checkPsa,
  "tampered-psa": checkPsa,
  "android-key-attestation": checkAndroid,
  "tampered-android": checkAndroid,
  "tpm2-quote": checkTpm,
  "tampered-tpm": checkTpm,
  "azure-snp-vtpm": checkAzureSnp,
  "tampered-azure": checkAzureSnp,
};

export interface AttestationVectors {
  readonly cases: readonly VectorCase[];
  /** Paths that a case names. */
  readonly named: ReadonlySet<string>;
}

/**
 * `undefined` when the text is no manifest of evidence.
 *
 * @param read bytes of a path below the manifest's folder
 */
export function attestationVectors(
  manifest: string,
  read: (path: string) => Uint8Array,
): AttestationVectors | undefined {
  const listed = listedCases(manifest);
  if (listed === undefined) return undefined;
  return {
    named: new Set(listed.flatMap(pathsOf)),
    cases: listed.map((one) => {
      const kind = String(one["kind"]);
      const check = KINDS[kind];
      return {
        name: String(one["id"]),
        run: () =>
          check === undefined
            ? { skip: `evidence of kind ${kind} is not verified yet` }
            : check(readCase(one, read)),
      };
    }),
  };
}
