/** What Intel's evidence says that runs, as the 32 bytes of allow-lists. */
import { programDigest } from "../program-digest.ts";
import type { SgxReport } from "./sgx-report.ts";
import type { TdReport } from "./td-report.ts";

export type EnclaveRegisters = Pick<SgxReport, "mrEnclave" | "mrSigner" | "isvProdId" | "isvSvn">;

export function sgxProgram({
  mrEnclave,
  mrSigner,
  isvProdId,
  isvSvn,
}: EnclaveRegisters): Uint8Array {
  const numbers = [isvProdId, isvSvn].map((value) => Uint8Array.of(value & 255, value >> 8));
  return programDigest("IntelSgxDcap", [mrEnclave, mrSigner, ...numbers]);
}

export type DomainRegisters = Pick<
  TdReport,
  "mrTd" | "rtmrs" | "mrConfigId" | "mrOwner" | "mrOwnerConfig"
>;

export function tdxProgram(registers: DomainRegisters): Uint8Array {
  return programDigest("IntelTdxDcap", domainValues(registers));
}

/** In the order of measurements. */
export function domainValues(registers: DomainRegisters): readonly Uint8Array[] {
  const { mrTd, rtmrs, mrConfigId, mrOwner, mrOwnerConfig } = registers;
  return [mrTd, ...rtmrs, mrConfigId, mrOwner, mrOwnerConfig];
}
