/** A platform with its vendor, both of a test only: quotes, certificates and collateral that verify under its own root. */
import { createHash } from "node:crypto";
import { concatBytes, fromHex, plainBytes, toHex, utf8 } from "@pha/scale";
import type { DcapCollateral } from "../intel/collateral.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { octets, oid, sequence, truth, unsigned } from "../x509/der-writer.ts";
import {
  type CertificateInput,
  DAY,
  ecSigner,
  makeCertificate,
  makeCrl,
  NOW,
  pem,
  type Signer,
} from "./certificates.ts";

export const ROOT = "Intel SGX Root CA";
export const PLATFORM_CA = "Intel SGX PCK Platform CA";
export const PCK = "Intel SGX PCK Certificate";
export const TCB_SIGNER = "Intel SGX TCB Signing";

export const keys = {
  root: ecSigner("test root"),
  platformCa: ecSigner("test platform authority"),
  pck: ecSigner("test platform"),
  tcbSigner: ecSigner("test TCB signer"),
  attestation: ecSigner("test attestation key"),
};

export const FMSPC = "00a067110000";
/** Component i has version 10. */
const SVN = 10;
const SGX = "1.2.840.113741.1.13.1";

/** Content of Intel's extension. */
export function sgxExtension(change: { fmspc?: string; pceId?: string; svn?: number } = {}) {
  const entry = (name: string, value: Uint8Array): Uint8Array => sequence(oid(name), value);
  const components = Array.from({ length: 16 }, (_, i) =>
    entry(`${SGX}.2.${i + 1}`, unsigned(change.svn ?? SVN)),
  );
  return sequence(
    entry(`${SGX}.1`, octets(new Uint8Array(16).fill(0x11))),
    entry(
      `${SGX}.2`,
      sequence(
        ...components,
        entry(`${SGX}.2.17`, unsigned(13)),
        entry(`${SGX}.2.18`, octets(new Uint8Array(16).fill(SVN))),
      ),
    ),
    entry(`${SGX}.3`, octets(fromHex(change.pceId ?? "0000"))),
    entry(`${SGX}.4`, octets(fromHex(change.fmspc ?? FMSPC))),
    entry(`${SGX}.5`, Uint8Array.of(0x0a, 1, 1)),
    entry(`${SGX}.6`, octets(new Uint8Array(16).fill(0x22))),
    entry(
      `${SGX}.7`,
      sequence(entry(`${SGX}.7.1`, truth(true)), entry(`${SGX}.7.3`, truth(false))),
    ),
  );
}

const rootInput: CertificateInput = {
  subject: ROOT,
  subjectKey: keys.root,
  issuer: ROOT,
  issuerKey: keys.root,
  authority: { maxPathLength: 1 },
};
const caInput: CertificateInput = {
  subject: PLATFORM_CA,
  subjectKey: keys.platformCa,
  issuer: ROOT,
  issuerKey: keys.root,
  serial: 2,
  authority: { maxPathLength: 0 },
};
const tcbSignerInput: CertificateInput = {
  subject: TCB_SIGNER,
  subjectKey: keys.tcbSigner,
  issuer: ROOT,
  issuerKey: keys.root,
  serial: 3,
};
const pckInput: CertificateInput = {
  subject: PCK,
  subjectKey: keys.pck,
  issuer: PLATFORM_CA,
  issuerKey: keys.platformCa,
  serial: 4,
};

export const rootDer = makeCertificate(rootInput);
export const root: Certificate = (() => {
  const parsed = parseCertificate(rootDer);
  if (!parsed.ok) throw new Error(parsed.error.reason);
  return parsed.value;
})();
export const makeCa = (change: Partial<CertificateInput> = {}): Uint8Array =>
  makeCertificate({ ...caInput, ...change });
export const makeTcbSigner = (change: Partial<CertificateInput> = {}): Uint8Array =>
  makeCertificate({ ...tcbSignerInput, ...change });
export const makePck = (
  change: Partial<CertificateInput> = {},
  extension: Uint8Array = sgxExtension(),
): Uint8Array =>
  makeCertificate({ ...pckInput, extensions: [{ oid: SGX, value: extension }], ...change });

/** Level of TCB info in which every version is `svn`. */
export function platformLevel(svn: number, tcbStatus: string, advisoryIDs: string[] = []) {
  const components = Array.from({ length: 16 }, () => ({ svn }));
  return {
    tcb: { sgxtcbcomponents: components, pcesvn: 13, tdxtcbcomponents: components },
    tcbDate: "2023-08-09T00:00:00Z",
    tcbStatus,
    advisoryIDs,
  };
}

export function isvLevel(isvsvn: number, tcbStatus: string, advisoryIDs: string[] = []) {
  return { tcb: { isvsvn }, tcbDate: "2023-02-15T00:00:00Z", tcbStatus, advisoryIDs };
}

const issue = {
  issueDate: isoTime(NOW - 5n * DAY),
  nextUpdate: isoTime(NOW + 5n * DAY),
  tcbEvaluationDataNumber: 16,
};
const module = {
  mrsigner: "00".repeat(48),
  attributes: "00".repeat(8),
  attributesMask: "FF".repeat(8),
};

export function isoTime(at: bigint): string {
  return new Date(Number(at)).toISOString().replace(".000", "");
}

export function tcbInfo(tee: "sgx" | "tdx", change: object = {}): object {
  return {
    id: tee === "sgx" ? "SGX" : "TDX",
    version: 3,
    ...issue,
    fmspc: FMSPC,
    pceId: "0000",
    tcbType: 0,
    tcbLevels: [
      platformLevel(SVN + 2, "UpToDate"),
      platformLevel(SVN, "SWHardeningNeeded", ["INTEL-SA-00615"]),
      platformLevel(SVN - 5, "OutOfDate", ["INTEL-SA-00615", "INTEL-SA-00828"]),
    ],
    ...(tee === "sgx"
      ? {}
      : {
          tdxModule: module,
          tdxModuleIdentities: [
            {
              id: "TDX_01",
              ...module,
              tcbLevels: [isvLevel(5, "UpToDate"), isvLevel(3, "OutOfDate")],
            },
          ],
        }),
    ...change,
  };
}

export function qeIdentity(tee: "sgx" | "tdx", change: object = {}): object {
  return {
    id: tee === "sgx" ? "QE" : "TD_QE",
    version: 2,
    ...issue,
    miscselect: "00000000",
    miscselectMask: "FFFFFFFF",
    attributes: `11${"00".repeat(15)}`,
    attributesMask: `FB${"FF".repeat(7)}${"00".repeat(8)}`,
    mrsigner: "AB".repeat(32),
    isvprodid: 1,
    tcbLevels: [isvLevel(8, "UpToDate"), isvLevel(6, "OutOfDate", ["INTEL-SA-00477"])],
    ...change,
  };
}

/** A signed text: what is signed and the signature. */
export function signedText(value: object | string, key: Signer = keys.tcbSigner) {
  const text = utf8(typeof value === "string" ? value : JSON.stringify(value));
  return { text, signature: key.signRaw(text) };
}

export interface CollateralInput {
  readonly tcbInfo?: object | string;
  readonly qeIdentity?: object | string;
  readonly change?: Partial<DcapCollateral>;
}

export function makeCollateral(tee: "sgx" | "tdx", input: CollateralInput = {}): DcapCollateral {
  const info = signedText(input.tcbInfo ?? tcbInfo(tee));
  const identity = signedText(input.qeIdentity ?? qeIdentity(tee));
  const signer = pem(makeTcbSigner(), rootDer);
  return {
    pckCrlIssuerChain: pem(makeCa(), rootDer),
    rootCaCrl: makeCrl({ issuer: ROOT, issuerKey: keys.root }),
    pckCrl: makeCrl({ issuer: PLATFORM_CA, issuerKey: keys.platformCa, revoked: [77] }),
    tcbInfoIssuerChain: signer,
    tcbInfo: info.text,
    tcbInfoSignature: info.signature,
    qeIdentityIssuerChain: signer,
    qeIdentity: identity.text,
    qeIdentitySignature: identity.signature,
    ...input.change,
  };
}

/** The nine fields as JSON. */
export function collateralJson(collateral: DcapCollateral): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
  const hex = (bytes: Uint8Array): string => toHex(bytes).slice(2);
  return JSON.stringify({
    pck_crl_issuer_chain: text(collateral.pckCrlIssuerChain),
    root_ca_crl: hex(collateral.rootCaCrl),
    pck_crl: hex(collateral.pckCrl),
    tcb_info_issuer_chain: text(collateral.tcbInfoIssuerChain),
    tcb_info: text(collateral.tcbInfo),
    tcb_info_signature: hex(collateral.tcbInfoSignature),
    qe_identity_issuer_chain: text(collateral.qeIdentityIssuerChain),
    qe_identity: text(collateral.qeIdentity),
    qe_identity_signature: hex(collateral.qeIdentitySignature),
  });
}

export interface SgxReportInput {
  readonly attributes?: number;
  readonly mrSigner?: number;
  readonly isvProdId?: number;
  readonly isvSvn?: number;
  readonly miscSelect?: number;
  readonly reportData?: Uint8Array;
}

export function sgxReport(input: SgxReportInput = {}): Uint8Array {
  const bytes = new Uint8Array(384);
  const view = new DataView(bytes.buffer);
  bytes.fill(SVN, 0, 16);
  view.setUint32(16, input.miscSelect ?? 0, true);
  bytes[48] = input.attributes ?? 0x05;
  bytes.fill(0x33, 64, 96);
  bytes.fill(input.mrSigner ?? 0x44, 128, 160);
  view.setUint16(256, input.isvProdId ?? 0, true);
  view.setUint16(258, input.isvSvn ?? 0, true);
  bytes.set(input.reportData ?? new Uint8Array(64).fill(0x55), 320);
  return bytes;
}

export interface TdReportInput {
  readonly teeTcbSvn?: readonly number[];
  readonly mrSignerSeam?: number;
  readonly seamAttributes?: number;
  readonly tdAttributes?: readonly number[];
  readonly rtmrs?: readonly Uint8Array[];
}

export function tdReport(input: TdReportInput = {}, isLater = false): Uint8Array {
  const bytes = new Uint8Array(isLater ? 648 : 584);
  bytes.fill(SVN, 0, 16);
  bytes[1] = 1;
  bytes.set(input.teeTcbSvn ?? [], 0);
  bytes.fill(0x66, 16, 64);
  bytes.fill(input.mrSignerSeam ?? 0, 64, 112);
  bytes[112] = input.seamAttributes ?? 0;
  bytes.set(input.tdAttributes ?? [0, 0, 0, 0x10], 120);
  bytes.fill(0x77, 136, 184);
  (input.rtmrs ?? []).forEach((value, i) => {
    bytes.set(value, 328 + 48 * i);
  });
  bytes.fill(0x88, 520, 584);
  return bytes;
}

export interface QuoteInput {
  readonly version?: 3 | 4 | 5;
  readonly body?: Uint8Array;
  readonly header?: (header: Uint8Array) => void;
  readonly chain?: Uint8Array;
  readonly certificationType?: number;
  readonly qe?: SgxReportInput;
  /** Signs the report of the quoting enclave. */
  readonly qeSigner?: Signer;
  readonly quoteSigner?: Signer;
}

const u16 = (value: number): Uint8Array => Uint8Array.of(value & 255, value >> 8);
const u32 = (value: number): Uint8Array => concatBytes(u16(value & 0xffff), u16(value >>> 16));

export function makeQuote(input: QuoteInput = {}): Uint8Array {
  const { version = 3, body = sgxReport() } = input;
  const isSgx = body.length === 384;
  const header = new Uint8Array(48);
  header[0] = version;
  header[2] = 2;
  header[4] = isSgx ? 0 : 0x81;
  header.set(fromHex("939a7233f79c4ca9940a0db3957f0607"), 12);
  input.header?.(header);
  const type = isSgx ? 1 : body.length === 584 ? 2 : 3;
  const named = version === 5 ? [u16(type), u32(body.length)] : [];
  const signed = concatBytes(header, ...named, body);
  const authData = Uint8Array.from({ length: 32 }, (_, i) => i);
  const attestationKey = keys.attestation.publicKey;
  const digest = createHash("sha256").update(attestationKey).update(authData).digest();
  const qe = sgxReport({
    attributes: 0x15,
    mrSigner: 0xab,
    isvProdId: 1,
    isvSvn: 8,
    reportData: concatBytes(plainBytes(digest), new Uint8Array(32)),
    ...input.qe,
  });
  const chain = input.chain ?? pem(makePck(), makeCa(), rootDer);
  const certification = concatBytes(
    qe,
    (input.qeSigner ?? keys.pck).signRaw(qe),
    u16(authData.length),
    authData,
    u16(input.certificationType ?? 5),
    u32(chain.length),
    chain,
  );
  const outer =
    version === 3 ? certification : concatBytes(u16(6), u32(certification.length), certification);
  const data = concatBytes(
    (input.quoteSigner ?? keys.attestation).signRaw(signed),
    attestationKey,
    outer,
  );
  return concatBytes(signed, u32(data.length), data);
}
