/** What Intel writes into a platform's certificate (PCK): who the platform is, and its security versions. */
import { fail, ok, type Result } from "@pha/scale";
import type { Certificate } from "../x509/certificate.ts";
import { type DerReader, readDer, TAG } from "../x509/der.ts";

export interface PckFacts {
  /** Names the processor package, 16 bytes. */
  readonly ppid: Uint8Array;
  /** Sixteen. */
  readonly componentSvns: readonly number[];
  readonly pceSvn: number;
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** Family, model, stepping, platform and custom SKU: which TCB info is for it; 6 bytes. */
  readonly fmspc: Uint8Array;
  /** Names the platform, 16 bytes; only in certificates of the Platform CA. */
  readonly platformInstanceId: Uint8Array | undefined;
  /** Only in certificates of the Platform CA. */
  readonly smtEnabled: boolean | undefined;
}

export interface PckError {
  readonly code: "attestation/pck-malformed";
  readonly reason: string;
}

const SGX = "1.2.840.113741.1.13.1";
const COMPONENTS = 16;
const NONE = new Uint8Array(0);

export function readPckFacts(certificate: Certificate): Result<PckFacts, PckError> {
  const code = "attestation/pck-malformed";
  const extension = certificate.extensions.get(SGX);
  if (extension === undefined) return fail({ code, reason: "the SGX extension is absent" });
  const read = readDer(extension.value, readSgxExtension);
  return read.ok ? ok(read.value) : fail({ code, reason: read.error.reason });
}

/** Entries by the last arc under `prefix`, each once, in rising order as Intel writes them. */
function readEntries(
  reader: DerReader,
  prefix: string,
  entries: Readonly<Record<number, (value: DerReader) => void>>,
): ReadonlySet<number> {
  const seen = new Set<number>();
  let last = 0;
  reader.sequenceOf((list) =>
    list.sequence((entry: DerReader) => {
      const oid = entry.oid();
      const arc = oid.startsWith(`${prefix}.`) ? Number(oid.slice(prefix.length + 1)) : Number.NaN;
      const read = entries[arc];
      if (read === undefined) entry.fail("an entry of the SGX extension is unknown");
      if (arc <= last) entry.fail("entries of the SGX extension are out of order");
      last = arc;
      seen.add(arc);
      read(entry);
    }),
  );
  return seen;
}

function readSgxExtension(reader: DerReader): PckFacts {
  const componentSvns: number[] = [];
  let pceSvn = 0;
  let ppid: Uint8Array = NONE;
  let cpuSvn: Uint8Array = NONE;
  let pceId: Uint8Array = NONE;
  let fmspc: Uint8Array = NONE;
  let platformInstanceId: Uint8Array | undefined;
  let smtEnabled: boolean | undefined;
  const flag = (value: DerReader): boolean => value.boolean();
  const tcb = Object.fromEntries(
    Array.from({ length: COMPONENTS }, (_, i) => [
      i + 1,
      (value: DerReader): void => {
        componentSvns.push(value.unsigned(255));
      },
    ]),
  );
  const seen = readEntries(reader, SGX, {
    1: (value) => {
      ppid = octets(value, 16);
    },
    2: (value) => {
      const inner = readEntries(value, `${SGX}.2`, {
        ...tcb,
        17: (svn) => {
          pceSvn = svn.unsigned(65_535);
        },
        18: (svn) => {
          cpuSvn = octets(svn, 16);
        },
      });
      if (inner.size !== COMPONENTS + 2) value.fail("a security version is missing");
    },
    3: (value) => {
      pceId = octets(value, 2);
    },
    4: (value) => {
      fmspc = octets(value, 6);
    },
    5: (value) => {
      value.unsigned(255, TAG.enumerated);
    },
    6: (value) => {
      platformInstanceId = octets(value, 16);
    },
    7: (value) => {
      readEntries(value, `${SGX}.7`, {
        1: flag,
        2: flag,
        3: (smt) => {
          smtEnabled = smt.boolean();
        },
      });
    },
  });
  for (const required of [1, 2, 3, 4, 5])
    if (!seen.has(required)) reader.fail("an entry of the SGX extension is missing");
  return { ppid, componentSvns, pceSvn, cpuSvn, pceId, fmspc, platformInstanceId, smtEnabled };
}

function octets(value: DerReader, length: number): Uint8Array {
  const bytes = value.octetString();
  if (bytes.length !== length) value.fail("an entry of the SGX extension has another length");
  return bytes.slice();
}
