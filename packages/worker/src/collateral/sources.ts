/** Which answers of which services a chain's policy makes worth asking for. */
import { ok, toHex } from "@pha/scale";
import type { SourceAnswer } from "./fetch-bounded.ts";
import {
  type FoundItem,
  type ListedPhone,
  type Read,
  readAmdCrl,
  readAmdIssuer,
  readPckCrl,
  readQeIdentity,
  readRootCrl,
  readStatusList,
  readTcbInfo,
  type SnpLine,
  type Tee,
} from "./read-answers.ts";

/** Services of vendors, or mirrors of them. */
export interface CollateralServices {
  /** PCS, or a PCCS. */
  readonly intelUrl: string;
  /** List of Intel's root, which PCS has elsewhere. */
  readonly intelRootCrlUrl: string;
  readonly amdUrl: string;
  readonly googleUrl: string;
}

export const PUBLIC_SERVICES: CollateralServices = {
  intelUrl: "https://api.trustedservices.intel.com",
  intelRootCrlUrl: "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
  amdUrl: "https://kdsintf.amd.com",
  googleUrl: "https://android.googleapis.com/attestation/status",
};

export interface Wanted {
  readonly tees: readonly Tee[];
  readonly snp: readonly { readonly line: SnpLine; readonly key: "VCEK" | "VLEK" }[];
  readonly phones: boolean;
}

export type Found =
  | { readonly type: "items"; readonly items: readonly FoundItem[] }
  | { readonly type: "phones"; readonly phones: readonly ListedPhone[] };

export interface CollateralSource {
  /** In logs and metrics. */
  readonly name: string;
  readonly url: string;
  read(answer: SourceAnswer): Read<Found>;
}

/** @param lines names of product lines as the chain's metadata has them, such as `IntelSgx` */
export function wantedOf(lines: readonly string[]): Wanted {
  const tees: Tee[] = [];
  if (lines.includes("IntelSgx")) tees.push("sgx");
  // Azure's machines on TDX show Intel's quote.
  if (lines.includes("IntelTdx") || lines.includes("AzureTdx")) tees.push("tdx");
  const snp = (["Milan", "Genoa", "Turin"] as const).flatMap((line) =>
    (["VCEK", "VLEK"] as const).flatMap((key) => {
      const own = `Amd${line}${key === "VCEK" ? "Vcek" : "Vlek"}`;
      // Azure's machines are attested by keys of chips.
      const isAzure = key === "VCEK" && lines.includes(`Azure${line}`);
      return lines.includes(own) || isAzure ? [{ line, key }] : [];
    }),
  );
  return { tees, snp, phones: lines.some((line) => line.startsWith("Android")) };
}

/** In an order that a chain takes: the list of Intel's root comes before what hangs on it. */
export function sourcesFor(
  { tees, snp, phones }: Wanted,
  families: readonly Uint8Array[],
  services: CollateralServices,
): readonly CollateralSource[] {
  const sources: CollateralSource[] = [];
  const add = (name: string, url: string, read: (answer: SourceAnswer) => Read<FoundItem>) =>
    sources.push({
      name,
      url,
      read(answer) {
        const item = read(answer);
        return item.ok ? ok({ type: "items", items: [item.value] }) : item;
      },
    });
  const intel = services.intelUrl.replace(/\/+$/, "");
  const amd = services.amdUrl.replace(/\/+$/, "");
  if (tees.length > 0) {
    add("intel-root-crl", services.intelRootCrlUrl, readRootCrl);
    for (const ca of ["Platform", "Processor"] as const)
      add(
        "intel-pck-crl",
        `${intel}/sgx/certification/v4/pckcrl?ca=${ca.toLowerCase()}&encoding=der`,
        (answer) => readPckCrl(ca, answer),
      );
  }
  for (const tee of tees) {
    const base = `${intel}/${tee}/certification/v4`;
    add("intel-qe-identity", `${base}/qe/identity`, (answer) => readQeIdentity(tee, answer));
    for (const fmspc of families)
      add("intel-tcb-info", `${base}/tcb?fmspc=${toHex(fmspc).slice(2).toUpperCase()}`, (answer) =>
        readTcbInfo(tee, fmspc, answer),
      );
  }
  for (const line of new Set(snp.map((one) => one.line)))
    add("amd-crl", `${amd}/vcek/v1/${line}/crl`, (answer) => readAmdCrl(line, answer));
  for (const { line, key } of snp)
    add("amd-chain", `${amd}/${key.toLowerCase()}/v1/${line}/cert_chain`, (answer) =>
      readAmdIssuer(line, key, answer),
    );
  if (phones)
    sources.push({
      name: "google-status",
      url: services.googleUrl,
      read(answer) {
        const listed = readStatusList(answer);
        return listed.ok ? ok({ type: "phones", phones: listed.value }) : listed;
      },
    });
  return sources;
}
