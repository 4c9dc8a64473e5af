/** Quotes and paravisor reports of machines that exist in a test only. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { sha256, sha384 } from "@pha/crypto";
import { concatBytes, plainBytes, utf8 } from "@pha/scale";
import type { VerifyAzureSnpInput } from "../tpm/verify-azure.ts";
import type { VerifyAzureTdxInput } from "../tpm/verify-azure-tdx.ts";
import type { TpmKey, TpmQuoteEvidence } from "../tpm/verify-quote.ts";
import { ecSigner } from "./certificates.ts";
import { makeQuote as makeTdQuote, type TdReportInput, tdReport } from "./dcap.ts";
import { makeSnp, type SnpSample } from "./snp.ts";

const ak = ecSigner("ak");
export const AK: TpmKey = { type: "EC", curve: "P-256", publicKey: ak.publicKey };

function be(bytes: number, value: number | bigint): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let at = bytes - 1, rest = BigInt(value); at >= 0; at--, rest >>= 8n)
    out[at] = Number(rest & 255n);
  return out;
}
const sized = (bytes: Uint8Array) => concatBytes(be(2, bytes.length), bytes);
const u32le = (value: number) => be(4, value).reverse();

export const PCRS: ReadonlyMap<number, Uint8Array> = new Map(
  Array.from({ length: 24 }, (_, at) => [at, new Uint8Array(32).fill(at)] as const),
);

export interface QuoteSample {
  readonly magic?: number;
  readonly type?: number;
  readonly extraData?: Uint8Array;
  /** Algorithm and bitmap. */
  readonly selections?: readonly (readonly [number, Uint8Array])[];
  readonly safe?: number;
  readonly pcrDigest?: Uint8Array;
  readonly after?: Uint8Array;
}

/** Registers 0 and 9 of the SHA-256 bank. */
export const SELECTED: readonly [number, Uint8Array] = [0x000b, Uint8Array.of(1, 2, 0)];
const selectedDigest = sha256(concatBytes(new Uint8Array(32), new Uint8Array(32).fill(9)));

export function makeQuoteMessage(sample: QuoteSample = {}): Uint8Array {
  const selections = sample.selections ?? [SELECTED];
  return concatBytes(
    be(4, sample.magic ?? 0xff544347),
    be(2, sample.type ?? 0x8018),
    sized(new Uint8Array(34).fill(1)),
    sized(sample.extraData ?? sha256(new Uint8Array(64).fill(3))),
    be(8, 123_456n),
    be(4, 5),
    be(4, 6),
    be(1, sample.safe ?? 1),
    be(8, 7n),
    be(4, selections.length),
    ...selections.map(([bank, bitmap]) => concatBytes(be(2, bank), be(1, bitmap.length), bitmap)),
    sized(sample.pcrDigest ?? selectedDigest),
    sample.after ?? new Uint8Array(0),
  );
}

/** `TPMT_SIGNATURE` of ECDSA with SHA-256. */
export function ecSignature(message: Uint8Array): Uint8Array {
  const raw = ak.signRaw(message);
  return concatBytes(be(2, 0x0018), be(2, 0x000b), sized(raw.slice(0, 32)), sized(raw.slice(32)));
}

export function makeQuote(sample: QuoteSample = {}): TpmQuoteEvidence {
  const message = makeQuoteMessage(sample);
  return {
    message,
    signature: { form: "structure", bytes: ecSignature(message) },
    pcrs: { "SHA-256": PCRS },
  };
}

export interface RsaPair {
  readonly privateKey: KeyObject;
  readonly jwk: { readonly n: string; readonly e: string };
}

export function rsaPair(): RsaPair {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  return { privateKey, jwk: { n, e } };
}

export interface AzureSample {
  readonly claims?: string;
  readonly hash?: 1 | 2;
  /** 2 SNP, 4 TDX. */
  readonly hardware?: number;
  readonly snp?: SnpSample;
  readonly quote?: QuoteSample;
  readonly reportData?: Uint8Array;
}

export function claimsOf({ jwk }: RsaPair): string {
  return JSON.stringify({
    keys: [{ kid: "HCLAkPub", key_ops: ["sign"], kty: "RSA", ...jwk }],
    "vm-configuration": { "secure-boot": true, "tpm-enabled": true, vmUniqueId: "1" },
  });
}

/** Everything that `verifyAzureSnp` takes, good unless the sample says otherwise. */
export function makeAzure(pair: RsaPair, sample: AzureSample = {}): VerifyAzureSnpInput {
  const reportData = hardwareReportData(pair, sample);
  const { report, ...snp } = makeSnp({ ...sample.snp, reportData });
  return {
    ...snp,
    paravisorReport: makeParavisorReport(pair, report, { hardware: 2, ...sample }),
    quote: signedByVtpm(pair, sample.quote),
  };
}

export interface AzureTdxSample extends Omit<AzureSample, "snp"> {
  readonly td?: TdReportInput;
  /** Of TDX 1.5: a body of 648 bytes, in a quote of version 5. */
  readonly isLater?: boolean;
}

/** As `makeAzure`, on TDX; collateral and time are the caller's. */
export function makeAzureTdx(
  pair: RsaPair,
  sample: AzureTdxSample = {},
): Pick<VerifyAzureTdxInput, "paravisorReport" | "quote" | "tpmQuote"> {
  const reportData = hardwareReportData(pair, sample);
  const { isLater = false } = sample;
  const body = tdReport(sample.td, isLater);
  body.set(reportData, 520);
  // What the module reports to its own machine: report data behind versions and hashes, then attributes and registers.
  const local = new Uint8Array(1184);
  local[0] = 0x81;
  local.set(reportData, 128);
  local.set(body.subarray(120, 520), 512);
  return {
    paravisorReport: makeParavisorReport(pair, local, { hardware: 4, ...sample }),
    quote: makeTdQuote({ version: isLater ? 5 : 4, body }),
    tpmQuote: signedByVtpm(pair, sample.quote),
  };
}

/** What the paravisor has the hardware report. */
function hardwareReportData(pair: RsaPair, sample: AzureTdxSample): Uint8Array {
  const claims = utf8(sample.claims ?? claimsOf(pair));
  const digest = sample.hash === 2 ? sha384(claims) : sha256(claims);
  return sample.reportData ?? concatBytes(digest, new Uint8Array(64 - digest.length));
}

function makeParavisorReport(pair: RsaPair, report: Uint8Array, sample: AzureSample): Uint8Array {
  const claims = utf8(sample.claims ?? claimsOf(pair));
  return concatBytes(
    utf8("HCLA"),
    u32le(1),
    u32le(0),
    u32le(2),
    new Uint8Array(16),
    report,
    u32le(20 + claims.length),
    u32le(1),
    u32le(sample.hardware ?? 2),
    u32le(sample.hash ?? 1),
    u32le(claims.length),
    claims,
    new Uint8Array(32),
  );
}

function signedByVtpm(pair: RsaPair, sample: QuoteSample = {}): TpmQuoteEvidence {
  const message = makeQuoteMessage(sample);
  return {
    message,
    signature: { form: "bare-rsa", bytes: plainBytes(sign("sha256", message, pair.privateKey)) },
    pcrs: { "SHA-256": PCRS },
  };
}
