/** Report of a trust domain, of TDX 1.0 and 1.5: body of quotes. */
import { assert } from "@pha/scale";

export const TD10_REPORT_BYTES = 584;
export const TD15_REPORT_BYTES = 648;

export interface TdReport {
  /** Security versions of the TDX module (first two bytes) and of what is below it, 16 bytes. */
  readonly teeTcbSvn: Uint8Array;
  /** 48 bytes, as all registers and measurements. */
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  /** 8 bytes. */
  readonly seamAttributes: Uint8Array;
  /** 8 bytes. */
  readonly tdAttributes: Uint8Array;
  /** 8 bytes. */
  readonly xfam: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  /** Four. */
  readonly rtmrs: readonly Uint8Array[];
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** Of TDX 1.5: security versions now, when `teeTcbSvn` are those of the launch. */
  readonly teeTcbSvn2: Uint8Array | undefined;
  /** Of TDX 1.5: hash of the service trust domains that are bound; zero when there is none. */
  readonly mrServiceTd: Uint8Array | undefined;
  /** The host may read the trust domain's memory: any bit of the first byte is set. */
  readonly debug: boolean;
  /** Bits of `tdAttributes`. */
  readonly septVeDisable: boolean;
  readonly migratable: boolean;
  readonly perfmon: boolean;
}

const bitOf = (bytes: Uint8Array, bit: number): boolean =>
  ((bytes[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;

/** @param bytes `TD10_REPORT_BYTES` or `TD15_REPORT_BYTES` of them */
export function readTdReport(bytes: Uint8Array): TdReport {
  const isLater = bytes.length === TD15_REPORT_BYTES;
  assert(isLater || bytes.length === TD10_REPORT_BYTES, "a TD report has 584 or 648 bytes");
  const part = (from: number, length: number): Uint8Array => bytes.slice(from, from + length);
  const tdAttributes = part(120, 8);
  return {
    teeTcbSvn: part(0, 16),
    mrSeam: part(16, 48),
    mrSignerSeam: part(64, 48),
    seamAttributes: part(112, 8),
    tdAttributes,
    xfam: part(128, 8),
    mrTd: part(136, 48),
    mrConfigId: part(184, 48),
    mrOwner: part(232, 48),
    mrOwnerConfig: part(280, 48),
    rtmrs: [328, 376, 424, 472].map((from) => part(from, 48)),
    reportData: part(520, 64),
    teeTcbSvn2: isLater ? part(584, 16) : undefined,
    mrServiceTd: isLater ? part(600, 48) : undefined,
    debug: tdAttributes[0] !== 0,
    septVeDisable: bitOf(tdAttributes, 28),
    migratable: bitOf(tdAttributes, 29),
    perfmon: bitOf(tdAttributes, 63),
  };
}
