/** Tokens of Arm CCA realms and of PSA devices, with the key that their maker endorses. */

import { type EcdsaKey, verifyCcaToken, verifyPsaToken } from "@pha/attestation";
import { concatBytes } from "@pha/scale";
import { assert, fromBase64 } from "../check.ts";
import { compareFacts, fileOf, type ManifestCase } from "./manifest.ts";
import { checkObjections, ELSEWHERE, factsOrRefusal, textOf } from "./verdict.ts";

/** Text about the binding that the verification itself has checked. */
const ABOUT_BINDING = "binding";

export function checkCca(one: ManifestCase): undefined {
  const verdict = verifyCcaToken({ token: fileOf(one, "token"), platformKey: keyOf(one) });
  const facts = factsOrRefusal(one, verdict);
  if (facts === undefined) return undefined;
  const { platform, realm } = facts;
  const shown = {
    platformAlg: facts.platformAlgorithm,
    realmAlg: facts.realmAlgorithm,
    platformProfile: platform.profile,
    lifecycle: platform.lifecycleValue,
    realmProfile: realm.profile ?? null,
    rakEncoding: realm.publicKey[0] === 4 ? "raw" : "COSE_Key",
    realmInitialMeasurement: realm.initialMeasurement,
    realmChallenge: realm.challenge,
    instanceId: platform.instanceId,
    implementationId: platform.implementationId,
  };
  compareFacts(one.expect, shown, new Set([...ELSEWHERE, ABOUT_BINDING]));
  checkObjections(one, objectionsTo(platform.lifecycle), {});
  return undefined;
}

export function checkPsa(one: ManifestCase): undefined {
  const verdict = verifyPsaToken({ token: fileOf(one, "token"), attestationKey: keyOf(one) });
  const facts = factsOrRefusal(one, verdict);
  if (facts === undefined) return undefined;
  const shown = { ...facts, alg: facts.algorithm, lifecycle: facts.lifecycleValue };
  compareFacts(one.expect, shown, new Set(ELSEWHERE));
  checkObjections(one, objectionsTo(facts.lifecycle), {});
  return undefined;
}

function objectionsTo(lifecycle: string): readonly string[] {
  return lifecycle === "secured" ? [] : [lifecycle];
}

/** A JSON Web Key. */
function keyOf(one: ManifestCase): EcdsaKey {
  const { crv, x, y } = JSON.parse(textOf(fileOf(one, "platformKey")));
  assert((crv === "P-256" || crv === "P-384") && typeof x === "string" && typeof y === "string");
  const bytes = (text: string) => fromBase64(text);
  return { curve: crv, publicKey: concatBytes(bytes(x), bytes(y)) };
}
