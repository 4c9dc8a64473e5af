/**
 * Layout of the attestation report of AMD SEV-SNP, versions 2, 3 and 5: 1184 bytes, integers little-endian.
 *
 * What the layout reserves must be zero, so that two reports with the same facts are the same bytes, and so that a field
 * that a later firmware adds is refused until it is known here.
 *
 * **Bounds**: the length is fixed. **Trust**: all fields are claims until `verify.ts` has checked the signature.
 *
 * @see AMD SEV-SNP ABI "ATTESTATION_REPORT"
 */
import { fail, ok, type Result } from "@pha/scale";

export const SNP_REPORT_BYTES = 1184;
/** Bytes from the start that are signed. */
export const SNP_SIGNED_BYTES = 0x2a0;

/** Which key signed: of the chip, or loaded by a cloud provider. */
export type SnpSigningKey = "VCEK" | "VLEK";

export interface SnpReport {
  readonly version: 2 | 3 | 5;
  /** Security version that the guest's owner gave. */
  readonly guestSvn: number;
  readonly policy: SnpPolicy;
  /** 16 bytes, by the guest's owner. */
  readonly familyId: Uint8Array;
  /** 16 bytes, by the guest's owner. */
  readonly imageId: Uint8Array;
  /** Privilege level that asked for the report, 0 (most privileged) to 3. */
  readonly vmpl: number;
  readonly platformInfo: SnpPlatformInfo;
  readonly signingKey: SnpSigningKey;
  /** The author key's digest is part of the report. */
  readonly authorKeyEnabled: boolean;
  readonly maskChipKey: boolean;
  /** 64 bytes that the guest bound. */
  readonly reportData: Uint8Array;
  /** Digest of the launched memory, 48 bytes. */
  readonly measurement: Uint8Array;
  /** 32 bytes, by the host at launch. */
  readonly hostData: Uint8Array;
  /** 48 bytes. */
  readonly idKeyDigest: Uint8Array;
  /** 48 bytes. */
  readonly authorKeyDigest: Uint8Array;
  /** 32 bytes: names the guest. */
  readonly reportId: Uint8Array;
  /** 32 bytes: names the guest's migration agent; all ones without one. */
  readonly reportIdMigrationAgent: Uint8Array;
  /** 64 bytes; zero when the platform hides it. */
  readonly chipId: Uint8Array;
  /** Of the processor; from version 3 on. */
  readonly cpuid: SnpCpuid | undefined;
  /** TCB versions as eight bytes each; see `tcb.ts`. */
  readonly tcb: {
    readonly current: Uint8Array;
    readonly reported: Uint8Array;
    readonly committed: Uint8Array;
    readonly launch: Uint8Array;
  };
  readonly currentFirmware: SnpFirmware;
  readonly committedFirmware: SnpFirmware;
  /** Mitigations in force at launch and now; version 5. */
  readonly mitigations: { readonly launch: bigint; readonly current: bigint } | undefined;
  /** Bytes that are signed. */
  readonly signed: Uint8Array;
  /** `r ‖ s`, big-endian, 96 bytes. */
  readonly signature: Uint8Array;
}

/** What the guest's owner allows the platform; bit numbers are those of the layout. */
export interface SnpPolicy {
  /** The 64 bits as they are. */
  readonly bits: bigint;
  readonly minAbiMajor: number;
  readonly minAbiMinor: number;
  /** 16 */
  readonly smtAllowed: boolean;
  /** 18 */
  readonly migrationAgentAllowed: boolean;
  /** 19: the host may read the guest's memory. */
  readonly debugAllowed: boolean;
  /** 20 */
  readonly singleSocketRequired: boolean;
  /** 21 */
  readonly cxlAllowed: boolean;
  /** 22 */
  readonly aes256XtsRequired: boolean;
  /** 23 */
  readonly raplDisabledRequired: boolean;
  /** 24 */
  readonly ciphertextHidingRequired: boolean;
  /** 25 */
  readonly pageSwapDisabled: boolean;
}

export interface SnpPlatformInfo {
  readonly bits: bigint;
  readonly smtEnabled: boolean;
  readonly tsmeEnabled: boolean;
  readonly eccEnabled: boolean;
  readonly raplDisabled: boolean;
  readonly ciphertextHidingEnabled: boolean;
  /** No memory aliasing was found since the last reset. */
  readonly aliasCheckComplete: boolean;
}

export interface SnpCpuid {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

export interface SnpFirmware {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

export type SnpParseError =
  | { readonly code: "snp/malformed"; readonly field: SnpReportField }
  | { readonly code: "snp/unknown-version"; readonly version: number }
  /** The report is not signed at all. */
  | { readonly code: "snp/no-signature" };

export type SnpReportField =
  | "length"
  | "policy"
  | "vmpl"
  | "algorithm"
  | "key"
  | "reserved"
  | "signature";

const POLICY_BITS = (1n << 26n) - 1n;
const POLICY_MUST_BE_ONE = 1n << 17n;
const ECDSA_P384_SHA384 = 1;
/** `r` and `s` have 72 bytes each, of which 48 are used. */
const SIGNATURE_PART_BYTES = 72;
const SIGNATURE_USED_BYTES = 48;

export function parseSnpReport(bytes: Uint8Array): Result<SnpReport, SnpParseError> {
  if (bytes.length !== SNP_REPORT_BYTES) return malformed("length");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const version = view.getUint32(0, true);
  if (version !== 2 && version !== 3 && version !== 5)
    return fail({ code: "snp/unknown-version", version });
  const policyBits = view.getBigUint64(0x08, true);
  if ((policyBits & POLICY_MUST_BE_ONE) === 0n || policyBits > POLICY_BITS)
    return malformed("policy");
  const vmpl = view.getUint32(0x30, true);
  if (vmpl > 3) return malformed("vmpl");
  if (view.getUint32(0x34, true) !== ECDSA_P384_SHA384) return malformed("algorithm");
  const keyBits = view.getUint32(0x48, true);
  const signingKey = keyBits >> 2;
  if (keyBits >>> 5 === 0 && signingKey === 7) return fail({ code: "snp/no-signature" });
  if (signingKey !== 0 && signingKey !== 1) return malformed("key");
  if (!RESERVED[version].every(([from, to]) => isZero(bytes.subarray(from, to))))
    return malformed("reserved");
  const signature = signatureOf(bytes);
  if (signature === undefined) return malformed("signature");
  return ok({
    version,
    guestSvn: view.getUint32(0x04, true),
    policy: policyOf(policyBits),
    familyId: at(0x10, 16),
    imageId: at(0x20, 16),
    vmpl,
    platformInfo: platformInfoOf(view.getBigUint64(0x40, true)),
    signingKey: signingKey === 0 ? "VCEK" : "VLEK",
    authorKeyEnabled: (keyBits & 1) !== 0,
    maskChipKey: (keyBits & 2) !== 0,
    reportData: at(0x50, 64),
    measurement: at(0x90, 48),
    hostData: at(0xc0, 32),
    idKeyDigest: at(0xe0, 48),
    authorKeyDigest: at(0x110, 48),
    reportId: at(0x140, 32),
    reportIdMigrationAgent: at(0x160, 32),
    chipId: at(0x1a0, 64),
    cpuid:
      version === 2
        ? undefined
        : {
            family: view.getUint8(0x188),
            model: view.getUint8(0x189),
            stepping: view.getUint8(0x18a),
          },
    tcb: {
      current: at(0x38, 8),
      reported: at(0x180, 8),
      committed: at(0x1e0, 8),
      launch: at(0x1f0, 8),
    },
    currentFirmware: firmwareAt(view, 0x1e8),
    committedFirmware: firmwareAt(view, 0x1ec),
    mitigations:
      version === 5
        ? { launch: view.getBigUint64(0x1f8, true), current: view.getBigUint64(0x200, true) }
        : undefined,
    signed: at(0, SNP_SIGNED_BYTES),
    signature,
  });
}

function malformed(field: SnpReportField): Result<never, SnpParseError> {
  return fail({ code: "snp/malformed", field });
}

/** Ranges that must be zero, by version: from, to (exclusive). */
const ALWAYS_RESERVED = [
  [0x4c, 0x50],
  [0x1eb, 0x1ec],
  [0x1ef, 0x1f0],
  [0x330, SNP_REPORT_BYTES],
] as const;
const RESERVED = {
  2: [...ALWAYS_RESERVED, [0x188, 0x1a0], [0x1f8, SNP_SIGNED_BYTES]],
  3: [...ALWAYS_RESERVED, [0x18b, 0x1a0], [0x1f8, SNP_SIGNED_BYTES]],
  5: [...ALWAYS_RESERVED, [0x18b, 0x1a0], [0x208, SNP_SIGNED_BYTES]],
} as const;

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Turns two little-endian numbers with padding into two big-endian ones without. */
function signatureOf(bytes: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(2 * SIGNATURE_USED_BYTES);
  for (const part of [0, 1]) {
    const from = SNP_SIGNED_BYTES + part * SIGNATURE_PART_BYTES;
    const used = bytes.subarray(from, from + SIGNATURE_USED_BYTES);
    if (!isZero(bytes.subarray(from + SIGNATURE_USED_BYTES, from + SIGNATURE_PART_BYTES)))
      return undefined;
    out.set(used.slice().reverse(), part * SIGNATURE_USED_BYTES);
  }
  return out;
}

function policyOf(bits: bigint): SnpPolicy {
  const has = (bit: bigint) => ((bits >> bit) & 1n) === 1n;
  return {
    bits,
    minAbiMinor: Number(bits & 0xffn),
    minAbiMajor: Number((bits >> 8n) & 0xffn),
    smtAllowed: has(16n),
    migrationAgentAllowed: has(18n),
    debugAllowed: has(19n),
    singleSocketRequired: has(20n),
    cxlAllowed: has(21n),
    aes256XtsRequired: has(22n),
    raplDisabledRequired: has(23n),
    ciphertextHidingRequired: has(24n),
    pageSwapDisabled: has(25n),
  };
}

function platformInfoOf(bits: bigint): SnpPlatformInfo {
  const has = (bit: bigint) => ((bits >> bit) & 1n) === 1n;
  return {
    bits,
    smtEnabled: has(0n),
    tsmeEnabled: has(1n),
    eccEnabled: has(2n),
    raplDisabled: has(3n),
    ciphertextHidingEnabled: has(4n),
    aliasCheckComplete: has(5n),
  };
}

function firmwareAt(view: DataView, offset: number): SnpFirmware {
  return {
    build: view.getUint8(offset),
    minor: view.getUint8(offset + 1),
    major: view.getUint8(offset + 2),
  };
}
