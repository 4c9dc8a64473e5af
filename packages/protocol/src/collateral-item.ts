/**
 * Pieces of collateral that a chain keeps, each in a slot of its own.
 *
 * What a vendor signed may be brought by anybody. What no vendor signs (Google's status list, keys of Arm's platforms) is
 * the word of governance, and is stored the same way, so that whoever verifies evidence reads both alike.
 *
 * **Bounds**: `MAX_ITEM_BYTES` and those of each field. **Not here**: whether a vendor signed it (`@pha/attestation`).
 */
import { blake2b128 } from "@pha/crypto";
import {
  boundedBytes,
  type CodecType,
  concatBytes,
  encode,
  fixedBytes,
  struct,
  u32,
  u64,
  unit,
  variant,
  variants,
} from "@pha/scale";
import { closedList } from "./closed-list.ts";
import { itemKey } from "./storage-keys.ts";

export const MAX_CERTIFICATE_BYTES = 8 << 10;
/** Lists and signed texts that a chain takes; the largest published ones have a fifth of it. */
export const MAX_ITEM_BYTES = 32 << 10;
const MAX_SERIAL_BYTES = 20;
/** Instance and implementation ids of Arm's platforms have 33 and 32 bytes. */
const MAX_ID_BYTES = 64;

const path = (name: string): [string, string, string] => ["pha_attestation", "collateral", name];

export const PCK_CAS = ["Platform", "Processor"] as const;
const SNP_LINES = ["Milan", "Genoa", "Turin"] as const;
const SNP_KEYS = ["VCEK", "VLEK"] as const;

const Tee = closedList(["sgx", "tdx"], path("Tee"));
const SnpLine = closedList(SNP_LINES, path("SnpLine"));
const certificate = boundedBytes(MAX_CERTIFICATE_BYTES);
const list = boundedBytes(MAX_ITEM_BYTES);
const serial = boundedBytes(MAX_SERIAL_BYTES);
const id = boundedBytes(MAX_ID_BYTES);

/** A text of Intel: DER of its signer, the text as it was signed, `r ‖ s`. */
const SignedText = struct(
  { signer: certificate, text: list, signature: fixedBytes(64) },
  { path: path("SignedText") },
);

export const CollateralItem = variants(
  {
    /** Of Intel's root: revoked authorities and signers; DER. */
    IntelRootCrl: variant(0, list),
    /** Revoked platforms, and the authority that issued the list. */
    IntelPckCrl: variant(1, struct({ issuer: certificate, crl: list }, { path: path("PckCrl") })),
    IntelTcbInfo: variant(2, SignedText),
    IntelQeIdentity: variant(3, SignedText),
    /** Of a product line's root: revoked authorities. */
    AmdCrl: variant(4, struct({ line: SnpLine, crl: list }, { path: path("AmdCrl") })),
    /** An authority (ASK, ASVK) that AMD issued after the pinned one. */
    AmdIssuer: variant(5, struct({ line: SnpLine, certificate }, { path: path("AmdIssuer") })),
    /** An entry of Google's list; nobody signed it. */
    AndroidStatus: variant(
      6,
      struct(
        { serial, status: closedList(["REVOKED", "SUSPENDED"], path("KeyStatus")) },
        { path: path("AndroidStatus") },
      ),
    ),
    /** Unix milliseconds: Google's list was last compared then. */
    AndroidListedAt: variant(7, u64),
    /** Key that a maker endorses; nobody signed it. */
    ArmPlatformKey: variant(
      8,
      struct(
        {
          instanceId: id,
          implementationId: id,
          curve: closedList(["P-256", "P-384"], path("Curve")),
          /** `x ‖ y`. */
          publicKey: boundedBytes(96),
        },
        { path: path("ArmPlatformKey") },
      ),
    ),
  },
  { path: path("CollateralItem") },
);
export type CollateralItem = CodecType<typeof CollateralItem>;

/** Where an item belongs: one per slot, the newest. */
export const CollateralSlot = variants(
  {
    IntelRootCrl: variant(0, unit),
    IntelPckCrl: variant(1, closedList(PCK_CAS, path("PckCa"))),
    IntelTcbInfo: variant(2, struct({ tee: Tee, fmspc: fixedBytes(6) }, { path: path("Family") })),
    IntelQeIdentity: variant(3, Tee),
    AmdCrl: variant(4, SnpLine),
    AmdIssuer: variant(
      5,
      struct(
        { line: SnpLine, key: closedList(SNP_KEYS, path("SnpKey")) },
        { path: path("AmdAuthority") },
      ),
    ),
    AndroidStatus: variant(6, serial),
    AndroidListedAt: variant(7, unit),
    ArmPlatformKey: variant(
      8,
      struct({ instanceId: id, implementationId: id }, { path: path("ArmPlatform") }),
    ),
  },
  { path: path("CollateralSlot") },
);
export type CollateralSlot = CodecType<typeof CollateralSlot>;

/** An item as a chain keeps it. */
export const StoredCollateral = struct(
  {
    item: CollateralItem,
    /** Unix milliseconds. */
    issuedAtMs: u64,
    /** Unix milliseconds; what hangs on it counts until then. */
    validUntilMs: u64,
    /** Intel's number of evaluation; 0 of what has none. */
    number: u32,
  },
  { path: path("StoredCollateral") },
);
export type StoredCollateral = CodecType<typeof StoredCollateral>;

const COLLATERAL = itemKey("PhaAttestation", "Collateral");

/** Storage key of the item in a slot. */
export function collateralKey(slot: CollateralSlot): Uint8Array {
  const encoded = encode(CollateralSlot, slot);
  return concatBytes(COLLATERAL, blake2b128(encoded), encoded);
}

type Issue = Pick<StoredCollateral, "issuedAtMs" | "number">;

/** Later than what is stored, and of no lower evaluation: what a chain takes. */
export function isNewerCollateral(next: Issue, stored: Issue): boolean {
  return next.issuedAtMs > stored.issuedAtMs && next.number >= stored.number;
}

/** Collateral that is newer by so much is worth more to the chain than its fee. */
export const COLLATERAL_FREE_AFTER_MS = 12n * 3_600_000n;
