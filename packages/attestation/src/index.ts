export { androidKey } from "./android/evidence.ts";
export { type AndroidObjection, objectionsToAndroid } from "./android/objections.ts";
export {
  type AuthorizationList,
  KEY_DESCRIPTION,
  type KeyDescription,
  type KeyDescriptionError,
  parseKeyDescription,
  type RootOfTrust,
} from "./android/parse.ts";
export { type AndroidRoot, GOOGLE_ROOTS } from "./android/roots.ts";
export { type AndroidStatusList, parseStatusList } from "./android/status-list.ts";
export {
  type AndroidError,
  type AndroidFacts,
  findAndroidRoot,
  parseAndroidChain,
  type VerifyAndroidInput,
  verifyAndroidKey,
  verifyAndroidPath,
} from "./android/verify.ts";
export type { EcdsaKey } from "./arm/ecdsa-key.ts";
export { armCca } from "./arm/evidence.ts";
export type { CcaPlatformClaims, CcaRealmClaims } from "./arm/parse-cca.ts";
export type { PsaClaims } from "./arm/parse-psa.ts";
export {
  type CcaError,
  type CcaFacts,
  type VerifyCcaInput,
  verifyCcaToken,
} from "./arm/verify-cca.ts";
export {
  type PsaError,
  type PsaFacts,
  type VerifyPsaInput,
  verifyPsaToken,
} from "./arm/verify-psa.ts";
export { neededCollateral } from "./collateral/needed.ts";
export { PINNED_ROOTS, type VendorRoots } from "./collateral/roots.ts";
export { ATTESTATION_STORAGE } from "./collateral/storage-keys.ts";
export {
  type CollateralItemError,
  type CollateralView,
  type ItemTrust,
  type VerifiedItem,
  verifyCollateralItem,
} from "./collateral/verify-item.ts";
export { verifyShownEvidence } from "./collateral/verify-shown.ts";
export {
  ANDROID_LIST_LIFE_MS,
  type VerifyWithInput,
  verifyWithCollateral,
} from "./collateral/verify-with.ts";
export {
  type CborMap,
  type CborValue,
  cborHead,
  decodeCbor,
  isCborMap,
} from "./cose/cbor.ts";
export {
  EVIDENCE_KINDS,
  type EvidenceKind,
  evidenceEnvelope,
  kindOf,
  MAX_EVIDENCE_BYTES,
} from "./evidence-kind.ts";
export type { EvidenceContext, EvidenceVerifier } from "./evidence-verifier.ts";
export {
  type CollateralError,
  type DcapCollateral,
  parseDcapCollateral,
  type VerifiedCollateral,
  verifyCollateral,
} from "./intel/collateral.ts";
export {
  type EventLogError,
  type LoggedEvent,
  parseCcel,
  parseDstackEventLog,
  verifyEventLog,
} from "./intel/event-log.ts";
export { type IntelTrust, intelSgxDcap, intelTdxDcap } from "./intel/evidence.ts";
export { type IntelObjection, objectionsToIntel } from "./intel/objections.ts";
export { parseQuote, type Quote, type QuoteBody, type QuoteError } from "./intel/quote.ts";
export type { SgxReport } from "./intel/sgx-report.ts";
export { intelConfidence, type TcbStatus } from "./intel/tcb-status.ts";
export type { TdReport } from "./intel/td-report.ts";
export {
  type DcapError,
  type DcapFacts,
  verifyDcap,
  verifyDcapQuote,
} from "./intel/verify-dcap.ts";
export {
  type IasError,
  type IasFacts,
  type IasReport,
  parseIasReport,
  verifyIas,
} from "./intel/verify-ias.ts";
export {
  dstackAppCompose,
  type Image,
  type ImagesError,
  type ManifestInput,
  type MeasuredImage,
  type MeasurementManifest,
  measurementManifest,
  type Platform,
  type PlatformManifest,
  parseImages,
} from "./manifest/index.ts";
export { awsNitro } from "./nitro/evidence.ts";
export { type NitroDocument, type NitroParseError, parseNitroDocument } from "./nitro/parse.ts";
export { NITRO_ROOT } from "./nitro/roots.ts";
export {
  type NitroError,
  type NitroFacts,
  type VerifyNitroInput,
  verifyNitroDocument,
} from "./nitro/verify.ts";
export { appraise, type Grade } from "./policy/appraise.ts";
export { DemandsCodec, ProductLineCodec, SignerRecord } from "./policy/demands-codec.ts";
export {
  GradeRecord,
  MAX_ADVISORY_BYTES,
  MAX_GRADE_ADVISORIES,
} from "./policy/grade-record.ts";
export { loosenings } from "./policy/loosenings.ts";
export { objectionsToDemands, type PolicyObjection } from "./policy/objections.ts";
export {
  type AmdLevelDemand,
  type AppraisalPolicy,
  type Demands,
  type LineDemand,
  type Occasion,
  ROLES,
  type Role,
  type RoleDemand,
  UNSET_DEMANDS,
  type Unchecked,
} from "./policy/policy.ts";
export { UNMET_CODES, type Unmet, type UnmetCode } from "./policy/unmet.ts";
export { raTlsCertificate, raTlsCertificateBody } from "./ra-tls/make-certificate.ts";
export {
  claimsReportData,
  decodeTaggedEvidence,
  encodeKeyClaims,
  encodeTaggedEvidence,
  type KeyClaims,
  MAX_TAGGED_EVIDENCE_BYTES,
  type TaggedEvidence,
} from "./ra-tls/tagged-evidence.ts";
export {
  CHANNEL_BINDING,
  type EvidenceVerdict,
  type RaTlsError,
  type RaTlsPeer,
  readChannelEvidence,
  readRaTlsCertificate,
  verifyChannelEvidence,
  verifyRaTlsCertificate,
} from "./ra-tls/verify-ra-tls.ts";
export {
  type AttestationError,
  type AttestationResult,
  causeOf,
  isSimulatedLine,
  makerOf,
  PLATFORM_ATTRIBUTES,
  type PlatformAttribute,
  PRODUCT_LINES,
  type ProductLine,
  SIMULATED_CONFIDENCE,
  SIMULATED_LINES,
  type SimulatedLine,
  type TeeClass,
  type Vendor,
} from "./result.ts";
export { type ChipKeyName, chipKeysOf } from "./sev-snp/chip-key.ts";
export { amdSevSnp, SnpEnvelope } from "./sev-snp/evidence.ts";
export { objectionsToSnp, type SnpObjection } from "./sev-snp/objections.ts";
export { AMD_AUTHORITIES, type AmdAuthorities } from "./sev-snp/roots.ts";
export type { SnpProductLine, SnpTcb } from "./sev-snp/tcb.ts";
export {
  type SnpError,
  type SnpFacts,
  type SnpRevocation,
  type VerifySnpInput,
  verifySnpReport,
} from "./sev-snp/verify.ts";
export { recognizeEvidence, type ShownEvidence } from "./shown-evidence.ts";
export {
  deriveSimulatedRoot,
  makeSimulatedEvidence,
  type SimulatedEvidenceInput,
  simulatedMeasurement,
} from "./simulated/make.ts";
export { SIMULATED_DOMAIN, SimulatedEvidence } from "./simulated/parse.ts";
export { AzureEnvelope, azureVtpm } from "./tpm/evidence.ts";
export { parseTpmKey } from "./tpm/key.ts";
export { isLocalReportOf } from "./tpm/local-td-report.ts";
export {
  type ParavisorHardware,
  type ParavisorParseError,
  type ParavisorReport,
  type ParavisorVm,
  parseParavisorReport,
} from "./tpm/parse-paravisor.ts";
export { AzureTdxEnvelope, azureTdx } from "./tpm/tdx-evidence.ts";
export {
  type AzureSnpError,
  type AzureSnpFacts,
  type VerifyAzureSnpInput,
  verifyAzureSnp,
} from "./tpm/verify-azure.ts";
export {
  type AzureTdxError,
  type AzureTdxFacts,
  type VerifyAzureTdxInput,
  verifyAzureTdx,
} from "./tpm/verify-azure-tdx.ts";
export {
  type PcrBanks,
  type TpmError,
  type TpmFacts,
  type TpmKey,
  type TpmQuoteEvidence,
  verifyTpmQuote,
} from "./tpm/verify-quote.ts";
export type { AmdTcbLevel, AmdTrust, AndroidTrust, ArmTrust, NitroTrust } from "./vendor-trust.ts";
export { MAX_CLOCK_SKEW_MS, type VerifyEvidenceInput, verifyEvidence } from "./verify-evidence.ts";
