/** Everything that is trusted without proof, of all vendors. */
import { type AndroidRoot, GOOGLE_ROOTS } from "../android/roots.ts";
import { intelSgxRootCa } from "../intel/roots.ts";
import { NITRO_ROOT } from "../nitro/roots.ts";
import { AMD_AUTHORITIES, type AmdAuthorities } from "../sev-snp/roots.ts";
import type { SnpProductLine } from "../sev-snp/tcb.ts";
import type { Certificate } from "../x509/certificate.ts";

export interface VendorRoots {
  readonly intel: Certificate;
  readonly amd: Readonly<Record<SnpProductLine, AmdAuthorities>>;
  readonly nitro: Certificate;
  readonly google: readonly AndroidRoot[];
}

/** Those that the vendors publish. */
export const PINNED_ROOTS: VendorRoots = {
  intel: intelSgxRootCa(),
  amd: AMD_AUTHORITIES,
  nitro: NITRO_ROOT,
  google: GOOGLE_ROOTS,
};
