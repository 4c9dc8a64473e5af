/**
 * Which items of collateral a piece of evidence is verified with.
 *
 * What the evidence names is read without a look at signatures: whoever lies gets other collateral than his own, and does
 * not verify.
 */
import type { CollateralSlot } from "@pha/protocol";
import { decode, fail, ok, type Result } from "@pha/scale";
import { AndroidEnvelope } from "../android/evidence.ts";
import { parseAndroidChain } from "../android/verify.ts";
import { parseCcaToken } from "../arm/parse-cca.ts";
import { kindOf } from "../evidence-kind.ts";
import { readPckFacts } from "../intel/pck.ts";
import { parseQuote } from "../intel/quote.ts";
import type { AttestationError } from "../result.ts";
import { SnpEnvelope } from "../sev-snp/evidence.ts";
import { parseVek } from "../sev-snp/vek.ts";
import { AzureEnvelope } from "../tpm/evidence.ts";
import { AzureTdxEnvelope } from "../tpm/tdx-evidence.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { parsePemChain } from "../x509/pem.ts";
import { pckCaOf } from "./verify-item.ts";

/** @param bytes envelope: kind byte and the vendor's evidence */
export function neededCollateral(
  bytes: Uint8Array,
): Result<readonly CollateralSlot[], AttestationError> {
  const body = bytes.subarray(1);
  switch (kindOf(bytes)) {
    case "IntelSgxDcap":
    case "IntelTdxDcap":
      return neededOfQuote(body);
    case "AmdSevSnp": {
      const decoded = decode(SnpEnvelope, body);
      return decoded.ok ? neededOfVek(decoded.value.vek) : malformed(decoded.error.offset);
    }
    case "AzureVtpm": {
      const decoded = decode(AzureEnvelope, body);
      return decoded.ok ? neededOfVek(decoded.value.vek) : malformed(decoded.error.offset);
    }
    case "AzureTdx": {
      const decoded = decode(AzureTdxEnvelope, body);
      return decoded.ok ? neededOfQuote(decoded.value.quote) : malformed(decoded.error.offset);
    }
    case "AndroidKey": {
      const decoded = decode(AndroidEnvelope, body);
      return decoded.ok ? neededOfAndroid(decoded.value) : malformed(decoded.error.offset);
    }
    case "ArmCca":
      return neededOfToken(body);
    default:
      return ok([]);
  }
}

function malformed(offset: number) {
  return fail({ code: "evidence/malformed", offset } as const);
}

function notGenuine(cause: string) {
  return fail({ code: "evidence/not-genuine", cause } as const);
}

const PCK_CHAIN = 5;

function neededOfQuote(bytes: Uint8Array): Result<readonly CollateralSlot[], AttestationError> {
  const quote = parseQuote(bytes);
  if (!quote.ok) return notGenuine(quote.error.code);
  const { body, certificationType, certificationData } = quote.value;
  // A chain keeps no certificates of platforms: the quote brings its own.
  if (certificationType !== PCK_CHAIN) return notGenuine("attestation/quote-unsupported");
  const chain = parsePemChain(certificationData);
  if (!chain.ok) return notGenuine(chain.error.code);
  const [leaf, authority] = chain.value;
  if (leaf === undefined || authority === undefined)
    return notGenuine("attestation/certificate-chain");
  const pck = readPckFacts(leaf);
  if (!pck.ok) return notGenuine(pck.error.code);
  const tee = body.type === "sgx" ? "sgx" : "tdx";
  return ok([
    { type: "IntelRootCrl", value: undefined },
    { type: "IntelPckCrl", value: pckCaOf(authority) },
    { type: "IntelTcbInfo", value: { tee, fmspc: pck.value.fmspc } },
    { type: "IntelQeIdentity", value: tee },
  ]);
}

function neededOfVek(der: Uint8Array): Result<readonly CollateralSlot[], AttestationError> {
  const certificate = parseCertificate(der);
  if (!certificate.ok) return notGenuine(certificate.error.code);
  const vek = parseVek(certificate.value);
  if (!vek.ok) return notGenuine(vek.error.code);
  const { line, kind: key } = vek.value;
  return ok([
    { type: "AmdCrl", value: line },
    { type: "AmdIssuer", value: { line, key } },
  ]);
}

function neededOfAndroid(
  ders: readonly Uint8Array[],
): Result<readonly CollateralSlot[], AttestationError> {
  const chain = parseAndroidChain(ders);
  if (!chain.ok) return notGenuine(chain.error.code);
  const serials = chain.value.map(({ serial }) => serial);
  return ok([
    { type: "AndroidListedAt", value: undefined },
    ...serials.map((value) => ({ type: "AndroidStatus", value }) as const),
  ]);
}

function neededOfToken(body: Uint8Array): Result<readonly CollateralSlot[], AttestationError> {
  const parsed = parseCcaToken(body);
  if (!parsed.ok) return notGenuine(parsed.error.code);
  const { instanceId, implementationId } = parsed.value.platform.claims;
  return ok([{ type: "ArmPlatformKey", value: { instanceId, implementationId } }]);
}
