/** Chains of Android devices that exist in a test only. */
import { concatBytes, utf8 } from "@pha/scale";
import { KEY_DESCRIPTION } from "../android/parse.ts";
import type { AndroidRoot } from "../android/roots.ts";
import type { VerifyAndroidInput } from "../android/verify.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { anchorOf } from "../x509/chain.ts";
import { contextTag } from "../x509/der.ts";
import { element, nothing, octets, sequence, set, truth, unsigned } from "../x509/der-writer.ts";
import { type CertificateInput, ecSigner, makeCertificate, NOW } from "./certificates.ts";

export const androidKeys = {
  root: ecSigner("android-root", "P-384", "sha384"),
  authority: ecSigner("android-authority"),
  batch: ecSigner("android-batch"),
  leaf: ecSigner("android-leaf"),
};

const enumerated = (value: number) => element(0x0a, Uint8Array.of(value));

/** A property by its tag. */
export const property = (tag: number, content: Uint8Array) => element(contextTag(tag), content);

export interface RootOfTrustSample {
  readonly locked?: boolean;
  readonly state?: number;
  /** Default: 32 bytes. */
  readonly key?: Uint8Array;
  /** Default: 32 bytes; `undefined` leaves it out. */
  readonly hash?: Uint8Array | undefined;
}

export function rootOfTrust(sample: RootOfTrustSample = {}): Uint8Array {
  const hash = "hash" in sample ? sample.hash : new Uint8Array(32).fill(6);
  return property(
    704,
    sequence(
      octets(sample.key ?? new Uint8Array(32).fill(5)),
      truth(sample.locked ?? true),
      enumerated(sample.state ?? 0),
      ...(hash === undefined ? [] : [octets(hash)]),
    ),
  );
}

export const usualHardware: readonly Uint8Array[] = [
  property(1, set(unsigned(2), unsigned(3))),
  property(2, unsigned(3)),
  property(3, unsigned(256)),
  property(5, set(unsigned(4))),
  property(10, unsigned(1)),
  property(503, nothing()),
  property(702, unsigned(0)),
  rootOfTrust(),
  property(705, unsigned(160_000)),
  property(706, unsigned(202_602)),
  property(718, unsigned(20_260_205)),
  property(719, unsigned(20_260_205)),
];

const application = sequence(
  set(sequence(octets(utf8("example.app")), unsigned(7))),
  set(octets(new Uint8Array(32).fill(8))),
);

export interface DescriptionSample {
  readonly version?: number;
  readonly level?: number;
  readonly challenge?: Uint8Array;
  readonly software?: readonly Uint8Array[];
  readonly hardware?: readonly Uint8Array[];
}

export function makeDescription(sample: DescriptionSample = {}): Uint8Array {
  const { version = 400, level = 1 } = sample;
  const software = [property(701, unsigned(1_000_000)), property(709, octets(application))];
  return sequence(
    unsigned(version),
    enumerated(level),
    unsigned(version),
    enumerated(level),
    octets(sample.challenge ?? new Uint8Array(64).fill(3)),
    octets(new Uint8Array(0)),
    sequence(...(sample.software ?? software)),
    sequence(...(sample.hardware ?? usualHardware)),
  );
}

export interface AndroidSample extends DescriptionSample {
  /** The attestation key was issued as a leaf, as on older devices. */
  readonly batchIsLeaf?: boolean;
  /** Default: in the leaf only. */
  readonly descriptionIn?: readonly ("leaf" | "batch" | "authority")[];
  readonly leaf?: Partial<CertificateInput>;
  readonly batch?: Partial<CertificateInput>;
}

const rootDer = makeCertificate({
  subject: "android root",
  subjectKey: androidKeys.root,
  issuer: "android root",
  issuerKey: androidKeys.root,
  serial: 100,
  authority: {},
});

function rootOf(der: Uint8Array): AndroidRoot {
  const certificate = parseCertificate(der);
  if (!certificate.ok) throw new Error("a test's certificate is well formed");
  return { ...anchorOf(certificate.value), publicKeyInfo: certificate.value.publicKeyInfo };
}
export const ANDROID_ROOT = rootOf(rootDer);

/** Everything that `verifyAndroidKey` takes, good unless the sample says otherwise. */
export function makeAndroid(sample: AndroidSample = {}): VerifyAndroidInput {
  const { descriptionIn = ["leaf"] } = sample;
  const extensions = (place: "leaf" | "batch" | "authority") =>
    descriptionIn.includes(place) ? [{ oid: KEY_DESCRIPTION, value: makeDescription(sample) }] : [];
  const leaf = makeCertificate({
    subject: "Android Keystore Key",
    subjectKey: androidKeys.leaf,
    issuer: "batch",
    issuerKey: androidKeys.batch,
    notBefore: 0n,
    extensions: extensions("leaf"),
    ...sample.leaf,
  });
  const batch = makeCertificate({
    subject: "batch",
    subjectKey: androidKeys.batch,
    issuer: "authority",
    issuerKey: androidKeys.authority,
    serial: 0x5014,
    ...(sample.batchIsLeaf ? {} : { authority: {} }),
    extensions: extensions("batch"),
    ...sample.batch,
  });
  const authority = makeCertificate({
    subject: "authority",
    subjectKey: androidKeys.authority,
    issuer: "android root",
    issuerKey: androidKeys.root,
    serial: 0x3088,
    authority: {},
    extensions: extensions("authority"),
  });
  return {
    chain: [leaf, batch, authority, rootDer],
    roots: [ANDROID_ROOT],
    now: NOW,
    revocation: { accept: "any", because: "a test" },
  };
}

/** The list as Google publishes it. */
export function statusList(entries: Readonly<Record<string, string>>): Uint8Array {
  const listed = Object.entries(entries).map(([serial, status]) => [serial, { status }]);
  return concatBytes(utf8(JSON.stringify({ entries: Object.fromEntries(listed) })));
}
