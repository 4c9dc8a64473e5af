/** Tokens of Arm platforms that exist in a test only. */
import { sha256, sha384, sha512 } from "@pha/crypto";
import type { EcdsaKey } from "../arm/ecdsa-key.ts";
import type { CborKey, CborValue } from "../cose/cbor.ts";
import { cbor, sign1 } from "./cbor-writer.ts";
import { ecSigner } from "./certificates.ts";

export const platformSigner = ecSigner("cpak");
export const realmSigner = ecSigner("realm", "P-384", "sha384");
export const PLATFORM_KEY: EcdsaKey = { curve: "P-256", publicKey: platformSigner.publicKey };

/** Claims instead of the usual ones; `undefined` leaves one out. */
export type Claims = ReadonlyMap<CborKey, CborValue | undefined>;

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

function mapOf(usual: ReadonlyMap<CborKey, CborValue>, changed: Claims = new Map()): CborValue {
  const map = new Map<CborKey, CborValue>();
  for (const [key, value] of new Map<CborKey, CborValue | undefined>([...usual, ...changed]))
    if (value !== undefined) map.set(key, value);
  return map;
}

export const INSTANCE_ID = Uint8Array.of(1, ...bytes(32, 2));
const software = [
  new Map<CborKey, CborValue>([
    [1n, "BL"],
    [2n, bytes(32, 5)],
    [4n, "1.0"],
    [5n, bytes(32, 6)],
  ]),
];

export function makePsa(changed?: Claims, key = platformSigner): Uint8Array {
  const usual = new Map<CborKey, CborValue>([
    [265n, "tag:psacertified.org,2023:psa#tfm"],
    [10n, bytes(64, 3)],
    [256n, INSTANCE_ID],
    [2394n, 1n],
    [2395n, 0x3000n],
    [2396n, bytes(32, 4)],
    [2399n, software],
  ]);
  return sign1({ key, algorithm: -7n, payload: cbor(mapOf(usual, changed)) });
}

export interface CcaSample {
  readonly platform?: Claims;
  readonly realm?: Claims;
  readonly realmKey?: Uint8Array;
  readonly keyHash?: "sha-256" | "sha-384" | "sha-512";
}

/** The key as older tokens have it: an uncompressed point. */
export const RAW_REALM_KEY = Uint8Array.of(4, ...realmSigner.publicKey);
export const COSE_REALM_KEY = cbor(
  new Map<CborKey, CborValue>([
    [1n, 2n],
    [-1n, 2n],
    [-2n, realmSigner.publicKey.subarray(0, 48)],
    [-3n, realmSigner.publicKey.subarray(48)],
  ]),
);

export function makeCca(sample: CcaSample = {}): Uint8Array {
  const { realmKey = COSE_REALM_KEY, keyHash = "sha-512" } = sample;
  const hash = { "sha-256": sha256, "sha-384": sha384, "sha-512": sha512 }[keyHash];
  const platform = new Map<CborKey, CborValue>([
    [265n, "tag:arm.com,2023:cca_platform#1.0.0"],
    [10n, hash(realmKey)],
    [256n, INSTANCE_ID],
    [2395n, 0x3000n],
    [2396n, bytes(32, 4)],
    [2399n, software],
    [2401n, Uint8Array.of(1)],
    [2402n, "sha-256"],
  ]);
  const realm = new Map<CborKey, CborValue>([
    [265n, "tag:arm.com,2023:realm#1.0.0"],
    [10n, bytes(64, 3)],
    [44235n, bytes(64, 0)],
    [44236n, "sha-512"],
    [44237n, realmKey],
    [44238n, bytes(64, 7)],
    [44239n, [1, 2, 3, 4].map((at) => bytes(64, at))],
    [44240n, keyHash],
  ]);
  const token = (key: typeof platformSigner, algorithm: bigint, claims: CborValue) =>
    sign1({ key, algorithm, payload: cbor(claims) });
  return cbor({
    tag: 399n,
    content: new Map([
      [44234n, token(platformSigner, -7n, mapOf(platform, sample.platform))],
      [44241n, token(realmSigner, -35n, mapOf(realm, sample.realm))],
    ]),
  });
}
