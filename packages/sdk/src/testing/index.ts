/** Chains that exist in a test only, as a client sees them. */
export { TEST_ROOTS } from "@pha/attestation/testing";
export { CONTRACT, type FakeChain, fakeChain, type Pair } from "./fake-chain.ts";
export { VENDOR_KINDS, type VendorState, type VendorWorker, vendorState } from "./vendor-state.ts";
