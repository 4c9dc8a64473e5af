/**
 * Layout of an Arm CCA token: a map of two COSE_Sign1 messages, one of the platform and one of the realm.
 *
 * **Bounds**: those of `decodeCbor`; 64 software components; four extensible measurements. **Trust**: claims until
 * `verify-cca.ts` has checked both signatures and the binding between them.
 *
 * @see Arm RMM "Attestation token format"
 */
import { fail, ok, type Result } from "@pha/scale";
import {
  type CborMap,
  type CborValue,
  decodeCbor,
  isCborArray,
  isCborMap,
  isCborTag,
} from "../cose/cbor.ts";
import { parseSign1, type Sign1, type Sign1Error } from "../cose/sign1.ts";
import {
  type ArmLifecycle,
  type ArmSoftwareComponent,
  CLAIM_CONFIGURATION,
  CLAIM_HASH_ALGORITHM,
  CLAIM_IMPLEMENTATION_ID,
  CLAIM_INSTANCE_ID,
  CLAIM_LIFECYCLE,
  CLAIM_NONCE,
  CLAIM_PROFILE,
  CLAIM_SOFTWARE,
  CLAIM_VERIFICATION_SERVICE,
  fixedClaim,
  hashClaim,
  instanceIdClaim,
  isOptionalText,
  lifecycleClaim,
  softwareClaim,
} from "./claims.ts";

const TAG_CCA = 399n;
const PLATFORM_TOKEN = 44234n;
const REALM_TOKEN = 44241n;
const CLAIM_PERSONALIZATION = 44235n;
const CLAIM_REALM_HASH_ALGORITHM = 44236n;
const CLAIM_REALM_KEY = 44237n;
const CLAIM_INITIAL_MEASUREMENT = 44238n;
const CLAIM_EXTENSIBLE_MEASUREMENTS = 44239n;
const CLAIM_KEY_HASH_ALGORITHM = 44240n;
const EXTENSIBLE_MEASUREMENTS = 4;

const PLATFORM_PROFILES = ["tag:arm.com,2023:cca_platform#1.0.0", "http://arm.com/CCA-SSD/1.0.0"];
const REALM_PROFILES = ["tag:arm.com,2023:realm#1.0.0"];

export type CcaHashAlgorithm = "sha-256" | "sha-384" | "sha-512";
const HASH_ALGORITHMS: readonly CcaHashAlgorithm[] = ["sha-256", "sha-384", "sha-512"];

export interface CcaPlatformClaims {
  readonly profile: string;
  /** Hash of the realm's key: the binding. */
  readonly challenge: Uint8Array;
  /** 32 bytes. */
  readonly implementationId: Uint8Array;
  /** 33 bytes: names the platform. */
  readonly instanceId: Uint8Array;
  readonly configuration: Uint8Array;
  readonly lifecycle: ArmLifecycle;
  readonly lifecycleValue: number;
  readonly software: readonly ArmSoftwareComponent[];
  readonly verificationService: string | undefined;
  readonly hashAlgorithm: CcaHashAlgorithm;
}

export interface CcaRealmClaims {
  /** Absent in tokens of before 2023. */
  readonly profile: string | undefined;
  /** 64 bytes that the realm bound. */
  readonly challenge: Uint8Array;
  /** 64 bytes, by the host. */
  readonly personalization: Uint8Array;
  readonly hashAlgorithm: CcaHashAlgorithm;
  /** Bytes of the key claim: what the platform's challenge is the hash of. */
  readonly publicKey: Uint8Array;
  readonly publicKeyHashAlgorithm: CcaHashAlgorithm;
  /** 32, 48 or 64 bytes. */
  readonly initialMeasurement: Uint8Array;
  /** Four, 32, 48 or 64 bytes each. */
  readonly extensibleMeasurements: readonly Uint8Array[];
}

export interface CcaToken {
  readonly platform: { readonly message: Sign1; readonly claims: CcaPlatformClaims };
  readonly realm: { readonly message: Sign1; readonly claims: CcaRealmClaims };
}

export type CcaParseError =
  | Sign1Error
  | { readonly code: "cca/malformed"; readonly part: CcaPart; readonly claim: bigint | undefined }
  | { readonly code: "cca/unknown-profile"; readonly part: CcaPart };

export type CcaPart = "token" | "platform" | "realm";

export function parseCcaToken(bytes: Uint8Array): Result<CcaToken, CcaParseError> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const token = decoded.value;
  if (!isCborTag(token) || token.tag !== TAG_CCA || !isCborMap(token.content))
    return malformed("token", undefined);
  if (token.content.size !== 2) return malformed("token", undefined);
  const platform = partOf(token.content.get(PLATFORM_TOKEN), "platform");
  if (!platform.ok) return platform;
  const platformClaims = platformOf(platform.value.claims);
  if (!platformClaims.ok) return platformClaims;
  const realm = partOf(token.content.get(REALM_TOKEN), "realm");
  if (!realm.ok) return realm;
  const realmClaims = realmOf(realm.value.claims);
  if (!realmClaims.ok) return realmClaims;
  return ok({
    platform: { message: platform.value.message, claims: platformClaims.value },
    realm: { message: realm.value.message, claims: realmClaims.value },
  });
}

function malformed(part: CcaPart, claim: bigint | undefined): Result<never, CcaParseError> {
  return fail({ code: "cca/malformed", part, claim });
}

function partOf(
  value: CborValue | undefined,
  part: "platform" | "realm",
): Result<{ readonly message: Sign1; readonly claims: CborMap }, CcaParseError> {
  if (!(value instanceof Uint8Array)) return malformed(part, undefined);
  const parsed = parseSign1(value);
  if (!parsed.ok) return parsed;
  const decoded = decodeCbor(parsed.value.payload);
  if (!decoded.ok) return decoded;
  if (!isCborMap(decoded.value)) return malformed(part, undefined);
  return ok({ message: parsed.value, claims: decoded.value });
}

function platformOf(map: CborMap): Result<CcaPlatformClaims, CcaParseError> {
  const profile = map.get(CLAIM_PROFILE);
  if (typeof profile !== "string" || !PLATFORM_PROFILES.includes(profile))
    return fail({ code: "cca/unknown-profile", part: "platform" });
  const challenge = hashClaim(map.get(CLAIM_NONCE));
  if (challenge === undefined) return malformed("platform", CLAIM_NONCE);
  const implementationId = fixedClaim(map.get(CLAIM_IMPLEMENTATION_ID), 32);
  if (implementationId === undefined) return malformed("platform", CLAIM_IMPLEMENTATION_ID);
  const instanceId = instanceIdClaim(map.get(CLAIM_INSTANCE_ID));
  if (instanceId === undefined) return malformed("platform", CLAIM_INSTANCE_ID);
  const configuration = map.get(CLAIM_CONFIGURATION);
  if (!(configuration instanceof Uint8Array)) return malformed("platform", CLAIM_CONFIGURATION);
  const lifecycle = lifecycleClaim(map.get(CLAIM_LIFECYCLE));
  if (lifecycle === undefined) return malformed("platform", CLAIM_LIFECYCLE);
  const software = softwareClaim(map.get(CLAIM_SOFTWARE));
  if (software === undefined) return malformed("platform", CLAIM_SOFTWARE);
  const verificationService = map.get(CLAIM_VERIFICATION_SERVICE);
  if (!isOptionalText(verificationService))
    return malformed("platform", CLAIM_VERIFICATION_SERVICE);
  const hashAlgorithm = hashAlgorithmOf(map.get(CLAIM_HASH_ALGORITHM));
  if (hashAlgorithm === undefined) return malformed("platform", CLAIM_HASH_ALGORITHM);
  return ok({
    profile,
    challenge,
    implementationId,
    instanceId,
    configuration,
    lifecycle: lifecycle.state,
    lifecycleValue: lifecycle.value,
    software,
    verificationService,
    hashAlgorithm,
  });
}

function realmOf(map: CborMap): Result<CcaRealmClaims, CcaParseError> {
  const profile = map.get(CLAIM_PROFILE);
  if (profile !== undefined && (typeof profile !== "string" || !REALM_PROFILES.includes(profile)))
    return fail({ code: "cca/unknown-profile", part: "realm" });
  const challenge = fixedClaim(map.get(CLAIM_NONCE), 64);
  if (challenge === undefined) return malformed("realm", CLAIM_NONCE);
  const personalization = fixedClaim(map.get(CLAIM_PERSONALIZATION), 64);
  if (personalization === undefined) return malformed("realm", CLAIM_PERSONALIZATION);
  const hashAlgorithm = hashAlgorithmOf(map.get(CLAIM_REALM_HASH_ALGORITHM));
  if (hashAlgorithm === undefined) return malformed("realm", CLAIM_REALM_HASH_ALGORITHM);
  const publicKey = map.get(CLAIM_REALM_KEY);
  if (!(publicKey instanceof Uint8Array)) return malformed("realm", CLAIM_REALM_KEY);
  const publicKeyHashAlgorithm = hashAlgorithmOf(map.get(CLAIM_KEY_HASH_ALGORITHM));
  if (publicKeyHashAlgorithm === undefined) return malformed("realm", CLAIM_KEY_HASH_ALGORITHM);
  const initialMeasurement = hashClaim(map.get(CLAIM_INITIAL_MEASUREMENT));
  if (initialMeasurement === undefined) return malformed("realm", CLAIM_INITIAL_MEASUREMENT);
  const extensibleMeasurements = measurementsOf(map.get(CLAIM_EXTENSIBLE_MEASUREMENTS));
  if (extensibleMeasurements === undefined)
    return malformed("realm", CLAIM_EXTENSIBLE_MEASUREMENTS);
  return ok({
    profile,
    challenge,
    personalization,
    hashAlgorithm,
    publicKey,
    publicKeyHashAlgorithm,
    initialMeasurement,
    extensibleMeasurements,
  });
}

function hashAlgorithmOf(value: CborValue | undefined): CcaHashAlgorithm | undefined {
  return HASH_ALGORITHMS.find((name) => name === value);
}

function measurementsOf(value: CborValue | undefined): readonly Uint8Array[] | undefined {
  if (!isCborArray(value) || value.length !== EXTENSIBLE_MEASUREMENTS) return undefined;
  const measurements = value.flatMap((item) => hashClaim(item) ?? []);
  return measurements.length === EXTENSIBLE_MEASUREMENTS ? measurements : undefined;
}
