/**
 * Confidential guests of Linux (TDX, SEV-SNP, CCA): reports by way of configfs.
 *
 * Each request makes a folder of its own, writes the report data once and reads what comes out. The kernel counts writes
 * in `generation`: when it has counted another than ours, somebody else wrote, and the report may be over other data.
 *
 * @see Linux configfs-tsm
 */
import { randomBytes } from "node:crypto";
import { type EvidenceKind, evidenceEnvelope, parseQuote, SnpEnvelope } from "@pha/attestation";
import { encode, PhaError, toHex, utf8ToText } from "@pha/scale";
import { askedVek, type VekSource } from "./chip-key.ts";
import { codeOf, type DeviceFiles, patiently, systemFiles } from "./device-files.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import { readSnpCertificates } from "./snp-certificates.ts";

/** Where the kernel mounts it. */
export const TSM_FOLDER = "/sys/kernel/config/tsm/report";
/** Requests that another's writes may spoil before we give up. */
const ATTEMPTS = 3;
const SNP_REPORT_BYTES = 1184;

const KINDS: Readonly<Record<string, EvidenceKind>> = {
  tdx_guest: "IntelTdxDcap",
  sev_guest: "AmdSevSnp",
  arm_cca_guest: "ArmCca",
};

export interface ConfigfsOptions extends VekSource {
  readonly folder?: string;
  readonly files?: DeviceFiles;
}

interface Report {
  readonly provider: string;
  readonly out: Uint8Array;
  /** SEV-SNP: the host's certificates. */
  readonly aux: Uint8Array | undefined;
}

/** `undefined` where the kernel has no such folder. */
export async function openConfigfsProvider(
  options: ConfigfsOptions = {},
): Promise<EvidenceProvider | undefined> {
  const { folder = TSM_FOLDER, files = systemFiles } = options;
  if (!(await files.exists(folder))) return undefined;
  const { provider } = await patiently(files, () => request(folder, files, new Uint8Array(64)));
  const kind = KINDS[provider];
  if (kind === undefined)
    throw new PhaError(
      "provider/unknown-guest",
      "the kernel names a kind of guest that is unknown",
      {
        facts: { provider },
        hint: "Update pRuntime, or name another provider with --provider.",
      },
    );
  return {
    name: `configfs-tsm/${provider}`,
    kind,
    evidence: async (reportData) =>
      evidenceEnvelope(kind, await bodyOf(await reportOver(folder, files, reportData), options)),
    // TDX and CCA have none. SEV-SNP derives one through its older device, which `--provider sev-guest` takes.
    sealingKey: () => Promise.resolve(undefined),
  };
}

async function reportOver(
  folder: string,
  files: DeviceFiles,
  reportData: Uint8Array,
): Promise<Report> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await patiently(files, () => request(folder, files, reportData));
    } catch (cause) {
      const isSpoilt = cause instanceof PhaError && cause.code === "provider/interfered";
      if (!isSpoilt || attempt === ATTEMPTS) throw cause;
    }
  }
}

/** A busy quoting service fails the read; the next try makes a folder of its own again. */
async function request(
  folder: string,
  files: DeviceFiles,
  reportData: Uint8Array,
): Promise<Report> {
  const entry = `${folder}/pha-${toHex(randomBytes(8)).slice(2)}`;
  const text = async (name: string) =>
    (utf8ToText(await files.read(`${entry}/${name}`)) ?? "").trim();
  await files.makeFolder(entry);
  try {
    const before = Number(await text("generation"));
    await files.write(`${entry}/inblob`, reportData);
    const out = await files.read(`${entry}/outblob`);
    const aux = await auxOf(files, entry);
    const provider = await text("provider");
    const after = Number(await text("generation"));
    if (after !== before + 1)
      throw new PhaError("provider/interfered", "somebody else wrote into our request", {
        facts: { before, after },
        hint: "Find out which program of this machine uses configfs-tsm in folders that are not its own.",
      });
    return { provider, out, aux };
  } finally {
    await files.removeFolder(entry);
  }
}

/** Guests without certificates have no such file, or an empty one. */
async function auxOf(files: DeviceFiles, entry: string): Promise<Uint8Array | undefined> {
  try {
    const aux = await files.read(`${entry}/auxblob`);
    return aux.length === 0 ? undefined : aux;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENXIO") return undefined;
    throw error;
  }
}

async function bodyOf({ provider, out, aux }: Report, source: VekSource): Promise<Uint8Array> {
  switch (provider) {
    case "tdx_guest":
      return quoteOf(out);
    case "sev_guest":
      return snpBody(out, aux ?? new Uint8Array(0), source);
    default:
      return out;
  }
}

/** Some hosts give buffers that are longer than the quote. @throws PhaError `provider/no-quote` */
export function quoteOf(bytes: Uint8Array): Uint8Array {
  const quote = parseQuote(bytes);
  if (quote.ok) return bytes.slice(0, quote.value.bytes);
  throw new PhaError("provider/no-quote", "the platform gave something that is no quote", {
    facts: { cause: quote.error.code, bytes: bytes.length },
    hint: "Check the quoting service of the machine and its access to the platform's certificates.",
  });
}

/** @param table the host's certificates @throws PhaError `provider/no-vek` */
export async function snpBody(
  report: Uint8Array,
  table: Uint8Array,
  source: VekSource,
): Promise<Uint8Array> {
  if (report.length < SNP_REPORT_BYTES)
    throw new PhaError("provider/no-report", "the platform gave something that is no report", {
      facts: { bytes: report.length },
      hint: "Check that the guest was started with SEV-SNP and that its firmware answers requests.",
    });
  const given = readSnpCertificates(table);
  const vek =
    given.vek ?? source.vek ?? (await askedVek(report.slice(0, SNP_REPORT_BYTES), source));
  if (vek === undefined)
    throw new PhaError("provider/no-vek", "the host gives no certificate of the chip's key", {
      hint: "Let the host install it, or the worker host's collateral keeper ask AMD's key service, or give it with --platform FILE.",
    });
  const issuers = given.vek === undefined ? undefined : given.issuers;
  return encode(SnpEnvelope, {
    report: report.slice(0, SNP_REPORT_BYTES),
    vek,
    issuers: issuers && [...issuers],
  });
}
