/** Certificate chains of Android devices, with what their key description is expected to say. */

import {
  findAndroidRoot,
  GOOGLE_ROOTS,
  KEY_DESCRIPTION,
  type KeyDescription,
  objectionsToAndroid,
  parseAndroidChain,
  parseKeyDescription,
  parseStatusList,
  verifyAndroidKey,
  verifyAndroidPath,
} from "@pha/attestation";
import { assert, toBase64 } from "../check.ts";
import { compareFacts, fileOf, hexOf, type ManifestCase, timeOf } from "./manifest.ts";
import { assertReason } from "./reason-codes.ts";
import { certificatesIn, checkObjections, ELSEWHERE, textOf } from "./verdict.ts";

export function checkAndroid(one: ManifestCase): undefined {
  const { expect } = one;
  const ders = certificatesIn(fileOf(one, "chain"));
  const now = timeOf(one);
  const verdict = verifyAndroidKey({
    chain: ders,
    roots: GOOGLE_ROOTS,
    now,
    revocation: revocationOf(one),
  });
  const mustVerify =
    expect.get("cryptographicallyValid") ??
    (expect.get("chainSignaturesValid") === true && expect.get("googleRoot") === true);
  if (!verdict.ok) assertReason(expect.get("reasonCode"), verdict.error.code);
  const chain = parseAndroidChain(ders);
  if (!chain.ok) {
    assert(!verdict.ok && mustVerify === false, "refused");
    return undefined;
  }
  const path = verifyAndroidPath(chain.value, GOOGLE_ROOTS, now);
  const outside = chain.value
    .filter(({ notBefore, notAfter }) => now < notBefore || now > notAfter)
    .map(({ serial }) => hexOf(serial));
  const extension = chain.value[0]?.extensions.get(KEY_DESCRIPTION);
  const parsed = extension && parseKeyDescription(extension.value);
  const description = parsed?.ok ? parsed.value : undefined;
  const boot = description?.hardwareEnforced.rootOfTrust;
  const shown = {
    chainSignaturesValid: path.ok || !/certificate-(signature|chain)$/.test(path.error.code),
    googleRoot: findAndroidRoot(chain.value, GOOGLE_ROOTS) !== undefined,
    certificatesOutsideValidityAtThisTime: outside,
    chainLength: chain.value.length,
    serials: chain.value.map(({ serial }) => hexOf(serial)),
    securityLevel: description?.securityLevel,
    attestationVersion: description?.attestationVersion,
    deviceLocked: boot?.deviceLocked,
    verifiedBootState: boot?.verifiedBootState,
  };
  compareFacts(expect, shown, new Set(ELSEWHERE));
  // A root of Google's whose own certificate has ended goes on by its key, so only what is below it ends a chain.
  if (outside.length === 0) assert.equal(verdict.ok, mustVerify, codeOf(verdict));
  const claims = one.files.get("expectedClaims");
  if (claims !== undefined && description !== undefined) compareClaims(description, textOf(claims));
  const objections = description === undefined ? [] : objectionsToAndroid(description);
  const refusal = verdict.ok ? [] : [verdict.error.code];
  checkObjections(one, [...objections, ...refusal], {
    "bootloader unlocked": "unlocked",
    "software attestation": "software",
    "verifiedBootKey is all zeros (test build)": "no-boot-key",
    "root not Google hardware root": "android/untrusted-root",
    "leaf signature invalid": "attestation/certificate-signature",
  });
  return undefined;
}

function codeOf(verdict: ReturnType<typeof verifyAndroidKey>): string {
  return verdict.ok ? "verified" : verdict.error.code;
}

function revocationOf({ files }: ManifestCase) {
  const bytes = files.get("statusList") ?? files.get("status");
  if (bytes === undefined) return { accept: "any", because: "the case has no list" } as const;
  const list = parseStatusList(bytes);
  assert(list.ok, "a status list");
  return { statusList: list.value };
}

/** Numbers are written as text, bytes in base64, and lines may be comments. */
function compareClaims(description: KeyDescription, text: string): void {
  const claims = JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
  const { hardwareEnforced: hardware, softwareEnforced: software } = description;
  const base64 = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : toBase64(bytes);
  const number = (value: number | bigint | undefined) =>
    value === undefined ? undefined : String(value);
  const boot = hardware.rootOfTrust;
  const shown: readonly (readonly [string, unknown, unknown])[] = [
    ["attestationVersion", claims.attestationVersion, number(description.attestationVersion)],
    ["keyMintVersion", claims.keyMintVersion, number(description.keymasterVersion)],
    ["challenge", claims.attestationChallenge, base64(description.challenge)],
    ["uniqueId", claims.uniqueId, base64(description.uniqueId)],
    [
      "creationDateTime",
      claims.softwareEnforced?.creationDateTime,
      number(software.creationDateTime),
    ],
    ["moduleHash", claims.softwareEnforced?.moduleHash, base64(software.moduleHash)],
    [
      "signatures",
      claims.softwareEnforced?.attestationApplicationId?.signatures,
      software.application?.signatureDigests.map(base64),
    ],
    [
      "packages",
      claims.softwareEnforced?.attestationApplicationId?.packages,
      software.application?.packages.map(({ name, version }) => ({
        name,
        version: number(version),
      })),
    ],
    ["purposes", claims.hardwareEnforced?.purposes, hardware.purposes.map(number)],
    ["algorithms", claims.hardwareEnforced?.algorithms, number(hardware.algorithm)],
    ["keySize", claims.hardwareEnforced?.keySize, number(hardware.keySizeBits)],
    ["osVersion", claims.hardwareEnforced?.osVersion, number(hardware.osVersion)],
    ["osPatchLevel", claims.hardwareEnforced?.osPatchLevel, number(hardware.osPatchLevel)],
    [
      "vendorPatchLevel",
      claims.hardwareEnforced?.vendorPatchLevel,
      number(hardware.vendorPatchLevel),
    ],
    ["bootPatchLevel", claims.hardwareEnforced?.bootPatchLevel, number(hardware.bootPatchLevel)],
    [
      "bootKey",
      claims.hardwareEnforced?.rootOfTrust?.verifiedBootKey,
      base64(boot?.verifiedBootKey),
    ],
    ["locked", claims.hardwareEnforced?.rootOfTrust?.deviceLocked, boot?.deviceLocked],
    [
      "bootState",
      claims.hardwareEnforced?.rootOfTrust?.verifiedBootState,
      boot?.verifiedBootState.toUpperCase(),
    ],
    [
      "bootHash",
      claims.hardwareEnforced?.rootOfTrust?.verifiedBootHash,
      base64(boot?.verifiedBootHash),
    ],
  ];
  for (const [name, wanted, fact] of shown) assert.deepEqual(fact, wanted, name);
}
