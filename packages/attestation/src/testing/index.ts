/** Evidence that exists in tests and benches only, of authorities of their own. */
export { androidKeys, makeAndroid } from "./android.ts";
export { INSTANCE_ID, makeCca, PLATFORM_KEY } from "./arm.ts";
export { DAY, makeCertificate, NOW } from "./certificates.ts";
export {
  FMSPC,
  isoTime,
  keys as dcapKeys,
  makeCollateral,
  makeQuote,
  platformLevel,
  qeIdentity,
  root as dcapRoot,
  sgxReport,
  tcbInfo,
  tdReport,
} from "./dcap.ts";
export {
  azureTdxEnvelope,
  ENVELOPES,
  envelope,
  type RealKind,
  sgxEnvelope,
  snpEnvelope,
} from "./envelopes.ts";
export { makeNitro } from "./nitro.ts";
export {
  amdCrlItem,
  collateralItems,
  intelTextItems,
  type ListInput,
  pckCrlItem,
  rootCrlItem,
  TEST_ROOTS,
} from "./roots.ts";
export { makeSnp, snpKeys } from "./snp.ts";
export { makeAzure, makeAzureTdx, rsaPair } from "./tpm.ts";
