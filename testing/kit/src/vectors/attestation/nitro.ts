/** Documents of AWS Nitro enclaves. */
import { NITRO_ROOT, verifyNitroDocument } from "@pha/attestation";
import { compareFacts, fileOf, hexOf, type ManifestCase, timeOf } from "./manifest.ts";
import { checkObjections, ELSEWHERE, factsOrRefusal } from "./verdict.ts";

export function checkNitro(one: ManifestCase): undefined {
  const document = fileOf(one, "document");
  const facts = factsOrRefusal(
    one,
    verifyNitroDocument({ document, root: NITRO_ROOT, now: timeOf(one) }),
  );
  if (facts === undefined) return undefined;
  const hexOrNull = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : hexOf(bytes));
  // Only registers that hold something are listed.
  const held = [...facts.pcrs].filter(([, value]) => value.some((byte) => byte !== 0));
  const shown = {
    moduleId: facts.moduleId,
    timestamp: new Date(Number(facts.timestampMs)).toISOString(),
    digest: "SHA384",
    pcrs: Object.fromEntries(held.map(([index, value]) => [index, hexOf(value)])),
    debug: facts.isDebug,
    userData: hexOrNull(facts.userData),
    nonce: hexOrNull(facts.nonce),
    publicKey: hexOrNull(facts.publicKey),
    leafValid: [facts.leafNotBefore, facts.leafNotAfter].map(opensslTime),
    chainLength: facts.certificates,
  };
  compareFacts(one.expect, shown, new Set(ELSEWHERE));
  checkObjections(one, facts.isDebug ? ["debug"] : [], {
    "PCR0 is zero: debug-mode enclave": "debug",
  });
  return undefined;
}

/** Such as "Dec 25 13:15:34 2025 GMT". */
function opensslTime(at: bigint): string {
  const [, day = "", month = "", year = "", time = ""] = new Date(Number(at))
    .toUTCString()
    .split(" ");
  return `${month} ${day.replace(/^0/, " ")} ${time} ${year} GMT`;
}
