/** Evidence of SEV-SNP machines that exist in a test only. */
import { concatBytes, utf8 } from "@pha/scale";
import type { SnpSigningKey } from "../sev-snp/parse.ts";
import type { AmdAuthorities } from "../sev-snp/roots.ts";
import type { SnpProductLine } from "../sev-snp/tcb.ts";
import type { VerifySnpInput } from "../sev-snp/verify.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { element, octets, unsigned } from "../x509/der-writer.ts";
import {
  type ExtensionInput,
  ecSigner,
  makeCertificate,
  NOW,
  type Signer,
} from "./certificates.ts";

const AMD = "1.3.6.1.4.1.3704.1";

export const snpKeys = {
  root: ecSigner("ark", "P-384", "sha384"),
  issuer: ecSigner("ask", "P-384", "sha384"),
  vek: ecSigner("vek", "P-384", "sha384"),
};

/** Parts of a TCB version: FMC, boot loader, TEE, SNP, microcode. */
export type TcbParts = readonly [number, number, number, number, number];
const TCB: TcbParts = [1, 3, 0, 8, 115];

export interface SnpSample {
  readonly line?: SnpProductLine;
  readonly kind?: SnpSigningKey;
  /** Default 3. */
  readonly version?: number;
  readonly tcb?: Partial<Record<"current" | "reported" | "committed" | "launch", TcbParts>>;
  /** Of the certificate; default: what is reported. */
  readonly vekTcb?: TcbParts;
  readonly chipId?: Uint8Array;
  /** Of report and certificate, 64 bytes, instead of the usual one. */
  readonly hardwareId?: Uint8Array;
  readonly reportData?: Uint8Array;
  /** Changes of the report before it is signed. */
  readonly edit?: (report: DataView) => void;
  /** Changes of the certificate's extensions. */
  readonly extensions?: (usual: readonly ExtensionInput[]) => readonly ExtensionInput[];
  readonly subject?: string;
  readonly vekKey?: Signer;
  /** Signs the certificate; default: the usual authority. */
  readonly issuerKey?: Signer;
  /** Serial of the issuer. */
  readonly issuerSerial?: number;
}

const authority = (line: SnpProductLine, name: string): Uint8Array =>
  makeCertificate({
    subject: name,
    subjectKey: name.startsWith("ARK") ? snpKeys.root : snpKeys.issuer,
    issuer: `ARK-${line}`,
    issuerKey: snpKeys.root,
    serial: name.startsWith("ARK") ? 1 : 2,
    authority: {},
  });

function parsed(der: Uint8Array) {
  const certificate = parseCertificate(der);
  if (!certificate.ok) throw new Error("a test's certificate is well formed");
  return certificate.value;
}

function authoritiesOf(line: SnpProductLine): AmdAuthorities {
  return {
    root: parsed(authority(line, `ARK-${line}`)),
    issuers: {
      VCEK: parsed(authority(line, `SEV-${line}`)),
      VLEK: parsed(authority(line, `SEV-VLEK-${line}`)),
    },
  };
}

export const SNP_AUTHORITIES: Readonly<Record<SnpProductLine, AmdAuthorities>> = {
  Milan: authoritiesOf("Milan"),
  Genoa: authoritiesOf("Genoa"),
  Turin: authoritiesOf("Turin"),
};

const CPUIDS: Readonly<Record<SnpProductLine, readonly [number, number]>> = {
  Milan: [0x19, 0x01],
  Genoa: [0x19, 0x11],
  Turin: [0x1a, 0x02],
};

/** Everything that `verifySnpReport` takes, good unless the sample says otherwise. */
export function makeSnp(sample: SnpSample = {}): VerifySnpInput {
  const { line = "Milan", kind = "VCEK", vekKey = snpKeys.vek } = sample;
  const report = makeReport(sample, line, kind);
  return {
    report,
    vek: makeVek(sample, line, kind, vekKey),
    authorities: SNP_AUTHORITIES,
    now: NOW,
    revocation: { accept: "any", because: "a test" },
  };
}

export function chipIdOf(line: SnpProductLine): Uint8Array {
  const id = new Uint8Array(64);
  id.fill(0x5a, 0, line === "Turin" ? 8 : 64);
  return id;
}

function makeReport(sample: SnpSample, line: SnpProductLine, kind: SnpSigningKey): Uint8Array {
  const version = sample.version ?? 3;
  const report = new Uint8Array(1184);
  const view = new DataView(report.buffer);
  view.setUint32(0x00, version, true);
  view.setUint32(0x04, 9, true);
  view.setBigUint64(0x08, 0x3_001fn, true);
  view.setUint32(0x34, 1, true);
  view.setBigUint64(0x40, 0x25n, true);
  view.setUint32(0x48, kind === "VLEK" ? 4 : 0, true);
  report.set(sample.reportData ?? new Uint8Array(64).fill(3), 0x50);
  report.fill(7, 0x90, 0xc0);
  report.fill(8, 0xc0, 0xe0);
  report.fill(9, 0x140, 0x160);
  report.fill(0xff, 0x160, 0x180);
  if (version > 2) report.set([...CPUIDS[line], 1], 0x188);
  const tcb = { current: TCB, reported: TCB, committed: TCB, launch: TCB, ...sample.tcb };
  report.set(tcbBytes(tcb.current, line), 0x38);
  report.set(tcbBytes(tcb.reported, line), 0x180);
  report.set(tcbBytes(tcb.committed, line), 0x1e0);
  report.set(tcbBytes(tcb.launch, line), 0x1f0);
  const chip = sample.hardwareId ?? chipIdOf(line);
  report.set(sample.chipId ?? (kind === "VLEK" ? new Uint8Array(64) : chip), 0x1a0);
  report.set([29, 55, 1, 0, 29, 55, 1], 0x1e8);
  if (version === 5) view.setBigUint64(0x1f8, 3n, true);
  sample.edit?.(view);
  return signReport(report, sample.vekKey ?? snpKeys.vek);
}

/** Puts the signature behind the signed bytes, in AMD's order of bytes. */
export function signReport(report: Uint8Array, key: Signer): Uint8Array {
  const out = report.slice();
  const signature = key.signRaw(out.subarray(0, 0x2a0));
  out.set(signature.slice(0, 48).reverse(), 0x2a0);
  out.set(signature.slice(48).reverse(), 0x2e8);
  return out;
}

function tcbBytes([fmc, boot, tee, snp, microcode]: TcbParts, line: SnpProductLine): Uint8Array {
  return line === "Turin"
    ? Uint8Array.of(fmc, boot, tee, snp, 0, 0, 0, microcode)
    : Uint8Array.of(boot, tee, 0, 0, 0, 0, snp, microcode);
}

function makeVek(
  sample: SnpSample,
  line: SnpProductLine,
  kind: SnpSigningKey,
  key: Signer,
): Uint8Array {
  const [fmc, boot, tee, snp, microcode] = sample.vekTcb ?? sample.tcb?.reported ?? TCB;
  const id = sample.hardwareId ?? chipIdOf(line);
  const chip = id.subarray(0, line === "Turin" ? 8 : 64);
  const levels = [
    [1, boot],
    [2, tee],
    [3, snp],
    [8, microcode],
    ...(line === "Turin" ? [[9, fmc] as const] : [[4, 0] as const]),
  ] as const;
  const usual: readonly ExtensionInput[] = [
    { oid: `${AMD}.1`, value: unsigned(0) },
    { oid: `${AMD}.2`, value: element(0x16, utf8(kind === "VLEK" ? line : `${line}-B0`)) },
    ...levels.map(([part, level]) => ({ oid: `${AMD}.3.${part}`, value: unsigned(level) })),
    kind === "VCEK"
      ? { oid: `${AMD}.4`, value: chip }
      : { oid: `${AMD}.5`, value: element(0x16, utf8("CN=cloud.example")) },
  ];
  return makeCertificate({
    subject: sample.subject ?? `SEV-${kind}`,
    subjectKey: key,
    issuer: kind === "VLEK" ? `SEV-VLEK-${line}` : `SEV-${line}`,
    issuerKey: sample.issuerKey ?? snpKeys.issuer,
    serial: 0,
    authority: false,
    keyUsage: false,
    extensions: sample.extensions?.(usual) ?? usual,
  });
}

/** The issuer and root of a sample as a sender gives them. */
export function givenIssuers(
  line: SnpProductLine,
  kind: SnpSigningKey,
): readonly [Uint8Array, Uint8Array] {
  const { root, issuers } = SNP_AUTHORITIES[line];
  return [issuers[kind].raw, root.raw];
}

/** A hardware id as newer certificates hold it. */
export function wrapHardwareId(usual: readonly ExtensionInput[]): readonly ExtensionInput[] {
  return usual.map((one) =>
    one.oid === `${AMD}.4` ? { ...one, value: octets(concatBytes(one.value)) } : one,
  );
}

/** The extensions without one, or with another value of it. */
export function withExtension(
  part: string,
  value: Uint8Array | undefined,
): (usual: readonly ExtensionInput[]) => readonly ExtensionInput[] {
  const oid = `${AMD}.${part}`;
  return (usual) => [
    ...usual.filter((one) => one.oid !== oid),
    ...(value === undefined ? [] : [{ oid, value }]),
  ];
}
