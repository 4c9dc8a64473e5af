/**
 * AWS Nitro enclaves: documents of the security module behind `/dev/nsm`, asked for by one `ioctl` with CBOR on both ways.
 *
 * **Bounds**: `MAX_ANSWER_BYTES`, which is the device's own. **Trust**: the device is of the hypervisor that is attested;
 * what it signs, a verifier looks at. What is no answer to our request is refused here. **Not here**: a sealing key; an
 * enclave has none, and no disk.
 *
 * @see AWS Nitro attestation
 */
import {
  type CborMap,
  cborHead,
  decodeCbor,
  evidenceEnvelope,
  isCborMap,
  parseNitroDocument,
} from "@pha/attestation";
import { concatBytes, equalBytes, PhaError, utf8 } from "@pha/scale";
import { type DeviceFiles, patiently, systemFiles } from "./device-files.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import { fixedBuffer, type IoctlDevices, nativeIoctl } from "./ioctl.ts";

export const NSM_DEVICE = "/dev/nsm";
/** `_IOWR(0x0A, 0, struct nsm_message)`: two iovecs of address and length. */
export const NSM_REQUEST = 0xc020_0a00;
const MESSAGE_BYTES = 32;
const MAX_ANSWER_BYTES = 0x3000;

export interface NitroOptions {
  readonly files?: Pick<DeviceFiles, "exists" | "pause">;
  readonly devices?: IoctlDevices;
}

/** `undefined` where there is no such device. */
export async function openNitroProvider({
  files = systemFiles,
  devices = nativeIoctl(),
}: NitroOptions = {}): Promise<EvidenceProvider | undefined> {
  if (!(await files.exists(NSM_DEVICE))) return undefined;
  return {
    name: "nitro",
    kind: "AwsNitro",
    async evidence(reportData) {
      const answer = await patiently(files, () => ask(devices, attestationRequest(reportData)));
      return evidenceEnvelope("AwsNitro", documentOf(answer, reportData));
    },
    sealingKey: () => Promise.resolve(undefined),
  };
}

/** `{"Attestation": {"user_data": …, "nonce": null, "public_key": null}}` */
export function attestationRequest(reportData: Uint8Array): Uint8Array {
  const text = (value: string) => concatBytes(cborHead(3, value.length), utf8(value));
  const none = Uint8Array.of(0xf6);
  return concatBytes(
    cborHead(5, 1),
    text("Attestation"),
    cborHead(5, 3),
    text("user_data"),
    concatBytes(cborHead(2, reportData.length), reportData),
    text("nonce"),
    none,
    text("public_key"),
    none,
  );
}

async function ask(devices: IoctlDevices, bytes: Uint8Array): Promise<Uint8Array> {
  const request = fixedBuffer(bytes.length);
  request.set(bytes);
  const answer = fixedBuffer(MAX_ANSWER_BYTES);
  const argument = fixedBuffer(MESSAGE_BYTES);
  const view = new DataView(argument.buffer);
  view.setBigUint64(8, BigInt(request.length), true);
  view.setBigUint64(24, BigInt(answer.length), true);
  const addresses = [
    { of: request, into: argument, at: 0 },
    { of: answer, into: argument, at: 16 },
  ];
  await devices.call(NSM_DEVICE, { request: NSM_REQUEST, argument, addresses });
  const length = view.getBigUint64(24, true);
  if (length > BigInt(answer.length)) throw malformed("length");
  return answer.slice(0, Number(length));
}

/** @throws PhaError `provider/nsm-refused`, `provider/nsm-malformed` */
export function documentOf(answer: Uint8Array, reportData: Uint8Array): Uint8Array {
  const decoded = decodeCbor(answer, { streamed: "allow" });
  if (!decoded.ok) throw malformed(decoded.error.reason);
  const whole = mapOf(decoded.value);
  const error = whole?.get("Error");
  if (typeof error === "string")
    throw new PhaError("provider/nsm-refused", "the security module refused the request", {
      facts: { error: error.slice(0, 64) },
      hint: "Start the enclave anew with a current kernel; its driver and the module must fit.",
    });
  const document = mapOf(whole?.get("Attestation"))?.get("document");
  if (whole?.size !== 1 || !(document instanceof Uint8Array)) throw malformed("document");
  const parsed = parseNitroDocument(document);
  if (!parsed.ok) throw malformed(parsed.error.code);
  // A document over other data would be refused by everybody, after it was sent.
  if (parsed.value.userData === undefined || !equalBytes(parsed.value.userData, reportData))
    throw malformed("user_data");
  return document.slice();
}

function mapOf(value: Parameters<typeof isCborMap>[0]): CborMap | undefined {
  return isCborMap(value) ? value : undefined;
}

function malformed(cause: string): PhaError {
  return new PhaError("provider/nsm-malformed", "the security module's answer has no known form", {
    facts: { cause },
    hint: "Use a current kernel in the enclave, and update pRuntime.",
  });
}
