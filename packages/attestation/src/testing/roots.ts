/** Roots of vendors that exist in a test only, and the collateral under them. */
import type { CollateralItem } from "@pha/protocol";
import type { VendorRoots } from "../collateral/roots.ts";
import { ANDROID_ROOT } from "./android.ts";
import { makeCrl } from "./certificates.ts";
import {
  type CollateralInput,
  keys,
  makeCa,
  makeTcbSigner,
  PLATFORM_CA,
  qeIdentity,
  ROOT,
  root,
  signedText,
  tcbInfo,
} from "./dcap.ts";
import { TEST_NITRO_ROOT } from "./nitro.ts";
import { SNP_AUTHORITIES, snpKeys } from "./snp.ts";

export const TEST_ROOTS: VendorRoots = {
  intel: root,
  amd: SNP_AUTHORITIES,
  nitro: TEST_NITRO_ROOT,
  google: [ANDROID_ROOT],
};

export interface ListInput {
  readonly thisUpdate?: bigint;
  readonly nextUpdate?: bigint;
  /** Serial numbers. */
  readonly revoked?: readonly number[];
}

export function rootCrlItem(input: ListInput = {}): CollateralItem {
  return {
    type: "IntelRootCrl",
    value: makeCrl({ issuer: ROOT, issuerKey: keys.root, ...input }),
  };
}

export function pckCrlItem(input: ListInput = {}): CollateralItem {
  const crl = makeCrl({ issuer: PLATFORM_CA, issuerKey: keys.platformCa, ...input });
  return { type: "IntelPckCrl", value: { issuer: makeCa(), crl } };
}

/** TCB info and the identity of the quoting enclave. */
export function intelTextItems(
  tee: "sgx" | "tdx",
  input: Pick<CollateralInput, "tcbInfo" | "qeIdentity"> = {},
): readonly [CollateralItem, CollateralItem] {
  const signer = makeTcbSigner();
  return [
    { type: "IntelTcbInfo", value: { signer, ...signedText(input.tcbInfo ?? tcbInfo(tee)) } },
    {
      type: "IntelQeIdentity",
      value: { signer, ...signedText(input.qeIdentity ?? qeIdentity(tee)) },
    },
  ];
}

export function amdCrlItem(input: ListInput = {}): CollateralItem {
  const crl = makeCrl({ issuer: "ARK-Milan", issuerKey: snpKeys.root, ...input });
  return { type: "AmdCrl", value: { line: "Milan", crl } };
}

/** Everything that Intel's and AMD's evidence of a test needs, in an order that a chain takes. */
export function collateralItems(): readonly CollateralItem[] {
  return [
    rootCrlItem(),
    pckCrlItem(),
    ...intelTextItems("sgx"),
    ...intelTextItems("tdx"),
    amdCrlItem(),
  ];
}
