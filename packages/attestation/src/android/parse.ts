/**
 * Layout of Android's key description: the extension of a leaf that says where its key lives and what runs there.
 *
 * Two lists hold the properties of the key: one that the secure world enforces and vouches for, and one that only the
 * Android system does. Tags ascend in each, as DER demands.
 *
 * **Bounds**: those of a certificate; `MAX_APPLICATIONS`. **Trust**: claims of the secure world, once the chain is
 * verified (`verify.ts`); the software list is the word of the running system.
 *
 * @see Android attestation "Schema"
 */
import { fail, ok, type Result, utf8ToText } from "@pha/scale";
import { contextTag, type DerReader, readDer, TAG } from "../x509/der.ts";

export const KEY_DESCRIPTION = "1.3.6.1.4.1.11129.2.1.17";

const MAX_CHALLENGE_BYTES = 128;
const MAX_APPLICATIONS = 64;
const MAX_VALUES = 64;
const NAMED_VERSIONS = [1, 2, 3, 4, 100, 200, 300, 400, 500];
/** From this version on the root of trust has the hash of what booted. */
const VERSION_WITH_BOOT_HASH = 3;

export type AndroidSecurityLevel = "Software" | "TrustedEnvironment" | "StrongBox";
export type VerifiedBootState = "Verified" | "SelfSigned" | "Unverified" | "Failed";
export type KeyOrigin = "generated" | "derived" | "imported" | "reserved" | "securely-imported";

const SECURITY_LEVELS: readonly AndroidSecurityLevel[] = [
  "Software",
  "TrustedEnvironment",
  "StrongBox",
];
const BOOT_STATES: readonly VerifiedBootState[] = [
  "Verified",
  "SelfSigned",
  "Unverified",
  "Failed",
];
const ORIGINS: readonly KeyOrigin[] = [
  "generated",
  "derived",
  "imported",
  "reserved",
  "securely-imported",
];

export interface KeyDescription {
  /** 1 to 4 for Keymaster, hundreds for KeyMint. */
  readonly attestationVersion: number;
  /** What vouches for this description. */
  readonly securityLevel: AndroidSecurityLevel;
  readonly keymasterVersion: number;
  /** Where the key lives. */
  readonly keymasterSecurityLevel: AndroidSecurityLevel;
  /** What the caller bound, up to 128 bytes. */
  readonly challenge: Uint8Array;
  readonly uniqueId: Uint8Array;
  /** Word of the running system: meaningful only after a verified boot. */
  readonly softwareEnforced: AuthorizationList;
  /** Word of the secure world. */
  readonly hardwareEnforced: AuthorizationList;
}

/** Properties of a key; a number that is absent was not stated. */
export interface AuthorizationList {
  /** KeyMint's numbers: 2 sign, 3 verify, 7 attest, … */
  readonly purposes: readonly number[];
  /** 1 RSA, 3 EC, … */
  readonly algorithm: number | undefined;
  readonly keySizeBits: number | undefined;
  readonly digests: readonly number[];
  readonly ecCurve: number | undefined;
  readonly noAuthRequired: boolean;
  /** Every application of the device may use the key. */
  readonly allApplications: boolean;
  /** Unix milliseconds. */
  readonly creationDateTime: bigint | undefined;
  readonly origin: KeyOrigin | undefined;
  readonly rootOfTrust: RootOfTrust | undefined;
  /** MMmmss: 90000 is 9.0.0. */
  readonly osVersion: number | undefined;
  /** YYYYMM. */
  readonly osPatchLevel: number | undefined;
  /** YYYYMMDD; YYYYMM on older devices. */
  readonly vendorPatchLevel: number | undefined;
  /** YYYYMMDD; YYYYMM on older devices. */
  readonly bootPatchLevel: number | undefined;
  readonly application: AttestedApplication | undefined;
  /** Hash of the system's modules. */
  readonly moduleHash: Uint8Array | undefined;
  /** All tags that are there, ascending. */
  readonly tags: readonly number[];
}

export interface RootOfTrust {
  /** Hash of the key that the system was verified with; zero or empty where there is none. */
  readonly verifiedBootKey: Uint8Array;
  readonly deviceLocked: boolean;
  readonly verifiedBootState: VerifiedBootState;
  /** Of what booted; from attestation version 3 on. */
  readonly verifiedBootHash: Uint8Array | undefined;
}

export interface AttestedApplication {
  readonly packages: readonly { readonly name: string; readonly version: number }[];
  /** Hashes of the certificates that signed the application. */
  readonly signatureDigests: readonly Uint8Array[];
}

export type KeyDescriptionError =
  | {
      readonly code: "android/malformed-description";
      readonly reason: string;
      readonly offset: number;
    }
  | { readonly code: "android/unknown-version"; readonly version: number };

export function parseKeyDescription(
  bytes: Uint8Array,
): Result<KeyDescription, KeyDescriptionError> {
  const version = readDer(bytes, (reader) =>
    reader.sequence((fields) => {
      const found = fields.unsigned(0xffff);
      while (!fields.isAtEnd) fields.any();
      return found;
    }),
  );
  if (!version.ok) return fail({ code: "android/malformed-description", ...version.error });
  if (!NAMED_VERSIONS.includes(version.value))
    return fail({ code: "android/unknown-version", version: version.value });
  const read = readDer(bytes, (reader) => reader.sequence(readDescription));
  return read.ok ? ok(read.value) : fail({ code: "android/malformed-description", ...read.error });
}

function readDescription(fields: DerReader): KeyDescription {
  const attestationVersion = fields.unsigned(0xffff);
  const securityLevel = readNamed(fields, SECURITY_LEVELS, TAG.enumerated);
  const keymasterVersion = fields.unsigned(0xffff);
  const keymasterSecurityLevel = readNamed(fields, SECURITY_LEVELS, TAG.enumerated);
  const challenge = fields.octetString();
  if (challenge.length > MAX_CHALLENGE_BYTES) fields.fail("a challenge is too long");
  const uniqueId = fields.octetString();
  return {
    attestationVersion,
    securityLevel,
    keymasterVersion,
    keymasterSecurityLevel,
    challenge,
    uniqueId,
    softwareEnforced: readAuthorizations(fields, attestationVersion),
    hardwareEnforced: readAuthorizations(fields, attestationVersion),
  };
}

/** Name of a small number; others end the reading. */
function readNamed<T>(reader: DerReader, names: readonly T[], tag: number): T {
  const name = names[reader.unsigned(255, tag)];
  return name ?? reader.fail("a number has no meaning");
}

/** Numbers of the tags that are read. */
const TAGS = {
  purposes: 1,
  algorithm: 2,
  keySize: 3,
  digests: 5,
  ecCurve: 10,
  noAuthRequired: 503,
  allApplications: 600,
  creationDateTime: 701,
  origin: 702,
  rootOfTrust: 704,
  osVersion: 705,
  osPatchLevel: 706,
  application: 709,
  vendorPatchLevel: 718,
  bootPatchLevel: 719,
  moduleHash: 724,
} as const;

function readAuthorizations(fields: DerReader, version: number): AuthorizationList {
  return fields.sequence((list) => {
    const elements = new Map<number, Uint8Array>();
    let last = 0;
    while (!list.isAtEnd) {
      const { tag, content } = list.any();
      const number = tagNumber(tag) ?? list.fail("a property has no tag of its own");
      if (number <= last) list.fail("tags do not ascend");
      last = number;
      elements.set(number, content);
    }
    return authorizationsOf(list, elements, version);
  });
}

/** Number of a constructed context tag; `undefined` of any other tag. @param tag identifier octets as one number */
function tagNumber(tag: number): number | undefined {
  if (tag < 0x100) return (tag & 0xe0) === 0xa0 ? tag & 31 : undefined;
  const number = tag < 0x10000 ? tag & 0x7f : ((tag >> 8) & 0x7f) * 128 + (tag & 0x7f);
  // Whatever else the octets say, they are then not those of this number.
  return contextTag(number) === tag ? number : undefined;
}

function authorizationsOf(
  list: DerReader,
  elements: ReadonlyMap<number, Uint8Array>,
  version: number,
): AuthorizationList {
  const read = <T>(tag: number, reading: (reader: DerReader) => T): T | undefined => {
    const content = elements.get(tag);
    if (content === undefined) return undefined;
    const value = readDer(content, reading);
    if (!value.ok) list.fail(value.error.reason);
    return value.value;
  };
  const number = (tag: number) => read(tag, (reader) => reader.unsigned(0xffff_ffff));
  const numbers = (tag: number) => read(tag, readNumbers) ?? [];
  const flag = (tag: number) => {
    read(tag, (reader) => reader.null());
    return elements.has(tag);
  };
  return {
    purposes: numbers(TAGS.purposes),
    algorithm: number(TAGS.algorithm),
    keySizeBits: number(TAGS.keySize),
    digests: numbers(TAGS.digests),
    ecCurve: number(TAGS.ecCurve),
    noAuthRequired: flag(TAGS.noAuthRequired),
    allApplications: flag(TAGS.allApplications),
    creationDateTime: read(TAGS.creationDateTime, readInstant),
    origin: read(TAGS.origin, (reader) => readNamed(reader, ORIGINS, TAG.integer)),
    rootOfTrust: read(TAGS.rootOfTrust, (reader) => readRootOfTrust(reader, version)),
    osVersion: number(TAGS.osVersion),
    osPatchLevel: number(TAGS.osPatchLevel),
    vendorPatchLevel: number(TAGS.vendorPatchLevel),
    bootPatchLevel: number(TAGS.bootPatchLevel),
    application: read(TAGS.application, readApplication),
    moduleHash: read(TAGS.moduleHash, (reader) => reader.octetString()),
    tags: [...elements.keys()],
  };
}

function readNumbers(reader: DerReader): readonly number[] {
  return readSet(reader, (set) => set.unsigned(0xffff_ffff));
}

function readSet<T>(reader: DerReader, read: (set: DerReader) => T): readonly T[] {
  return reader.nested(TAG.set, (set) => {
    const values: T[] = [];
    while (!set.isAtEnd) {
      if (values.length === MAX_VALUES) set.fail("too many values");
      values.push(read(set));
    }
    return values;
  });
}

function readInstant(reader: DerReader): bigint {
  const bytes = reader.unsignedBytes();
  if (bytes.length > 8) reader.fail("an instant is out of range");
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function readRootOfTrust(reader: DerReader, version: number): RootOfTrust {
  return reader.sequence((fields) => {
    const verifiedBootKey = fields.octetString();
    const deviceLocked = fields.boolean();
    const verifiedBootState = readNamed(fields, BOOT_STATES, TAG.enumerated);
    const verifiedBootHash = version >= VERSION_WITH_BOOT_HASH ? fields.octetString() : undefined;
    return { verifiedBootKey, deviceLocked, verifiedBootState, verifiedBootHash };
  });
}

function readApplication(reader: DerReader): AttestedApplication {
  const inner = readDer(reader.octetString(), (application) =>
    application.sequence((fields) => {
      const packages = readSet(fields, (set) =>
        set.sequence((one) => {
          const name = utf8ToText(one.octetString());
          return {
            name: name ?? one.fail("a name is no text"),
            version: one.unsigned(0xffff_ffff_ffff),
          };
        }),
      );
      const signatureDigests = readSet(fields, (set) => set.octetString());
      if (packages.length > MAX_APPLICATIONS) fields.fail("too many applications");
      return { packages, signatureDigests };
    }),
  );
  return inner.ok ? inner.value : reader.fail(inner.error.reason);
}
