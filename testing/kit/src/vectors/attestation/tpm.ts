/** Quotes of TPMs: alone, and of Azure's machines with the paravisor's report. */

import {
  AMD_AUTHORITIES,
  objectionsToSnp,
  parseTpmKey,
  type TpmQuoteEvidence,
  verifyAzureSnp,
  verifyTpmQuote,
} from "@pha/attestation";
import { fromHex, utf8 } from "@pha/scale";
import { assert, fromBase64 } from "../check.ts";
import { compareFacts, fileOf, type ManifestCase, timeOf } from "./manifest.ts";
import {
  certificatesIn,
  checkObjections,
  ELSEWHERE,
  factsOrRefusal,
  issuersIn,
  textOf,
} from "./verdict.ts";

/** Texts about what the verification itself has checked. */
const ABOUT = ["binding", "akSource", "signature"];
const RSA_BYTES = [256, 384, 512];

export function checkTpm(one: ManifestCase): undefined {
  const evidence = evidenceOf(one);
  assert(typeof evidence["ak_public"] === "string", "an attestation key");
  const key = parseTpmKey(bytesOf(evidence["ak_public"]));
  assert(key !== undefined, "an attestation key");
  const facts = factsOrRefusal(one, verifyTpmQuote(quoteOf(evidence), key));
  if (facts === undefined) return undefined;
  const shown = { ...facts, tpmExtraData: facts.extraData, akCertified: false };
  compareFacts(one.expect, shown, new Set([...ELSEWHERE, ...ABOUT]));
  checkObjections(one, [], {});
  return undefined;
}

export function checkAzureSnp(one: ManifestCase): undefined {
  const evidence = evidenceOf(one);
  const { hcl_report: report, vcek } = evidence;
  assert(typeof report === "string" && typeof vcek === "string", "report and key");
  const [vek = bytesOf(vcek)] = vcek.includes("-----BEGIN") ? certificatesIn(utf8(vcek)) : [];
  const chain = one.files.get("chain");
  const verdict = verifyAzureSnp({
    paravisorReport: bytesOf(report),
    quote: quoteOf(evidence),
    vek,
    issuers: chain && issuersIn(chain),
    authorities: AMD_AUTHORITIES,
    now: timeOf(one),
    revocation: { accept: "any", because: "the case has no list" },
  });
  const facts = factsOrRefusal(one, verdict);
  if (facts === undefined) return undefined;
  const { snp, tpm } = facts;
  const shown = { ...snp, tpmExtraData: tpm.extraData, pcrDigest: tpm.pcrDigest };
  compareFacts(one.expect, shown, new Set([...ELSEWHERE, ...ABOUT]));
  checkObjections(one, objectionsToSnp(snp), {});
  return undefined;
}

type Evidence = Readonly<Record<string, unknown>>;

function evidenceOf(one: ManifestCase): Evidence {
  return JSON.parse(textOf(fileOf(one, "evidence")));
}

function quoteOf({ tpm_quote: quote }: Evidence): TpmQuoteEvidence {
  assert(typeof quote === "object" && quote !== null, "a quote");
  assert("message" in quote && "signature" in quote && "pcrs" in quote, "a quote");
  const { message, signature, pcrs } = quote;
  assert(typeof message === "string" && typeof signature === "string" && Array.isArray(pcrs));
  const bytes = bytesOf(signature);
  const values = pcrs.map((value, index) => [index, fromHex(String(value))] as const);
  return {
    message: bytesOf(message),
    signature: { form: RSA_BYTES.includes(bytes.length) ? "bare-rsa" : "structure", bytes },
    pcrs: { "SHA-256": new Map(values) },
  };
}

/** Makers write bytes in hex, base64 or base64url. */
function bytesOf(text: string): Uint8Array {
  if (/^([0-9a-f]{2})+$/.test(text)) return fromHex(text);
  return fromBase64(text);
}
