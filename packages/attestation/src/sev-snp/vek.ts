/**
 * Certificates of the keys that sign reports: VCEK (of one chip) and VLEK (loaded by a cloud provider).
 *
 * AMD writes into them what the key was derived from: product, TCB version and chip.
 *
 * @see AMD KDS §3.1
 */
import { fail, ok, type Result, utf8ToText } from "@pha/scale";
import type { Certificate } from "../x509/certificate.ts";
import { type DerReader, readDer, TAG } from "../x509/der.ts";
import type { SnpSigningKey } from "./parse.ts";
import type { SnpProductLine, SnpTcb } from "./tcb.ts";

const AMD = "1.3.6.1.4.1.3704.1";
const PRODUCT_NAME = `${AMD}.2`;
const SPL_BOOTLOADER = `${AMD}.3.1`;
const SPL_TEE = `${AMD}.3.2`;
const SPL_SNP = `${AMD}.3.3`;
const SPL_MICROCODE = `${AMD}.3.8`;
const SPL_FMC = `${AMD}.3.9`;
/** Parts of the TCB that no firmware has yet. */
const SPL_RESERVED = [4, 5, 6, 7].map((part) => `${AMD}.3.${part}`);
const HARDWARE_ID = `${AMD}.4`;
const CSP_ID = `${AMD}.5`;

/** Bytes of a hardware id. */
const HARDWARE_ID_BYTES: Readonly<Record<SnpProductLine, number>> = {
  Milan: 64,
  Genoa: 64,
  Turin: 8,
};
const SUBJECTS: ReadonlyMap<string, SnpSigningKey> = new Map([
  ["SEV-VCEK", "VCEK"],
  ["SEV-VLEK", "VLEK"],
]);

export interface Vek {
  readonly kind: SnpSigningKey;
  readonly line: SnpProductLine;
  /** As AMD names it, such as "Milan-B0". */
  readonly productName: string;
  readonly tcb: SnpTcb;
  /** Of the chip: 64 bytes, on Turin 8; a VCEK has it. */
  readonly hardwareId: Uint8Array | undefined;
  /** Who may use the key, such as a cloud provider's name; a VLEK has it. */
  readonly cspId: string | undefined;
  /** `x ‖ y` on P-384. */
  readonly publicKey: Uint8Array;
}

export interface VekError {
  readonly code: "snp/bad-vek";
  readonly field: VekField;
}

export type VekField = "subject" | "key" | "product" | "tcb" | "hardware-id" | "csp-id";

/** Reads what AMD wrote into a VCEK or VLEK. */
export function parseVek(certificate: Certificate): Result<Vek, VekError> {
  const kind = SUBJECTS.get(certificate.commonName ?? "");
  if (kind === undefined) return bad("subject");
  const { publicKey: key } = certificate;
  if (key.type !== "ec" || key.curve !== "P-384") return bad("key");
  const productName = textOf(certificate, PRODUCT_NAME);
  const line = productName === undefined ? undefined : productLineOf(productName);
  if (productName === undefined || line === undefined) return bad("product");
  const tcb = tcbOf(certificate, line);
  if (tcb === undefined) return bad("tcb");
  const hardwareId = hardwareIdOf(certificate, HARDWARE_ID_BYTES[line]);
  const isForKind =
    kind === "VCEK" ? hardwareId !== undefined : !certificate.extensions.has(HARDWARE_ID);
  if (!isForKind) return bad("hardware-id");
  const cspId = textOf(certificate, CSP_ID);
  if (kind === "VLEK" ? cspId === undefined : certificate.extensions.has(CSP_ID))
    return bad("csp-id");
  return ok({ kind, line, productName, tcb, hardwareId, cspId, publicKey: key.bytes });
}

function bad(field: VekField): Result<never, VekError> {
  return fail({ code: "snp/bad-vek", field });
}

/** The line that a product such as "Genoa-B1" is of. */
function productLineOf(name: string): SnpProductLine | undefined {
  const lines = ["Milan", "Genoa", "Turin"] as const;
  return lines.find((line) => name === line || name.startsWith(`${line}-`));
}

function readExtension<T>(
  certificate: Certificate,
  oid: string,
  read: (reader: DerReader) => T,
): T | undefined {
  const extension = certificate.extensions.get(oid);
  if (extension === undefined) return undefined;
  const value = readDer(extension.value, read);
  return value.ok ? value.value : undefined;
}

function textOf(certificate: Certificate, oid: string): string | undefined {
  return readExtension(certificate, oid, (reader) =>
    utf8ToText(reader.element(TAG.ia5String).content),
  );
}

/** AMD has written the bytes as they are, and later inside an octet string; the lengths tell which. */
function hardwareIdOf(certificate: Certificate, bytes: number): Uint8Array | undefined {
  const raw = certificate.extensions.get(HARDWARE_ID)?.value;
  if (raw === undefined || raw.length === bytes) return raw;
  const wrapped = readExtension(certificate, HARDWARE_ID, (reader) => reader.octetString());
  return wrapped?.length === bytes ? wrapped : undefined;
}

function tcbOf(certificate: Certificate, line: SnpProductLine): SnpTcb | undefined {
  const level = (oid: string) => readExtension(certificate, oid, (reader) => reader.unsigned(255));
  const bootloader = level(SPL_BOOTLOADER);
  const tee = level(SPL_TEE);
  const snp = level(SPL_SNP);
  const microcode = level(SPL_MICROCODE);
  const fmc = level(SPL_FMC);
  if (bootloader === undefined || tee === undefined) return undefined;
  if (snp === undefined || microcode === undefined) return undefined;
  if (line === "Turin" ? fmc === undefined : certificate.extensions.has(SPL_FMC)) return undefined;
  for (const oid of SPL_RESERVED)
    if (certificate.extensions.has(oid) && level(oid) !== 0) return undefined;
  return { fmc, bootloader, tee, snp, microcode };
}
