/**
 * Layout of DCAP quotes, versions 3 to 5, of SGX and TDX.
 *
 * A quote is a header and a body, signed by an attestation key; that key is vouched for by the report of a quoting
 * enclave, which is signed by the platform's PCK key. Every length must be used up. What follows the quote is ignored:
 * clouds hand out padded buffers.
 *
 * **Bounds**: `MAX_QUOTE_BYTES`. **Trust**: hostile bytes; nothing is verified here.
 *
 * @see Intel TDX DCAP
 */
import { equalBytes, fail, fromHex, ok, type Result } from "@pha/scale";
import { readSgxReport, SGX_REPORT_BYTES, type SgxReport } from "./sgx-report.ts";
import { readTdReport, TD10_REPORT_BYTES, TD15_REPORT_BYTES, type TdReport } from "./td-report.ts";

export const MAX_QUOTE_BYTES = 16 << 10;

export type QuoteBody =
  | { readonly type: "sgx"; readonly report: SgxReport }
  | { readonly type: "td10" | "td15"; readonly report: TdReport };

export interface Quote {
  readonly version: number;
  /** Its length; padding is behind it. */
  readonly bytes: number;
  /** What the platform's quoting enclave calls itself, 16 bytes, and 4 more. */
  readonly userData: Uint8Array;
  readonly body: QuoteBody;
  /** Header and body. */
  readonly signedBytes: Uint8Array;
  /** `r ‖ s` over P-256 and SHA-256. */
  readonly signature: Uint8Array;
  /** `x ‖ y`. */
  readonly attestationKey: Uint8Array;
  readonly qeReport: SgxReport;
  readonly qeReportBytes: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  readonly qeAuthData: Uint8Array;
  /** How the PCK certificate is given: 5 is the chain as text, 1 to 4 only name it. */
  readonly certificationType: number;
  readonly certificationData: Uint8Array;
}

export type QuoteError =
  | {
      readonly code: "attestation/quote-malformed";
      readonly reason: "too-long" | "ends-early" | "lengths-differ";
      readonly offset: number;
    }
  | {
      readonly code: "attestation/quote-unsupported";
      readonly field:
        | "version"
        | "attestation-key-type"
        | "tee-type"
        | "qe-vendor"
        | "body-type"
        | "certification-type";
      readonly value: number;
    };

const ECDSA_P256 = 2;
const TEE_SGX = 0;
const TEE_TDX = 0x81;
const INTEL_QE_VENDOR = fromHex("939a7233f79c4ca9940a0db3957f0607");
const HEADER_BYTES = 48;
const PCK_CHAIN = 5;
const QE_REPORT = 6;

class QuoteFailure extends Error {
  readonly error: QuoteError;

  constructor(error: QuoteError) {
    super(error.code);
    this.error = error;
  }
}

export function parseQuote(bytes: Uint8Array): Result<Quote, QuoteError> {
  if (bytes.length > MAX_QUOTE_BYTES)
    return fail({ code: "attestation/quote-malformed", reason: "too-long", offset: bytes.length });
  try {
    return ok(readQuote(new Cursor(bytes, 0)));
  } catch (error) {
    if (error instanceof QuoteFailure) return fail(error.error);
    throw error;
  }
}

/** Takes parts of given lengths, one behind the other. */
class Cursor {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  at = 0;

  constructor(bytes: Uint8Array, base: number) {
    this.#bytes = bytes;
    this.#base = base;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) this.#malformed("ends-early");
    this.at += length;
    return this.#bytes.slice(this.at - length, this.at);
  }

  u16(): number {
    const [low = 0, high = 0] = this.take(2);
    return low | (high << 8);
  }

  u32(): number {
    return this.u16() + 65_536 * this.u16();
  }

  /** The next `length` bytes, which must be used up by `read`. */
  within<T>(length: number, read: (inner: Cursor) => T): T {
    const inner = new Cursor(this.take(length), this.#base + this.at - length);
    const value = read(inner);
    if (inner.at !== length) inner.#malformed("lengths-differ");
    return value;
  }

  upToHere(): Uint8Array {
    return this.#bytes.slice(0, this.at);
  }

  #malformed(
    reason: Extract<QuoteError, { code: "attestation/quote-malformed" }>["reason"],
  ): never {
    const offset = this.#base + this.at;
    throw new QuoteFailure({ code: "attestation/quote-malformed", reason, offset });
  }
}

function unsupported(
  field: Extract<QuoteError, { code: "attestation/quote-unsupported" }>["field"],
  value: number,
): never {
  throw new QuoteFailure({ code: "attestation/quote-unsupported", field, value });
}

function readQuote(cursor: Cursor): Quote {
  const header = cursor.within(HEADER_BYTES, (inner) => ({
    version: inner.u16(),
    keyType: inner.u16(),
    tee: inner.u32(),
    svns: inner.take(4),
    vendor: inner.take(16),
    userData: inner.take(20),
  }));
  const { version, keyType, tee, vendor, userData } = header;
  if (version < 3 || version > 5) unsupported("version", version);
  if (keyType !== ECDSA_P256) unsupported("attestation-key-type", keyType);
  if (tee !== TEE_SGX && (tee !== TEE_TDX || version === 3)) unsupported("tee-type", tee);
  if (!equalBytes(vendor, INTEL_QE_VENDOR)) unsupported("qe-vendor", vendor[0] ?? 0);
  const body = version === 5 ? readNamedBody(cursor, tee) : readBody(cursor, tee);
  const signedBytes = cursor.upToHere();
  const signatureBytes = cursor.u32();
  const signed = cursor.within(signatureBytes, (data) => {
    const signature = data.take(64);
    const attestationKey = data.take(64);
    if (version === 3) return { signature, attestationKey, ...readCertification(data) };
    const type = data.u16();
    if (type !== QE_REPORT) unsupported("certification-type", type);
    const length = data.u32();
    return { signature, attestationKey, ...data.within(length, readCertification) };
  });
  return { version, bytes: cursor.at, userData, body, signedBytes, ...signed };
}

function readBody(cursor: Cursor, tee: number): QuoteBody {
  return tee === TEE_SGX
    ? { type: "sgx", report: readSgxReport(cursor.take(SGX_REPORT_BYTES)) }
    : { type: "td10", report: readTdReport(cursor.take(TD10_REPORT_BYTES)) };
}

/** Version 5: the body says what it is and how long. */
function readNamedBody(cursor: Cursor, tee: number): QuoteBody {
  const type = cursor.u16();
  const length = cursor.u32();
  if ((tee === TEE_SGX) !== (type === 1) || type < 1 || type > 3) unsupported("body-type", type);
  const expected =
    type === 1 ? SGX_REPORT_BYTES : type === 2 ? TD10_REPORT_BYTES : TD15_REPORT_BYTES;
  return cursor.within(length, (body): QuoteBody => {
    const bytes = body.take(expected);
    if (type === 1) return { type: "sgx", report: readSgxReport(bytes) };
    return { type: type === 2 ? "td10" : "td15", report: readTdReport(bytes) };
  });
}

function readCertification(data: Cursor) {
  const qeReportBytes = data.take(SGX_REPORT_BYTES);
  const qeReportSignature = data.take(64);
  const qeAuthData = data.take(data.u16());
  const certificationType = data.u16();
  if (certificationType < 1 || certificationType > PCK_CHAIN)
    unsupported("certification-type", certificationType);
  const certificationData = data.take(data.u32());
  return {
    qeReport: readSgxReport(qeReportBytes),
    qeReportBytes,
    qeReportSignature,
    qeAuthData,
    certificationType,
    certificationData,
  };
}
