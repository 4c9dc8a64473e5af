/**
 * Whether an item of collateral is what a vendor signed, and current.
 *
 * **Trust**: the item is hostile, whoever brings it; roots are pinned, time and Intel's list of revoked authorities are the
 * verifier's own. **Not here**: which of two good items is newer (`isNewerCollateral`), and items that nobody signs.
 */
import type { CollateralItem, CollateralSlot } from "@pha/protocol";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import {
  type CollateralError,
  type RootTrust,
  verifyPckCrl,
  verifyQeIdentity,
  verifyTcbInfo,
} from "../intel/collateral.ts";
import type { SnpSigningKey } from "../sev-snp/parse.ts";
import type { SnpProductLine } from "../sev-snp/tcb.ts";
import {
  type Certificate,
  type CertificateUnparsable,
  parseCertificate,
} from "../x509/certificate.ts";
import { anchorOf, type PathError, verifyPath } from "../x509/chain.ts";
import { type Crl, checkNotRevoked, checkUpdateTimes, parseCrl, verifyCrl } from "../x509/crl.ts";
import type { VendorRoots } from "./roots.ts";

export interface ItemTrust {
  readonly roots: VendorRoots;
  /** Unix milliseconds. */
  readonly at: bigint;
  /** Items that the verifier has already. */
  readonly view: CollateralView;
}

/** The newest item of a slot. */
export type CollateralView = (slot: CollateralSlot) => CollateralItem | undefined;

export interface VerifiedItem {
  readonly slot: CollateralSlot;
  /** Unix milliseconds. */
  readonly issuedAtMs: bigint;
  /** Unix milliseconds: of the item and of whoever signed it. */
  readonly validUntilMs: bigint;
  /** Intel's number of evaluation; 0 of what has none. */
  readonly number: number;
}

export type CollateralItemError =
  | CollateralError
  | CertificateUnparsable
  | PathError
  /** Intel's other items wait for the list of the root. */
  | { readonly code: "collateral/no-root-crl" }
  /** The word of governance, which nobody can prove. */
  | { readonly code: "collateral/unsigned" }
  /** Not an authority that issues keys of chips or providers. */
  | { readonly code: "collateral/other-issuer" };

/** @returns the slot that the item belongs in */
export function verifyCollateralItem(
  item: CollateralItem,
  trust: ItemTrust,
): Result<VerifiedItem, CollateralItemError> {
  switch (item.type) {
    case "IntelRootCrl":
      return verifyList(
        item.value,
        trust.roots.intel,
        { type: item.type, value: undefined },
        trust,
      );
    case "IntelPckCrl":
    case "IntelTcbInfo":
    case "IntelQeIdentity":
      return verifyIntelItem(item, trust);
    case "AmdCrl": {
      const { line, crl } = item.value;
      return verifyList(crl, trust.roots.amd[line].root, { type: item.type, value: line }, trust);
    }
    case "AmdIssuer":
      return verifyAmdIssuer(item.value, trust);
    case "AndroidStatus":
    case "AndroidListedAt":
    case "ArmPlatformKey":
      return fail({ code: "collateral/unsigned" });
  }
}

function verifyList(
  bytes: Uint8Array,
  issuer: Certificate,
  slot: CollateralSlot,
  { at }: ItemTrust,
): Result<VerifiedItem, CollateralItemError> {
  const crl = parseCrl(bytes, slot.type);
  if (!crl.ok) return crl;
  const current = verifyCrl(crl.value, issuer, at, slot.type);
  return current.ok ? ok(itemOf(slot, crl.value, issuer)) : current;
}

function itemOf(slot: CollateralSlot, crl: Crl, issuer: Certificate): VerifiedItem {
  const { thisUpdate, nextUpdate } = crl;
  return {
    slot,
    issuedAtMs: thisUpdate,
    validUntilMs: earlier(nextUpdate, issuer.notAfter),
    number: 0,
  };
}

function verifyIntelItem(
  item: Extract<CollateralItem, { type: `Intel${"PckCrl" | "TcbInfo" | "QeIdentity"}` }>,
  { roots, at, view }: ItemTrust,
): Result<VerifiedItem, CollateralItemError> {
  const list = view({ type: "IntelRootCrl", value: undefined });
  if (list?.type !== "IntelRootCrl") return fail({ code: "collateral/no-root-crl" });
  const rootCaCrl = parseCrl(list.value, "root-ca-crl");
  if (!rootCaCrl.ok) return rootCaCrl;
  const trust: RootTrust = { root: roots.intel, rootCaCrl: rootCaCrl.value, at };
  const signer = parseCertificate(
    item.type === "IntelPckCrl" ? item.value.issuer : item.value.signer,
  );
  if (!signer.ok) return signer;
  if (item.type === "IntelPckCrl") {
    const pck = verifyPckCrl([signer.value], item.value.crl, trust);
    if (!pck.ok) return pck;
    return ok(
      itemOf({ type: item.type, value: pckCaOf(pck.value.ca) }, pck.value.crl, signer.value),
    );
  }
  const { text, signature } = item.value;
  if (item.type === "IntelTcbInfo") {
    const read = verifyTcbInfo([signer.value], text, signature, trust);
    if (!read.ok) return read;
    const { tee, fmspc } = read.value.signed;
    return signedItem({ type: item.type, value: { tee, fmspc } }, read.value, at);
  }
  const read = verifyQeIdentity([signer.value], text, signature, trust);
  if (!read.ok) return read;
  return signedItem({ type: item.type, value: read.value.signed.tee }, read.value, at);
}

/** The two authorities are told apart by their names, which Intel signed. */
export function pckCaOf({ commonName }: Pick<Certificate, "commonName">): "Platform" | "Processor" {
  return commonName?.includes("Processor") === true ? "Processor" : "Platform";
}

interface Issued {
  readonly signer: Certificate;
  readonly signed: {
    readonly issuedAt: bigint;
    readonly nextUpdateAt: bigint;
    readonly evaluationDataNumber: number;
  };
}

function signedItem(
  slot: CollateralSlot,
  { signer, signed }: Issued,
  at: bigint,
): Result<VerifiedItem, CollateralItemError> {
  const { issuedAt, nextUpdateAt, evaluationDataNumber } = signed;
  const untimely = checkUpdateTimes(issuedAt, nextUpdateAt, at, slot.type);
  if (untimely !== undefined) return fail(untimely);
  return ok({
    slot,
    issuedAtMs: issuedAt,
    validUntilMs: earlier(nextUpdateAt, signer.notAfter),
    number: evaluationDataNumber,
  });
}

function verifyAmdIssuer(
  { line, certificate }: { readonly line: SnpProductLine; readonly certificate: Uint8Array },
  { roots, at, view }: ItemTrust,
): Result<VerifiedItem, CollateralItemError> {
  const parsed = parseCertificate(certificate);
  if (!parsed.ok) return parsed;
  const { root, issuers } = roots.amd[line];
  const keys: readonly SnpSigningKey[] = ["VCEK", "VLEK"];
  const key = keys.find((one) => equalBytes(issuers[one].subject, parsed.value.subject));
  if (key === undefined || parsed.value.basicConstraints?.isCa !== true)
    return fail({ code: "collateral/other-issuer" });
  const path = verifyPath({ chain: [parsed.value], anchor: anchorOf(root), at });
  if (!path.ok) return path;
  const list = view({ type: "AmdCrl", value: line });
  if (list?.type === "AmdCrl") {
    const crl = parseCrl(list.value.crl, "AmdCrl");
    if (!crl.ok) return crl;
    const revoked = checkNotRevoked(crl.value, parsed.value);
    if (revoked !== undefined) return fail({ ...revoked, part: "AmdIssuer" });
  }
  const { notBefore, notAfter } = parsed.value;
  return ok({
    slot: { type: "AmdIssuer", value: { line, key } },
    issuedAtMs: notBefore,
    validUntilMs: earlier(notAfter, root.notAfter),
    number: 0,
  });
}

const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);
