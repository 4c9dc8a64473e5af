/**
 * Evidence of any vendor, verified with the items of collateral that a chain keeps.
 *
 * Chain, gatekeepers and clients run this alike. Every signature is looked at, those of the collateral too: who reads
 * items from a chain's state needs to trust no more than the pinned roots.
 *
 * **Trust**: evidence is hostile; the view is the verifier's chain. A kind that no product line of the policy has does not
 * exist.
 */
import type { CollateralItem, CollateralSlot } from "@pha/protocol";
import { equalBytes, fail, fromHex, ok, type Result } from "@pha/scale";
import { androidKey } from "../android/evidence.ts";
import { armCca } from "../arm/evidence.ts";
import { type EvidenceKind, kindOf } from "../evidence-kind.ts";
import type { EvidenceVerifier } from "../evidence-verifier.ts";
import { type VerifiedCollateral, verifyCollateralParts } from "../intel/collateral.ts";
import { intelSgxDcap, intelTdxDcap } from "../intel/evidence.ts";
import { awsNitro } from "../nitro/evidence.ts";
import type { AmdLevelDemand, LineDemand } from "../policy/policy.ts";
import type { AttestationError, AttestationResult, ProductLine } from "../result.ts";
import { amdSevSnp } from "../sev-snp/evidence.ts";
import type { SnpProductLine } from "../sev-snp/tcb.ts";
import { azureVtpm } from "../tpm/evidence.ts";
import { azureTdx } from "../tpm/tdx-evidence.ts";
import type { AmdTrust } from "../vendor-trust.ts";
import { verifyEvidence } from "../verify-evidence.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { neededCollateral } from "./needed.ts";
import type { VendorRoots } from "./roots.ts";
import type { CollateralView } from "./verify-item.ts";

/** Google's list must have been compared so lately; it changes several times a month. */
export const ANDROID_LIST_LIFE_MS = 14n * 86_400_000n;

export interface VerifyWithInput {
  /** Envelope: kind byte and the vendor's evidence. */
  readonly bytes: Uint8Array;
  readonly roots: VendorRoots;
  readonly view: CollateralView;
  /** Of the policy: they say which kinds exist, and how AMD's platforms stand. */
  readonly lines: readonly Pick<LineDemand, "line">[];
  readonly amdLevels: readonly AmdLevelDemand[];
  /** Development root; without it the kind `Simulated` does not exist. */
  readonly simulatedRoot: Uint8Array | undefined;
  /** Chain time, Unix milliseconds. */
  readonly now: bigint;
  /** 64 bytes. */
  readonly expectedReportData: Uint8Array;
}

export function verifyWithCollateral(
  input: VerifyWithInput,
): Result<AttestationResult, AttestationError> {
  const kind = kindOf(input.bytes);
  const isKnown = kind !== undefined && input.lines.some(({ line }) => KINDS[line] === kind);
  if (!isKnown || kind === "Simulated") return verifyEvidence(input);
  const needed = neededCollateral(input.bytes);
  if (!needed.ok) return needed;
  const verifier = verifierOf(kind, needed.value, input);
  return verifier.ok ? verifyEvidence({ ...input, verifiers: [verifier.value] }) : verifier;
}

/** Kind of evidence of each product line. */
const KINDS: Readonly<Record<ProductLine, EvidenceKind>> = {
  simulated: "Simulated",
  "simulated-a": "Simulated",
  "simulated-b": "Simulated",
  "simulated-c": "Simulated",
  "intel-sgx": "IntelSgxDcap",
  "intel-tdx": "IntelTdxDcap",
  "amd-milan-vcek": "AmdSevSnp",
  "amd-milan-vlek": "AmdSevSnp",
  "amd-genoa-vcek": "AmdSevSnp",
  "amd-genoa-vlek": "AmdSevSnp",
  "amd-turin-vcek": "AmdSevSnp",
  "amd-turin-vlek": "AmdSevSnp",
  "aws-nitro": "AwsNitro",
  "arm-cca": "ArmCca",
  "android-trustzone": "AndroidKey",
  "android-strongbox": "AndroidKey",
  "azure-milan": "AzureVtpm",
  "azure-genoa": "AzureVtpm",
  "azure-turin": "AzureVtpm",
  "azure-tdx": "AzureTdx",
};

/** Of evidence that stands on a quote of Intel's. */
const INTEL_VERIFIERS = {
  IntelSgxDcap: intelSgxDcap,
  IntelTdxDcap: intelTdxDcap,
  AzureTdx: azureTdx,
} as const;

type Verifier = Result<EvidenceVerifier, AttestationError>;

function verifierOf(
  kind: Exclude<EvidenceKind, "Simulated">,
  slots: readonly CollateralSlot[],
  input: VerifyWithInput,
): Verifier {
  const { roots, view, now } = input;
  switch (kind) {
    case "IntelSgxDcap":
    case "IntelTdxDcap":
    case "AzureTdx": {
      const collateral = intelCollateral(slots, input);
      if (!collateral.ok) return collateral;
      const trust = { collateral: [collateral.value], root: roots.intel };
      return ok(INTEL_VERIFIERS[kind](trust));
    }
    case "AmdSevSnp":
    case "AzureVtpm": {
      const trust = amdTrust(slots, input);
      if (!trust.ok) return trust;
      return ok(kind === "AmdSevSnp" ? amdSevSnp(trust.value) : azureVtpm(trust.value));
    }
    case "AwsNitro":
      return ok(awsNitro({ root: roots.nitro }));
    case "AndroidKey": {
      const listed = view({ type: "AndroidListedAt", value: undefined });
      if (listed?.type !== "AndroidListedAt") return missing("AndroidListedAt");
      if (listed.value + ANDROID_LIST_LIFE_MS < now)
        return fail({
          code: "collateral/refused",
          cause: "attestation/collateral-expired",
        });
      const statusList = { get: (serial: string) => androidStatus(view, serial) };
      return ok(androidKey({ roots: roots.google, revocation: { statusList } }));
    }
    case "ArmCca":
      return ok(armCca({ platformKey: (id, implementation) => armKey(view, id, implementation) }));
    case "IntelSgxIas":
      return fail({ code: "evidence/unknown-kind", kind: input.bytes[0] });
  }
}

function missing(slot: CollateralSlot["type"]) {
  return fail({ code: "collateral/missing", slot } as const);
}

/** Items of Intel's slots, in the order that `neededCollateral` names them. */
function intelCollateral(
  slots: readonly CollateralSlot[],
  { roots, view, now }: VerifyWithInput,
): Result<VerifiedCollateral, AttestationError> {
  const found: CollateralItem[] = [];
  for (const slot of slots) {
    const item = view(slot);
    if (item === undefined) return missing(slot.type);
    found.push(item);
  }
  const [list, pck, tcb, qe] = found;
  if (list?.type !== "IntelRootCrl") return missing("IntelRootCrl");
  if (pck?.type !== "IntelPckCrl") return missing("IntelPckCrl");
  if (tcb?.type !== "IntelTcbInfo") return missing("IntelTcbInfo");
  if (qe?.type !== "IntelQeIdentity") return missing("IntelQeIdentity");
  const certificates: Certificate[] = [];
  for (const der of [pck.value.issuer, tcb.value.signer, qe.value.signer]) {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return refused(parsed.error.code);
    certificates.push(parsed.value);
  }
  const chain = (at: number): readonly Certificate[] => certificates.slice(at, at + 1);
  const verified = verifyCollateralParts(
    {
      pckCa: chain(0),
      rootCaCrl: list.value,
      pckCrl: pck.value.crl,
      tcbSigner: chain(1),
      tcbInfo: tcb.value.text,
      tcbInfoSignature: tcb.value.signature,
      qeSigner: chain(2),
      qeIdentity: qe.value.text,
      qeIdentitySignature: qe.value.signature,
    },
    now,
    roots.intel,
  );
  return verified.ok ? verified : refused(verified.error.code);
}

function refused(cause: string) {
  return fail({ code: "collateral/refused", cause } as const);
}

/** The revocation list of the line must be there; the authority need not, since there is a pinned one. */
function amdTrust(
  slots: readonly CollateralSlot[],
  { roots, view, amdLevels }: VerifyWithInput,
): Result<AmdTrust, AttestationError> {
  const slot = slots.find(({ type }) => type === "AmdCrl");
  const list = slot && view(slot);
  if (list?.type !== "AmdCrl") return missing("AmdCrl");
  const levels: Partial<Record<SnpProductLine, AmdLevelDemand[]>> = {};
  for (const level of amdLevels) levels[level.line] = [...(levels[level.line] ?? []), level];
  return ok({
    authorities: roots.amd,
    revocation: { crls: { [list.value.line]: list.value.crl } },
    levels,
    issuerOf: (line, key) => {
      const item = view({ type: "AmdIssuer", value: { line, key } });
      return item?.type === "AmdIssuer" ? item.value.certificate : undefined;
    },
  });
}

/** @param serial as Google's list spells it */
function androidStatus(view: CollateralView, serial: string) {
  const value = fromHex(serial.length % 2 === 0 ? serial : `0${serial}`);
  const item = view({ type: "AndroidStatus", value });
  return item?.type === "AndroidStatus" ? item.value.status : undefined;
}

function armKey(view: CollateralView, instanceId: Uint8Array, implementationId: Uint8Array) {
  const item = view({ type: "ArmPlatformKey", value: { instanceId, implementationId } });
  if (item?.type !== "ArmPlatformKey") return undefined;
  const { curve, publicKey } = item.value;
  return equalBytes(item.value.instanceId, instanceId) ? { curve, publicKey } : undefined;
}
