/**
 * Layout of a PSA attestation token: COSE_Sign1 over a map of claims, signed by the device's initial attestation key.
 *
 * **Bounds**: those of `decodeCbor`; 64 software components. **Trust**: claims until `verify-psa.ts` has checked the
 * signature.
 *
 * @see RFC 9783 §4
 */
import { fail, ok, type Result } from "@pha/scale";
import { decodeCbor, isCborMap } from "../cose/cbor.ts";
import { parseSign1, type Sign1, type Sign1Error } from "../cose/sign1.ts";
import {
  type ArmLifecycle,
  type ArmSoftwareComponent,
  CLAIM_BOOT_SEED,
  CLAIM_CERTIFICATION,
  CLAIM_CLIENT_ID,
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

export const PSA_PROFILES = ["tag:psacertified.org,2023:psa#tfm", "http://arm.com/psa/2.0.0"];

export interface PsaClaims {
  readonly profile: string;
  /** 32, 48 or 64 bytes that the caller bound. */
  readonly nonce: Uint8Array;
  /** 33 bytes: names the device. */
  readonly instanceId: Uint8Array;
  /** 32 bytes: names the hardware and its immutable code. */
  readonly implementationId: Uint8Array;
  /** Who asked: positive in the secure world, negative outside; 32 bits. */
  readonly clientId: number;
  readonly lifecycle: ArmLifecycle;
  readonly lifecycleValue: number;
  /** 8 to 32 bytes, new at each start. */
  readonly bootSeed: Uint8Array | undefined;
  readonly certificationReference: string | undefined;
  readonly software: readonly ArmSoftwareComponent[];
  readonly verificationService: string | undefined;
}

export interface PsaToken {
  readonly message: Sign1;
  readonly claims: PsaClaims;
}

export type PsaParseError =
  | Sign1Error
  | { readonly code: "psa/malformed"; readonly claim: bigint | undefined }
  | { readonly code: "psa/unknown-profile"; readonly profile: string | undefined };

export function parsePsaToken(bytes: Uint8Array): Result<PsaToken, PsaParseError> {
  const parsed = parseSign1(bytes);
  if (!parsed.ok) return parsed;
  const message = parsed.value;
  const decoded = decodeCbor(message.payload);
  if (!decoded.ok) return decoded;
  const map = decoded.value;
  if (!isCborMap(map)) return malformed(undefined);
  const profile = map.get(CLAIM_PROFILE);
  if (typeof profile !== "string" || !PSA_PROFILES.includes(profile))
    return fail({
      code: "psa/unknown-profile",
      profile: typeof profile === "string" ? profile : undefined,
    });
  const nonce = hashClaim(map.get(CLAIM_NONCE));
  if (nonce === undefined) return malformed(CLAIM_NONCE);
  const instanceId = instanceIdClaim(map.get(CLAIM_INSTANCE_ID));
  if (instanceId === undefined) return malformed(CLAIM_INSTANCE_ID);
  const implementationId = fixedClaim(map.get(CLAIM_IMPLEMENTATION_ID), 32);
  if (implementationId === undefined) return malformed(CLAIM_IMPLEMENTATION_ID);
  const clientId = map.get(CLAIM_CLIENT_ID);
  if (typeof clientId !== "bigint" || clientId === 0n || BigInt.asIntN(32, clientId) !== clientId)
    return malformed(CLAIM_CLIENT_ID);
  const lifecycle = lifecycleClaim(map.get(CLAIM_LIFECYCLE));
  if (lifecycle === undefined) return malformed(CLAIM_LIFECYCLE);
  const software = softwareClaim(map.get(CLAIM_SOFTWARE));
  if (software === undefined) return malformed(CLAIM_SOFTWARE);
  const bootSeed = map.get(CLAIM_BOOT_SEED);
  if (bootSeed !== undefined && !isBootSeed(bootSeed)) return malformed(CLAIM_BOOT_SEED);
  const certificationReference = map.get(CLAIM_CERTIFICATION);
  if (!isOptionalText(certificationReference)) return malformed(CLAIM_CERTIFICATION);
  const verificationService = map.get(CLAIM_VERIFICATION_SERVICE);
  if (!isOptionalText(verificationService)) return malformed(CLAIM_VERIFICATION_SERVICE);
  return ok({
    message,
    claims: {
      profile,
      nonce,
      instanceId,
      implementationId,
      clientId: Number(clientId),
      lifecycle: lifecycle.state,
      lifecycleValue: lifecycle.value,
      bootSeed,
      certificationReference,
      software,
      verificationService,
    },
  });
}

function isBootSeed(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= 8 && value.length <= 32;
}

function malformed(claim: bigint | undefined): Result<never, PsaParseError> {
  return fail({ code: "psa/malformed", claim });
}
