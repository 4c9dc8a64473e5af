/** Evidence of real hardware: a folder with a manifest, whose cases name their files. */

import { toHex } from "@pha/scale";
import { checkAndroid } from "./attestation/android.ts";
import { checkCca, checkPsa } from "./attestation/arm.ts";
import { checkDcap } from "./attestation/dcap.ts";
import { checkIas } from "./attestation/ias.ts";
import {
  type JsonObject,
  listedCases,
  type ManifestCase,
  pathsOf,
  readCase,
} from "./attestation/manifest.ts";
import { checkNitro } from "./attestation/nitro.ts";
import { checkSnp } from "./attestation/snp.ts";
import { checkAzureSnp, checkTpm } from "./attestation/tpm.ts";
import { assert } from "./check.ts";
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

/** Bytes of a path below the manifest's folder. */
type Read = (path: string) => Uint8Array;

/** Case → everything that the verifiers told of it, as text, by the half of crypto that runs. */
export type Verdicts = ReadonlyMap<string, string>;

export interface AttestationVectors {
  readonly cases: readonly VectorCase[];
  /** Paths that a case names. */
  readonly named: ReadonlySet<string>;
}

/**
 * `undefined` when the text is no manifest of evidence.
 *
 * @param otherHalf `evidenceVerdicts` with the other half of crypto: then every case has to be judged alike by both
 */
export function attestationVectors(
  manifest: string,
  read: Read,
  otherHalf?: (manifest: string, read: Read) => Verdicts,
): AttestationVectors | undefined {
  const listed = listedCases(manifest);
  if (listed === undefined) return undefined;
  let theirs: Verdicts | undefined;
  return {
    named: new Set(listed.flatMap(pathsOf)),
    cases: listed.flatMap((one): readonly VectorCase[] => {
      const kind = String(one["kind"]);
      const name = String(one["id"]);
      const check = KINDS[kind];
      if (check === undefined)
        return [{ name, run: () => ({ skip: `evidence of kind ${kind} is not verified yet` }) }];
      const own = { name, run: () => check(readCase(one, read)) };
      if (otherHalf === undefined) return [own];
      const compared = (): undefined => {
        theirs ??= otherHalf(manifest, read);
        assert.equal(theirs.get(name), verdictOf(one, read), "the web half says something else");
      };
      return [own, { name: `${name}, in both halves`, run: compared }];
    }),
  };
}

/** What this half of crypto makes of every case of a manifest. */
export function evidenceVerdicts(manifest: string, read: Read): Verdicts {
  const listed = listedCases(manifest) ?? [];
  return new Map(listed.map((one) => [String(one["id"]), verdictOf(one, read)]));
}

function verdictOf(listed: JsonObject, read: Read): string {
  const told: unknown[] = [];
  try {
    KINDS[String(listed["kind"])]?.(readCase(listed, read, (verdict) => told.push(verdict)));
  } catch (error) {
    // What does not come out as expected fails the case itself; here it is part of what is compared.
    told.push(String(error));
  }
  return JSON.stringify(told, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return toHex(value);
    if (value instanceof Map) return [...value];
    return typeof value === "bigint" ? `${value}n` : value;
  });
}
