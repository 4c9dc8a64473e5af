/**
 * Claims that PSA tokens and the platform half of CCA tokens have in common, read strictly.
 *
 * **Trust**: claims are hostile until the signature over them is checked. Claims that are not named here are ignored, as
 * the profiles demand of a reader.
 *
 * @see RFC 9783 §4
 */
import { type CborMap, type CborValue, isCborArray, isCborMap } from "../cose/cbor.ts";

export const CLAIM_NONCE = 10n;
export const CLAIM_INSTANCE_ID = 256n;
export const CLAIM_PROFILE = 265n;
export const CLAIM_CLIENT_ID = 2394n;
export const CLAIM_LIFECYCLE = 2395n;
export const CLAIM_IMPLEMENTATION_ID = 2396n;
export const CLAIM_BOOT_SEED = 2397n;
export const CLAIM_CERTIFICATION = 2398n;
export const CLAIM_SOFTWARE = 2399n;
export const CLAIM_VERIFICATION_SERVICE = 2400n;
export const CLAIM_CONFIGURATION = 2401n;
export const CLAIM_HASH_ALGORITHM = 2402n;

/** State of the platform's root of trust; only `secured` protects anything. */
export type ArmLifecycle =
  | "unknown"
  | "assembly-and-test"
  | "provisioning"
  | "secured"
  | "non-root-of-trust-debug"
  | "recoverable-debug"
  | "decommissioned";

const LIFECYCLES: readonly ArmLifecycle[] = [
  "unknown",
  "assembly-and-test",
  "provisioning",
  "secured",
  "non-root-of-trust-debug",
  "recoverable-debug",
  "decommissioned",
];

export interface ArmSoftwareComponent {
  /** Such as "BL" or "PRoT". */
  readonly type: string | undefined;
  /** 32, 48 or 64 bytes. */
  readonly measurement: Uint8Array;
  readonly version: string | undefined;
  /** Names the key that signed the component: 32, 48 or 64 bytes. */
  readonly signerId: Uint8Array;
  readonly hashAlgorithm: string | undefined;
}

const MAX_COMPONENTS = 64;
const UEID_BYTES = 33;
/** First byte of an instance id: a random identifier. */
const UEID_RANDOM = 1;

/** Bytes of 32, 48 or 64: a hash of the SHA-2 family. */
export function hashClaim(value: CborValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array && [32, 48, 64].includes(value.length) ? value : undefined;
}

export function fixedClaim(value: CborValue | undefined, bytes: number): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length === bytes ? value : undefined;
}

export function instanceIdClaim(value: CborValue | undefined): Uint8Array | undefined {
  const id = fixedClaim(value, UEID_BYTES);
  return id?.[0] === UEID_RANDOM ? id : undefined;
}

/** Whether the claim is absent or text. */
export function isOptionalText(value: CborValue | undefined): value is string | undefined {
  return value === undefined || typeof value === "string";
}

/** The number and its state: the higher byte names it, the lower is the maker's own. */
export function lifecycleClaim(
  value: CborValue | undefined,
): { readonly value: number; readonly state: ArmLifecycle } | undefined {
  if (typeof value !== "bigint" || value < 0n || value > 0xffffn) return undefined;
  const number = Number(value);
  const state = number & 0x0f00 ? undefined : LIFECYCLES[number >> 12];
  return state === undefined ? undefined : { value: number, state };
}

export function softwareClaim(
  value: CborValue | undefined,
): readonly ArmSoftwareComponent[] | undefined {
  if (!isCborArray(value) || value.length === 0 || value.length > MAX_COMPONENTS) return undefined;
  const components: ArmSoftwareComponent[] = [];
  for (const item of value) {
    const component = isCborMap(item) ? componentOf(item) : undefined;
    if (component === undefined) return undefined;
    components.push(component);
  }
  return components;
}

function componentOf(map: CborMap): ArmSoftwareComponent | undefined {
  const type = map.get(1n);
  const measurement = hashClaim(map.get(2n));
  const version = map.get(4n);
  const signerId = hashClaim(map.get(5n));
  const hashAlgorithm = map.get(6n);
  if (measurement === undefined || signerId === undefined) return undefined;
  if (!isOptionalText(type) || !isOptionalText(version) || !isOptionalText(hashAlgorithm))
    return undefined;
  return { type, measurement, version, signerId, hashAlgorithm };
}
