/**
 * Layout of the report of Azure's paravisor: a header, the hardware's report, and claims whose hash the hardware signed.
 *
 * Claims are JSON. They name the attestation key of the virtual TPM that the paravisor runs beside the guest, so a quote by
 * that key speaks for the machine that the hardware's report is of. Integers are little-endian.
 *
 * **Bounds**: `MAX_PARAVISOR_REPORT_BYTES`. **Trust**: claims until `verify-azure.ts` has compared their hash with what
 * the hardware signed.
 *
 * @see Azure guest attestation "Attestation report"
 */
import { isRsaPublicKey, type RsaPublicKey } from "@pha/crypto";
import { fail, ok, type Result, utf8ToText } from "@pha/scale";
import { SNP_REPORT_BYTES } from "../sev-snp/parse.ts";
import { parseBase64Url } from "./base64url.ts";
import type { TpmHash } from "./parse-quote.ts";

export const MAX_PARAVISOR_REPORT_BYTES = 8 << 10;
const HEADER_BYTES = 32;
const CLAIMS_HEADER_BYTES = 20;
/** Space for the hardware's report, whatever its kind. */
const HARDWARE_BYTES = SNP_REPORT_BYTES;
const CLAIMS_AT = HEADER_BYTES + HARDWARE_BYTES;
const SIGNATURE = 0x414c4348;
/** Layouts of the header that are the same up to here. */
const HEADER_VERSIONS = [1, 2];
const CLAIMS_VERSION = 1;
const ATTESTATION_KEY = "HCLAkPub";

export type ParavisorHardware = "snp" | "tdx";
const HARDWARE: ReadonlyMap<number, ParavisorHardware> = new Map([
  [2, "snp"],
  [4, "tdx"],
]);
const HASHES: ReadonlyMap<number, TpmHash> = new Map([
  [1, "SHA-256"],
  [2, "SHA-384"],
  [3, "SHA-512"],
]);

export interface ParavisorReport {
  readonly hardware: ParavisorHardware;
  /** 1184 bytes; a TDX report is shorter and padded. */
  readonly hardwareReport: Uint8Array;
  /** Hash of the claims that the hardware's report data holds. */
  readonly claimsHash: TpmHash;
  /** JSON as it is hashed. */
  readonly claims: Uint8Array;
  readonly attestationKey: RsaPublicKey;
  readonly vm: ParavisorVm;
}

/** What the paravisor says of its machine; `undefined` when it does not. */
export interface ParavisorVm {
  readonly secureBoot: boolean | undefined;
  readonly tpmEnabled: boolean | undefined;
  /** A console lets the host type. */
  readonly consoleEnabled: boolean | undefined;
  readonly vmUniqueId: string | undefined;
}

export interface ParavisorParseError {
  readonly code: "paravisor/malformed";
  readonly part: "length" | "header" | "claims-header" | "claims" | "key" | "padding";
}

export function parseParavisorReport(
  bytes: Uint8Array,
): Result<ParavisorReport, ParavisorParseError> {
  if (bytes.length > MAX_PARAVISOR_REPORT_BYTES || bytes.length < CLAIMS_AT + CLAIMS_HEADER_BYTES)
    return malformed("length");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = (offset: number) => view.getUint32(offset, true);
  if (at(0) !== SIGNATURE || !HEADER_VERSIONS.includes(at(4))) return malformed("header");
  const claimsBytes = at(CLAIMS_AT);
  const hardware = HARDWARE.get(at(CLAIMS_AT + 8));
  const claimsHash = HASHES.get(at(CLAIMS_AT + 12));
  const jsonBytes = at(CLAIMS_AT + 16);
  if (at(CLAIMS_AT + 4) !== CLAIMS_VERSION || hardware === undefined || claimsHash === undefined)
    return malformed("claims-header");
  if (claimsBytes !== CLAIMS_HEADER_BYTES + jsonBytes) return malformed("claims-header");
  const end = CLAIMS_AT + claimsBytes;
  if (end > bytes.length) return malformed("length");
  if (bytes.subarray(end).some((byte) => byte !== 0)) return malformed("padding");
  const claims = bytes.subarray(CLAIMS_AT + CLAIMS_HEADER_BYTES, end);
  const json = parseObject(claims);
  if (json === undefined) return malformed("claims");
  const attestationKey = keyOf(json["keys"]);
  if (attestationKey === undefined) return malformed("key");
  return ok({
    hardware,
    hardwareReport: bytes.subarray(HEADER_BYTES, CLAIMS_AT),
    claimsHash,
    claims,
    attestationKey,
    vm: vmOf(json["vm-configuration"]),
  });
}

function malformed(part: ParavisorParseError["part"]): Result<never, ParavisorParseError> {
  return fail({ code: "paravisor/malformed", part });
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseObject(bytes: Uint8Array): Json | undefined {
  const text = utf8ToText(bytes);
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : undefined;
  } catch {
    // no JSON
    return undefined;
  }
}

/** The one attestation key; two of them would let a reader choose. */
function keyOf(keys: unknown): RsaPublicKey | undefined {
  if (!Array.isArray(keys)) return undefined;
  const named = keys.filter((key) => isObject(key) && key["kid"] === ATTESTATION_KEY);
  const [key] = named;
  if (named.length !== 1 || !isObject(key) || key["kty"] !== "RSA") return undefined;
  const modulus = typeof key["n"] === "string" ? parseBase64Url(key["n"]) : undefined;
  if (modulus === undefined || key["e"] !== "AQAB") return undefined;
  const rsa = { modulus, exponent: 65_537 };
  return isRsaPublicKey(rsa) ? rsa : undefined;
}

function vmOf(value: unknown): ParavisorVm {
  const vm: Json = isObject(value) ? value : {};
  const flag = (name: string) => (typeof vm[name] === "boolean" ? vm[name] : undefined);
  const id = vm["vmUniqueId"];
  return {
    secureBoot: flag("secure-boot"),
    tpmEnabled: flag("tpm-enabled"),
    consoleEnabled: flag("console-enabled"),
    vmUniqueId: typeof id === "string" ? id : undefined,
  };
}
