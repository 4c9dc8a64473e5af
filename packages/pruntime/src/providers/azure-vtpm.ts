/**
 * Confidential machines of Azure on SEV-SNP and TDX: the paravisor holds the hardware report, and its virtual TPM quotes for
 * the guest. The guest cannot put data of its own into the hardware report: the quote's extra data binds it. What makes the
 * report worth something comes through the host: the certificate of AMD's chip, or Intel's quote.
 *
 * The sealing key is an HMAC of the TPM's owner seed that can be computed only while the registers are what they are:
 * another boot chain has another key, and cannot ask for this one.
 *
 * @see TPM 2.0 Part 3
 */
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import {
  AzureEnvelope,
  AzureTdxEnvelope,
  type EvidenceKind,
  evidenceEnvelope,
  type ParavisorHardware,
  type ParavisorReport,
  parseParavisorReport,
} from "@pha/attestation";
import { hkdf, sha256 } from "@pha/crypto";
import { LOCAL_TD_REPORT_BYTES } from "@pha/protocol";
import { encode, PhaError, utf8 } from "@pha/scale";
import { askedVek, type VekSource } from "./chip-key.ts";
import { type DeviceFiles, patiently, systemFiles } from "./device-files.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import { askedQuote, type TdQuoteSource } from "./td-quote.ts";
import {
  ALGORITHM,
  COMMAND,
  HANDLE,
  join,
  pcrSelection,
  send,
  sized,
  type TpmTransport,
  u16,
  u32,
} from "./tpm-commands.ts";
import { tpmCounters } from "./tpm-counter.ts";

export const TPM_DEVICE = "/dev/tpmrm0";
/** Key that the paravisor made and named in its report. */
const ATTESTATION_KEY = 0x8100_0003;
const REPORT_INDEX = 0x0140_0001;
const NV_CHUNK = 1024;
const MAX_ANSWER_BYTES = 4096;
const PCRS = Array.from({ length: 24 }, (_, register) => register);
/** Firmware, boot loader, kernel and its command line. */
const SEALING_PCRS = PCRS.slice(0, 13);
/** The TPM gives at most eight digests an answer. */
const MAX_DIGESTS = 8;

type HardwareSource = VekSource & TdQuoteSource;

export interface VtpmOptions extends HardwareSource {
  /** Default: the device, where it is. */
  readonly transport?: TpmTransport | undefined;
  readonly files?: Pick<DeviceFiles, "exists" | "pause">;
}

const NAME: Readonly<Record<ParavisorHardware, string>> = {
  snp: "azure-vtpm",
  tdx: "azure-vtpm-tdx",
};
const KIND: Readonly<Record<ParavisorHardware, EvidenceKind>> = {
  snp: "AzureVtpm",
  tdx: "AzureTdx",
};

/** `undefined` without a TPM, and with one that has no report of a paravisor. */
export async function openVtpmProvider({
  transport,
  files = systemFiles,
  ...source
}: VtpmOptions = {}): Promise<EvidenceProvider | undefined> {
  if (transport === undefined && !(await files.exists(TPM_DEVICE))) return undefined;
  const tpm = transport ?? deviceTransport(TPM_DEVICE);
  const found = await patiently(files, async () =>
    (await reportBytes(tpm)) === undefined ? undefined : readReport(tpm),
  );
  if (found === undefined) return undefined;
  const { hardware } = found.paravisor;
  return {
    name: NAME[hardware],
    kind: KIND[hardware],
    evidence: (reportData) => evidenceOf(tpm, files, reportData, source),
    sealingKey: () => patiently(files, () => sealingKeyOf(tpm)),
    counters: tpmCounters(tpm, files),
  };
}

/** One answer to each command, on one descriptor. */
export function deviceTransport(path: string): TpmTransport {
  return {
    async exchange(command) {
      const device = await open(path, "r+");
      try {
        await device.write(command);
        const { bytesRead, buffer } = await device.read(Buffer.alloc(MAX_ANSWER_BYTES));
        return new Uint8Array(buffer.subarray(0, bytesRead));
      } finally {
        await device.close();
      }
    },
  };
}

/** Length of the paravisor's report; `undefined` where there is no such index. */
async function reportBytes(tpm: TpmTransport): Promise<number | undefined> {
  try {
    const answer = await send(tpm, { code: COMMAND.nvReadPublic, handles: [REPORT_INDEX] });
    const info = answer.sized();
    return new DataView(info.buffer).getUint16(info.length - 2);
  } catch (error) {
    if (error instanceof PhaError && error.code === "provider/tpm-refused") return undefined;
    throw error;
  }
}

/** The TPM is asked again when it is busy; the host is asked once. */
async function evidenceOf(
  tpm: TpmTransport,
  files: Pick<DeviceFiles, "pause">,
  reportData: Uint8Array,
  source: HardwareSource,
): Promise<Uint8Array> {
  const { paravisorReport, paravisor } = await patiently(files, () => readReport(tpm));
  const { hardware, hardwareReport } = paravisor;
  const registers = () => patiently(files, () => quotedRegisters(tpm, reportData));
  if (hardware === "tdx") {
    const quote = await askedQuote(hardwareReport.slice(0, LOCAL_TD_REPORT_BYTES), source);
    const body = { paravisorReport, quote, ...(await registers()) };
    return evidenceEnvelope(KIND[hardware], encode(AzureTdxEnvelope, body));
  }
  const vek = source.vek ?? (await askedVek(hardwareReport.slice(), source));
  if (vek === undefined)
    throw new PhaError("provider/no-vek-file", "the certificate of the chip's key is missing", {
      hint: "Let the worker host's collateral keeper ask AMD's key service, or fetch it from Azure's metadata service and give its DER with --platform FILE.",
    });
  const body = { paravisorReport, vek, issuers: undefined, ...(await registers()) };
  return evidenceEnvelope(KIND[hardware], encode(AzureEnvelope, body));
}

/** Whatever took long comes before it: the quote is of the registers as they were read. */
async function quotedRegisters(tpm: TpmTransport, reportData: Uint8Array) {
  const pcrs = await readPcrs(tpm, PCRS);
  return { pcrs, ...(await quoteOver(tpm, sha256(reportData))) };
}

interface FoundReport {
  readonly paravisorReport: Uint8Array;
  readonly paravisor: ParavisorReport;
}

async function readReport(tpm: TpmTransport): Promise<FoundReport> {
  const length = (await reportBytes(tpm)) ?? 0;
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < length; offset += NV_CHUNK) {
    const answer = await send(tpm, {
      code: COMMAND.nvRead,
      handles: [HANDLE.owner, REPORT_INDEX],
      sessions: [HANDLE.password],
      parameters: join(u16(Math.min(NV_CHUNK, length - offset)), u16(offset)),
    });
    parts.push(answer.sized());
  }
  const paravisorReport = join(...parts);
  const parsed = parseParavisorReport(paravisorReport);
  if (!parsed.ok)
    throw new PhaError(
      "provider/no-paravisor-report",
      "the TPM has something else where Azure's paravisor keeps its report",
      {
        facts: { bytes: paravisorReport.length, part: parsed.error.part },
        hint: "Update pRuntime if this is a confidential machine of Azure; else name another provider with --provider.",
      },
    );
  return { paravisorReport, paravisor: parsed.value };
}

async function readPcrs(
  tpm: TpmTransport,
  registers: readonly number[],
): Promise<readonly Uint8Array[]> {
  const values: Uint8Array[] = [];
  for (let at = 0; at < registers.length; at += MAX_DIGESTS) {
    const asked = registers.slice(at, at + MAX_DIGESTS);
    const answer = await send(tpm, { code: COMMAND.pcrRead, parameters: pcrSelection(asked) });
    answer.u32(); // counter of changes
    const banks = answer.u32();
    for (let bank = 0; bank < banks; bank++) {
      answer.u16();
      const [size = 0] = answer.bytes(1);
      answer.bytes(size);
    }
    const count = answer.u32();
    if (count !== asked.length)
      throw new PhaError("provider/no-sha256-bank", "the TPM has no SHA-256 bank of registers", {
        facts: { asked: asked.length, count },
        hint: "Switch the SHA-256 bank on with tpm2_pcrallocate and start the machine anew.",
      });
    for (let i = 0; i < count; i++) values.push(answer.sized());
  }
  return values;
}

/** @param extraData 32 bytes */
async function quoteOver(tpm: TpmTransport, extraData: Uint8Array) {
  const answer = await send(tpm, {
    code: COMMAND.quote,
    handles: [ATTESTATION_KEY],
    sessions: [HANDLE.password],
    parameters: join(
      sized(extraData),
      u16(ALGORITHM.rsassa),
      u16(ALGORITHM.sha256),
      pcrSelection(PCRS),
    ),
  });
  const message = answer.sized();
  answer.u16();
  answer.u16();
  return { message, signature: answer.sized() };
}

async function sealingKeyOf(tpm: TpmTransport): Promise<Uint8Array> {
  return keyUnder(tpm, await sealingPolicy(tpm));
}

/** Digest of the policy that the registers are what they are now. */
export async function sealingPolicy(tpm: TpmTransport): Promise<Uint8Array> {
  const selection = pcrSelection(SEALING_PCRS);
  const values = join(...(await readPcrs(tpm, SEALING_PCRS)));
  return sha256(join(new Uint8Array(32), u32(COMMAND.policyPcr), selection, sha256(values)));
}

/** @throws PhaError `provider/tpm-refused` when the registers are others than the policy's */
export async function keyUnder(tpm: TpmTransport, policy: Uint8Array): Promise<Uint8Array> {
  const key = await createHmacKey(tpm, policy);
  try {
    const session = await startPolicy(tpm, pcrSelection(SEALING_PCRS));
    const answer = await send(tpm, {
      code: COMMAND.hmac,
      handles: [key],
      sessions: [session],
      parameters: join(sized(utf8("pha/v1/sealing")), u16(ALGORITHM.sha256)),
    });
    return hkdf(answer.sized(), new Uint8Array(0), utf8("sealing"), 32);
  } finally {
    await send(tpm, { code: COMMAND.flushContext, parameters: u32(key) });
  }
}

/** Fixed to the TPM and this hierarchy, made inside, used by policy alone, for HMACs. */
const KEY_ATTRIBUTES = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 7) | (1 << 18);

/** The same key for the same policy: it is derived from the TPM's seed. */
async function createHmacKey(tpm: TpmTransport, policy: Uint8Array): Promise<number> {
  const template = join(
    u16(ALGORITHM.keyedHash),
    u16(ALGORITHM.sha256),
    u32(KEY_ATTRIBUTES),
    sized(policy),
    u16(ALGORITHM.hmac),
    u16(ALGORITHM.sha256),
    sized(new Uint8Array(0)),
  );
  const answer = await send(tpm, {
    code: COMMAND.createPrimary,
    handles: [HANDLE.owner],
    sessions: [HANDLE.password],
    parameters: join(
      sized(join(sized(new Uint8Array(0)), sized(new Uint8Array(0)))),
      sized(template),
      sized(new Uint8Array(0)),
      u32(0),
    ),
    answerHandles: 1,
  });
  return answer.handles[0] ?? 0;
}

async function startPolicy(tpm: TpmTransport, selection: Uint8Array): Promise<number> {
  const answer = await send(tpm, {
    code: COMMAND.startAuthSession,
    handles: [HANDLE.null, HANDLE.null],
    parameters: join(
      sized(new Uint8Array(randomBytes(16))),
      sized(new Uint8Array(0)),
      Uint8Array.of(1),
      u16(ALGORITHM.null),
      u16(ALGORITHM.sha256),
    ),
    answerHandles: 1,
  });
  const session = answer.handles[0] ?? 0;
  await send(tpm, {
    code: COMMAND.policyPcr,
    handles: [session],
    parameters: join(sized(new Uint8Array(0)), selection),
  });
  return session;
}
