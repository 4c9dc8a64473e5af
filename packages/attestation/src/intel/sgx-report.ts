/** Report of an SGX enclave: body of quotes, and what a quoting enclave says of itself. */
import { assert } from "@pha/scale";

export const SGX_REPORT_BYTES = 384;

export interface SgxReport {
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  /** 4 bytes. */
  readonly miscSelect: Uint8Array;
  /** Flags and XFRM, 8 bytes each. */
  readonly attributes: Uint8Array;
  /** 32 bytes. It does not cover the attributes: a debug launch has the same. */
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  /** 64 bytes. */
  readonly configId: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly configSvn: number;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** The host may read the enclave's memory. */
  readonly debug: boolean;
}

const DEBUG_BIT = 2;

/** @param bytes `SGX_REPORT_BYTES` of them */
export function readSgxReport(bytes: Uint8Array): SgxReport {
  assert(bytes.length === SGX_REPORT_BYTES, "an SGX report has 384 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const part = (from: number, length: number): Uint8Array => bytes.slice(from, from + length);
  const attributes = part(48, 16);
  return {
    cpuSvn: part(0, 16),
    miscSelect: part(16, 4),
    attributes,
    mrEnclave: part(64, 32),
    mrSigner: part(128, 32),
    configId: part(192, 64),
    isvProdId: view.getUint16(256, true),
    isvSvn: view.getUint16(258, true),
    configSvn: view.getUint16(260, true),
    reportData: part(320, 64),
    debug: ((attributes[0] ?? 0) & DEBUG_BIT) !== 0,
  };
}
