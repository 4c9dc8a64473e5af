/** Documents of Nitro enclaves that exist in a test only. */
import { concatBytes } from "@pha/scale";
import type { CborValue } from "../cose/cbor.ts";
import { cborHead } from "../cose/cbor.ts";
import type { VerifyNitroInput } from "../nitro/verify.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { cbor, cborU64, sign1 } from "./cbor-writer.ts";
import { type CertificateInput, ecSigner, makeCertificate, NOW } from "./certificates.ts";

const signer = (seed: string) => ecSigner(seed, "P-384", "sha384");
export const nitroKeys = { root: signer("root"), zone: signer("zone"), leaf: signer("leaf") };

const rootDer = makeCertificate({
  subject: "nitro",
  subjectKey: nitroKeys.root,
  issuer: "nitro",
  issuerKey: nitroKeys.root,
  authority: {},
});
const zoneDer = makeCertificate({
  subject: "zone",
  subjectKey: nitroKeys.zone,
  issuer: "nitro",
  issuerKey: nitroKeys.root,
  authority: {},
});

function parsedRoot() {
  const certificate = parseCertificate(rootDer);
  if (!certificate.ok) throw new Error("a test's certificate is well formed");
  return certificate.value;
}
export const TEST_NITRO_ROOT = parsedRoot();

export interface NitroSample {
  /** Fields instead of the usual ones; `undefined` leaves one out. */
  readonly fields?: Readonly<Record<string, CborValue | undefined>>;
  readonly timestampMs?: bigint;
  /** Maps of the payload end at a break instead of having a length. */
  readonly streamed?: boolean;
  readonly leaf?: Partial<CertificateInput>;
  readonly sign?: Partial<Parameters<typeof sign1>[0]>;
}

export function makeNitro(sample: NitroSample = {}): VerifyNitroInput {
  const leaf = makeCertificate({
    subject: "leaf",
    subjectKey: nitroKeys.leaf,
    issuer: "zone",
    issuerKey: nitroKeys.zone,
    notBefore: NOW - 3_600_000n,
    notAfter: NOW + 7_200_000n,
    ...sample.leaf,
  });
  const usual: Readonly<Record<string, CborValue | undefined>> = {
    module_id: "i-0-enc0",
    digest: "SHA384",
    pcrs: new Map([0n, 1n, 2n, 3n].map((at) => [at, new Uint8Array(48).fill(Number(at) + 1)])),
    certificate: leaf,
    cabundle: [rootDer, zoneDer],
    public_key: null,
    user_data: new Uint8Array(64).fill(3),
    nonce: new Uint8Array(32).fill(4),
    ...sample.fields,
  };
  const items = Object.entries(usual).flatMap(([key, value]) =>
    value === undefined ? [] : [concatBytes(cbor(key), cbor(value))],
  );
  if (!Object.hasOwn(usual, "timestamp"))
    items.push(concatBytes(cbor("timestamp"), cborU64(sample.timestampMs ?? NOW)));
  const head = sample.streamed ? Uint8Array.of(0xbf) : cborHead(5, items.length);
  const end = sample.streamed ? Uint8Array.of(0xff) : new Uint8Array(0);
  const payload = concatBytes(head, ...items, end);
  return {
    document: sign1({ key: nitroKeys.leaf, payload, ...sample.sign }),
    root: TEST_NITRO_ROOT,
    now: NOW,
  };
}
