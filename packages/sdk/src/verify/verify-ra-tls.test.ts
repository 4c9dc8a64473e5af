import { generateKeyPairSync, sign } from "node:crypto";
import {
  claimsReportData,
  encodeKeyClaims,
  encodeTaggedEvidence,
  raTlsCertificate,
  raTlsCertificateBody,
} from "@pha/attestation";
import { ENVELOPES, type RealKind, TEST_ROOTS } from "@pha/attestation/testing";
import { plainBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { openChain } from "../chain/chain.ts";
import { fakeChain, filled } from "../testing/fake-chain.ts";
import { NOW_MS, vendorState } from "../testing/vendor-state.ts";
import { type RaTlsInput, verifyRaTls } from "./verify-ra-tls.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicKeyInfo = plainBytes(publicKey.export({ type: "spki", format: "der" }));
const exported = filled(5);

/** Evidence about the key by a platform of the kind. */
function about(kind: RealKind, claims: object = {}): Uint8Array {
  const encoded = encodeKeyClaims({ publicKeyInfo, ...claims });
  return encodeTaggedEvidence(ENVELOPES[kind](claimsReportData(encoded), NOW_MS), encoded);
}

function certificate(taggedEvidence: Uint8Array): Uint8Array {
  const body = raTlsCertificateBody({
    publicKeyInfo,
    commonName: "pRuntime",
    serial: Uint8Array.of(0x41),
    notBefore: NOW_MS - 1_000n,
    notAfter: NOW_MS + 3_600_000n,
    taggedEvidence,
  });
  return raTlsCertificate(body, plainBytes(sign("sha256", body, privateKey)));
}

async function verified(kind: RealKind, input: (boot: Uint8Array) => Partial<RaTlsInput>) {
  const { entries, workers } = vendorState([kind]);
  const registration = workers[0]?.registration;
  if (registration === undefined) throw new Error("there is one");
  const chain = await openChain(fakeChain([...entries.values()]).rpc);
  const { boot, identity } = registration;
  return verifyRaTls(chain, {
    certificate: certificate(about(kind, { boot })),
    channel: { evidence: about(kind, { nonce: exported }), exported },
    worker: identity,
    roots: TEST_ROOTS,
    ...input(boot),
  });
}

describe.each(["IntelTdxDcap", "AmdSevSnp", "AwsNitro"] as const)("%s", (kind) => {
  test("certificate, connection and boot are verified with the chain's collateral and lists", async () => {
    const { ok, broken, verdicts } = await verified(kind, () => ({}));
    expect({ ok, broken }).toEqual({ ok: true, broken: undefined });
    const links = verdicts.map(({ link }) => link);
    for (const link of ["ra-tls/genuine", "ra-tls/measurement", "channel/bound", "ra-tls/boot"])
      expect(links).toContain(link);
  });
});

test.each([
  ["a certificate that is none", { certificate: new Uint8Array(4) }, "ra-tls/certificate"],
  [
    "evidence of another connection",
    { channel: { evidence: about("AwsNitro", { nonce: filled(6) }), exported } },
    "channel/bound",
  ],
  [
    "evidence of the certificate again",
    { channel: { evidence: about("AwsNitro"), exported } },
    "channel/bound",
  ],
  ["another worker", { worker: filled(1) }, "ra-tls/boot"],
  ["a key of no boot", { certificate: certificate(about("AwsNitro")) }, "ra-tls/boot"],
])("%s is where trust ends", async (_, input, link) => {
  expect((await verified("AwsNitro", () => input)).broken?.link).toBe(link);
});

test("evidence of another key's claims is not genuine for this one", async () => {
  const { privateKey: _, publicKey: other } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const foreign = plainBytes(other.export({ type: "spki", format: "der" }));
  const encoded = encodeKeyClaims({ publicKeyInfo: foreign });
  const evidence = ENVELOPES.AwsNitro(claimsReportData(encoded), NOW_MS);
  // The attack: genuine evidence of another key, put beside claims about this one.
  const tagged = encodeTaggedEvidence(evidence, encodeKeyClaims({ publicKeyInfo }));
  const { broken } = await verified("AwsNitro", () => ({ certificate: certificate(tagged) }));
  expect(broken).toMatchObject({
    link: "ra-tls/genuine",
    facts: { code: "evidence/other-report-data" },
  });
});
