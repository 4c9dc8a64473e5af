/** What evidence of real vendors is verified with: roots, lists and floors from the verifier's own chain. */
import type { AndroidRoot } from "./android/roots.ts";
import type { AndroidRevocation } from "./android/verify.ts";
import type { EcdsaKey } from "./arm/ecdsa-key.ts";
import type { SnpSigningKey } from "./sev-snp/parse.ts";
import type { SnpProductLine, SnpTcb } from "./sev-snp/tcb.ts";
import type { SnpRevocation, VerifySnpInput } from "./sev-snp/verify.ts";
import type { Certificate } from "./x509/certificate.ts";

export interface NitroTrust {
  readonly root: Certificate;
}

export interface AmdTrust {
  /** A product line that is absent is switched off. */
  readonly authorities: VerifySnpInput["authorities"];
  readonly revocation: SnpRevocation;
  /** DER of an authority that took the pinned one's place, of evidence that brings none of its own. */
  readonly issuerOf?: (line: SnpProductLine, key: SnpSigningKey) => Uint8Array | undefined;
  /** Best first; a platform has the confidence of the first level that it reaches, or the worst. */
  readonly levels: Readonly<Partial<Record<SnpProductLine, readonly AmdTcbLevel[]>>>;
}

export interface AmdTcbLevel {
  readonly tcb: SnpTcb;
  readonly confidence: number;
}

export interface ArmTrust {
  /** Key that the platform's maker endorses; `undefined` where none is known. */
  readonly platformKey: (
    instanceId: Uint8Array,
    implementationId: Uint8Array,
  ) => EcdsaKey | undefined;
}

export interface AndroidTrust {
  readonly roots: readonly AndroidRoot[];
  readonly revocation: AndroidRevocation;
}

/** Worst level of platforms that are attested. */
export const WORST_CONFIDENCE = 5;
