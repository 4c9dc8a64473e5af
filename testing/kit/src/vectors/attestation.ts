/** Evidence of real hardware: a folder with a manifest, whose cases name their files. */
import { checkDcap } from "./attestation/dcap.ts";
import { checkIas } from "./attestation/ias.ts";
import { listedCases, type ManifestCase, pathsOf, readCase } from "./attestation/manifest.ts";
import type { VectorCase } from "./vector-case.ts";

/** Kind → its check, which throws when the case fails. */
const KINDS: Readonly<Record<string, (one: ManifestCase) => undefined>> = {
  "intel-sgx-dcap": checkDcap,
  "intel-tdx-dcap": checkDcap,
  "tampered-dcap": checkDcap,
  "intel-sgx-ias": checkIas,
  "tampered-ias": checkIas,
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
