/** What verified evidence says, in the same words for every vendor. */

/** How an attesting platform is made; shown to users as it is. */
export type TeeClass =
  | "simulated"
  | "sgx-enclave"
  | "tdx-domain"
  | "sev-snp"
  | "nitro-enclave"
  | "cca-realm"
  /** A key in a phone's hardware; the program that uses it runs outside. */
  | "key-attested-device"
  | "azure-confidential-vm";
export type Vendor = "simulated" | "intel" | "amd" | "aws" | "arm" | "google" | "microsoft";

/**
 * Phala's confidence levels: 1 best … 5 worst of attested platforms, 128 without attestation of a real platform.
 */
export const SIMULATED_CONFIDENCE = 128;

/** Facts that the vendor's signatures vouch for; appraisal by policy comes after. */
export interface AttestationResult {
  readonly vendor: Vendor;
  readonly teeClass: TeeClass;
  readonly confidence: number;
  /** Digest of the program that runs, 32 bytes. */
  readonly measurement: Uint8Array;
  /** Names the machine: one per platform, 32 bytes. */
  readonly platformId: Uint8Array;
  /** Security version of the platform. */
  readonly svn: number;
  /** Anybody on the machine may read the program's memory. */
  readonly debug: boolean;
  /** 64 bytes that the program bound into the evidence. */
  readonly reportData: Uint8Array;
  /** Unix milliseconds. */
  readonly issuedAtMs: bigint;
}

/** Why bytes are no evidence. */
export type AttestationError =
  | { readonly code: "evidence/too-long"; readonly bytes: number; readonly most: number }
  /** The kind does not exist on this chain. */
  | { readonly code: "evidence/unknown-kind"; readonly kind: number | undefined }
  | { readonly code: "evidence/malformed"; readonly offset: number }
  | { readonly code: "evidence/unknown-version"; readonly version: number }
  | { readonly code: "evidence/bad-signature" }
  /** A vendor's verifier refused it; `cause` is its code. */
  | { readonly code: "evidence/not-genuine"; readonly cause: string }
  | { readonly code: "evidence/other-report-data" }
  | {
      readonly code: "evidence/from-the-future";
      readonly issuedAtMs: bigint;
      readonly nowMs: bigint;
    };
