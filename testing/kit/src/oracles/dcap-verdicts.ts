/**
 * What three verifiers say of a DCAP quote with collateral: ours with the objections of a production policy, and two of
 * others, which judge both at once.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { objectionsToIntel, parseDcapCollateral, verifyDcap } from "@pha/attestation";
import { verify as verifyInJs } from "@phala/dcap-qvl";
import initWasm, { js_verify as verifyInWasm } from "@phala/dcap-qvl-web";

/** The nine fields: texts, and bytes in hex. */
export type CollateralJson = Readonly<Record<string, string>>;

/** A TCB status of evidence that is accepted, or `refused`. */
export type Verdict = string;

export interface Verdicts {
  readonly ours: Verdict;
  /** `@phala/dcap-qvl`. */
  readonly js: Verdict;
  /** `@phala/dcap-qvl-web`. */
  readonly wasm: Verdict;
}

const REFUSED = "refused";

/** The module is given its bytes: it would fetch them otherwise. */
export async function openDcapOracles() {
  const file = createRequire(import.meta.url).resolve("@phala/dcap-qvl-web/dcap-qvl-web_bg.wasm");
  await initWasm({ module_or_path: readFileSync(file) });
  return dcapVerdicts;
}

function dcapVerdicts(quote: Uint8Array, collateral: CollateralJson, at: bigint): Verdicts {
  const seconds = at / 1000n;
  return {
    ours: ourVerdict(quote, collateral, at),
    // Their types name the fields of a class; what they read is the JSON.
    js: theirs(() => verifyInJs(quote, collateral as never, Number(seconds))),
    wasm: theirs(() => verifyInWasm(quote, collateral, seconds)),
  };
}

function ourVerdict(quote: Uint8Array, collateral: CollateralJson, at: bigint): Verdict {
  const parsed = parseDcapCollateral(JSON.stringify(collateral));
  const verified = parsed.ok ? verifyDcap(quote, parsed.value, at) : parsed;
  if (!verified.ok || objectionsToIntel(verified.value).length > 0) return REFUSED;
  return verified.value.tcbStatus;
}

function theirs(verify: () => { readonly status: string }): Verdict {
  try {
    return verify().status;
  } catch {
    return REFUSED;
  }
}
