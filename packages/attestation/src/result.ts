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
/**
 * What a policy switches on or off as one: a vendor's products whose evidence stands and falls together. Numbers on chain
 * are positions in this list, so it only grows.
 */
export const PRODUCT_LINES = [
  "simulated",
  "intel-sgx",
  "intel-tdx",
  "amd-milan-vcek",
  "amd-milan-vlek",
  "amd-genoa-vcek",
  "amd-genoa-vlek",
  "amd-turin-vcek",
  "amd-turin-vlek",
  "aws-nitro",
  "arm-cca",
  "android-trustzone",
  "android-strongbox",
  "azure-milan",
  "azure-genoa",
  "azure-turin",
  "simulated-a",
  "simulated-b",
  "simulated-c",
  "azure-tdx",
] as const;
export type ProductLine = (typeof PRODUCT_LINES)[number];

/**
 * Lines of simulated platforms, each as if of a maker of its own, so that a development chain can rehearse the loss of one.
 * They are as worthless as one another.
 */
export const SIMULATED_LINES = ["simulated", "simulated-a", "simulated-b", "simulated-c"] as const;
export type SimulatedLine = (typeof SIMULATED_LINES)[number];

export function isSimulatedLine(line: ProductLine): line is SimulatedLine {
  return SIMULATED_LINES.some((one) => one === line);
}

/** Whose hardware a line hangs on; what breaks its keys breaks all lines of the maker. */
export function makerOf(line: ProductLine): string {
  if (isSimulatedLine(line)) return line;
  const [first = "", product] = line.split("-");
  // Azure's paravisor says what the report of the hardware below it lets it say.
  if (first === "azure") return product === "tdx" ? "intel" : "amd";
  return first;
}

/**
 * What is unusual about a genuine platform or program, in one list for all vendors. Some also count as `debug`. Numbers on
 * chain are positions in this list, so it only grows.
 */
export const PLATFORM_ATTRIBUTES = [
  /** The host may read the program's memory. */
  "debug",
  /** Two threads of a core may belong to different owners. */
  "smt",
  /** The host chose a value that the program may read as its configuration. */
  "host-config",
  /** SGX: the enclave may ask for the platform's provisioning key, which names it. */
  "provisioning-key",
  /** TDX: the host can make the guest handle faults on memory that it took away. */
  "sept-ve-enabled",
  /** TDX: another trust domain may copy this one. */
  "migratable",
  /** TDX: performance counters tell the host what the guest computes. */
  "perfmon",
  /** TDX: service trust domains are bound. */
  "service-td",
  /** SNP: an agent may move the guest. */
  "migration-agent",
  /** SNP: the firmware that runs may still be rolled back. */
  "provisional-firmware",
  /** SNP: nobody looked for aliases of memory since the last reset. */
  "alias-check-missing",
  /** SNP: the report was asked for by a less privileged level than 0. */
  "lower-privilege",
  /** CCA: the platform's life cycle is not secured. */
  "not-secured",
  /** Android: the system was unlocked, not verified, or the key is not bound to hardware and one application. */
  "unlocked",
] as const;
export type PlatformAttribute = (typeof PLATFORM_ATTRIBUTES)[number];

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
  readonly line: ProductLine;
  /** In the vendor's order; bulletins that are open on the platform. */
  readonly advisoryIds: readonly string[];
  readonly attributes: readonly PlatformAttribute[];
  /** Digest of the key that signed the program, 32 bytes; `undefined` where nobody did. */
  readonly signer: Uint8Array | undefined;
  /** Security version that the signer gave to the program. */
  readonly programSvn: number;
  /** `platformId` is of one machine, not of all machines of a provider. */
  readonly isNamed: boolean;
  /** Unix milliseconds until which certificates and collateral hold; `undefined`: nothing that it hangs on ends. */
  readonly validUntilMs: bigint | undefined;
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
  /** What the vendor says about such platforms is not at hand. */
  | { readonly code: "collateral/missing"; readonly slot: string }
  /** It is, and it does not hold now; `cause` is its code. */
  | { readonly code: "collateral/refused"; readonly cause: string }
  | { readonly code: "evidence/other-report-data" }
  | {
      readonly code: "evidence/from-the-future";
      readonly issuedAtMs: bigint;
      readonly nowMs: bigint;
    };

/** The vendor's code where there is one, else ours. */
export const causeOf = (error: AttestationError): string =>
  "cause" in error ? error.cause : error.code;
