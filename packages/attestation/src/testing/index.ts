/** Evidence that exists in tests and benches only, of authorities of their own. */
export { NOW } from "./certificates.ts";
export { makeCollateral, makeQuote, root as dcapRoot } from "./dcap.ts";
export { makeNitro } from "./nitro.ts";
export { makeSnp } from "./snp.ts";
