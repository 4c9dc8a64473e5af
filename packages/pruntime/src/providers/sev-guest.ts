/**
 * SEV-SNP guests of Linux before 6.7, which have `/dev/sev-guest` and no configfs-tsm: reports with the host's certificates,
 * and a key that the chip derives for this guest.
 *
 * The key hangs on the chip, its firmware, the guest's measurement and policy: another program does not obtain it, and
 * neither does this one after the chip's firmware was updated.
 *
 * **Bounds**: `MAX_CERTIFICATES_BYTES`, which is the kernel's own. **Trust**: the firmware signs reports; certificates are
 * the host's and count by AMD's signatures, which verifiers look at.
 *
 * @see Linux sev-guest
 * @see AMD SEV-SNP ABI "Guest messages"
 */
import { evidenceEnvelope } from "@pha/attestation";
import { hkdf } from "@pha/crypto";
import { equalBytes, PhaError, utf8 } from "@pha/scale";
import type { VekSource } from "./chip-key.ts";
import { snpBody } from "./configfs-tsm.ts";
import { codeOf, type DeviceFiles, patiently, systemFiles } from "./device-files.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import { type Address, fixedBuffer, type IoctlDevices, nativeIoctl } from "./ioctl.ts";

export const SEV_DEVICE = "/dev/sev-guest";
/** `_IOWR('S', n, struct snp_guest_request_ioctl)`. */
export const SNP_GET_REPORT = 0xc020_5300;
export const SNP_GET_DERIVED_KEY = 0xc020_5301;
export const SNP_GET_EXT_REPORT = 0xc020_5302;

/** Version of messages, and addresses of request, answer and the two error numbers. */
const ARGUMENT_BYTES = 32;
const AT = { version: 0, request: 8, answer: 16, firmwareError: 24, hostError: 28 } as const;
const REPORT_ANSWER_BYTES = 4000;
const KEY_ANSWER_BYTES = 64;
const MAX_CERTIFICATES_BYTES = 0x4000;
const REPORT_REQUEST_BYTES = 96;
const REPORT_BYTES = 1184;
/** In a report. */
const REPORT_DATA_AT = 0x50;
/** Of the answer: status, size, and then the report; status and then the key. */
const REPORT_AT = 32;
/** What the key hangs on beside the chip: bits of the guest's policy and of its measurement. */
const KEY_FIELDS = (1n << 0n) | (1n << 3n);

export interface SevGuestOptions extends VekSource {
  readonly files?: Pick<DeviceFiles, "exists" | "pause">;
  readonly devices?: IoctlDevices;
}

/** `undefined` where there is no such device. */
export async function openSevGuestProvider({
  files = systemFiles,
  devices = nativeIoctl(),
  ...source
}: SevGuestOptions = {}): Promise<EvidenceProvider | undefined> {
  if (!(await files.exists(SEV_DEVICE))) return undefined;
  return {
    name: "sev-guest",
    kind: "AmdSevSnp",
    async evidence(reportData) {
      const { report, certificates } = await patiently(files, () =>
        reportOver(devices, reportData),
      );
      return evidenceEnvelope("AmdSevSnp", await snpBody(report, certificates, source));
    },
    sealingKey: () => patiently(files, () => derivedKey(devices)),
  };
}

interface Report {
  readonly report: Uint8Array;
  /** Table of the host; empty where it has none. */
  readonly certificates: Uint8Array;
}

async function reportOver(devices: IoctlDevices, reportData: Uint8Array): Promise<Report> {
  const answer = fixedBuffer(REPORT_ANSWER_BYTES);
  const certificates = fixedBuffer(MAX_CERTIFICATES_BYTES);
  // struct snp_ext_report_req: the plain request, address and length of the table.
  const request = fixedBuffer(REPORT_REQUEST_BYTES + 16);
  request.set(reportData);
  new DataView(request.buffer).setUint32(REPORT_REQUEST_BYTES + 8, certificates.length, true);
  try {
    const table = { of: certificates, into: request, at: REPORT_REQUEST_BYTES };
    await ask(devices, SNP_GET_EXT_REPORT, request, answer, [table]);
    return { report: reportOf(answer, reportData), certificates };
  } catch (error) {
    // Hosts that have no table for their guests fail the extended request.
    if (!(error instanceof PhaError && error.code === "provider/sev-refused")) throw error;
  }
  const plain = fixedBuffer(REPORT_REQUEST_BYTES);
  plain.set(reportData);
  answer.fill(0);
  await ask(devices, SNP_GET_REPORT, plain, answer);
  return { report: reportOf(answer, reportData), certificates: new Uint8Array(0) };
}

/** @throws PhaError `provider/sev-malformed`, `provider/sev-firmware` */
function reportOf(answer: Uint8Array, reportData: Uint8Array): Uint8Array {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  ensureSuccess(view.getUint32(0, true));
  const size = view.getUint32(4, true);
  const report = answer.slice(REPORT_AT, REPORT_AT + REPORT_BYTES);
  const bound = report.subarray(REPORT_DATA_AT, REPORT_DATA_AT + 64);
  if (size < REPORT_BYTES || size > answer.length - REPORT_AT || !equalBytes(bound, reportData))
    throw new PhaError(
      "provider/sev-malformed",
      "the firmware's answer is no report over our data",
      {
        facts: { size },
        hint: "Update the guest's kernel; its driver and the chip's firmware must fit.",
      },
    );
  return report;
}

async function derivedKey(devices: IoctlDevices): Promise<Uint8Array> {
  // struct snp_derived_key_req: root key (0: the chip's), fields, level, versions.
  const request = fixedBuffer(32);
  new DataView(request.buffer).setBigUint64(8, KEY_FIELDS, true);
  const answer = fixedBuffer(KEY_ANSWER_BYTES);
  await ask(devices, SNP_GET_DERIVED_KEY, request, answer);
  ensureSuccess(new DataView(answer.buffer).getUint32(0, true));
  const key = hkdf(answer.subarray(32), new Uint8Array(0), utf8("sealing"), 32);
  answer.fill(0);
  return key;
}

function ensureSuccess(status: number): void {
  if (status === 0) return;
  throw new PhaError("provider/sev-firmware", "the chip's firmware refused the request", {
    facts: { status },
    hint: "Look the status up in AMD's SEV-SNP ABI; start the guest anew with a current kernel.",
  });
}

/** The host gives way to other guests. */
const HOST_BUSY = 2;

/** @param more addresses that the request has in it */
async function ask(
  devices: IoctlDevices,
  number: number,
  request: Uint8Array<ArrayBuffer>,
  answer: Uint8Array<ArrayBuffer>,
  more: readonly Address[] = [],
): Promise<void> {
  const argument = fixedBuffer(ARGUMENT_BYTES);
  const view = new DataView(argument.buffer);
  view.setUint8(AT.version, 1);
  const addresses = [
    { of: request, into: argument, at: AT.request },
    { of: answer, into: argument, at: AT.answer },
    ...more,
  ];
  try {
    await devices.call(SEV_DEVICE, { request: number, argument, addresses });
  } catch (cause) {
    if (cause instanceof PhaError || codeOf(cause) !== "EIO") throw cause;
    const hostError = view.getUint32(AT.hostError, true);
    if (hostError === HOST_BUSY)
      throw Object.assign(new Error("the host is busy"), { code: "EAGAIN" });
    throw new PhaError("provider/sev-refused", "the device refused the request", {
      cause,
      facts: {
        request: number,
        firmwareError: view.getUint32(AT.firmwareError, true),
        hostError,
      },
      hint: "Look at the kernel's log; the host must let its guest ask for reports.",
    });
  }
}
