/**
 * How many pieces of evidence one core verifies, each against the signatures in it alone. Collateral of Intel is verified
 * already, as a chain keeps it.
 *
 * The evidence is real where the third-party vectors lie beside the checkout, else of a test's own authorities; in AMD's
 * chain those have P-384 in place of RSA.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AMD_AUTHORITIES,
  NITRO_ROOT,
  parseDcapCollateral,
  type VerifySnpInput,
  verifyCollateral,
  verifyDcapQuote,
  verifyNitroDocument,
  verifySnpReport,
} from "@pha/attestation";
import {
  dcapRoot,
  makeCollateral,
  makeNitro,
  makeQuote,
  makeSnp,
  NOW,
} from "@pha/attestation/testing";
import { type EcdsaCurve, ecdsaVerify, rsaVerify } from "@pha/crypto";
import { concatBytes, plainBytes } from "@pha/scale";
import { type Bench, type Measured, median } from "./bench.ts";

const VECTORS = join(
  process.env["PHA_ROOT"] ?? process.cwd(),
  "..",
  "shared",
  "vectors",
  "attestation",
);
const isReal = existsSync(join(VECTORS, "manifest.json"));
const ROUNDS = 7;
/** Of processor time. */
const ROUND_MS = 200;

const real = (path: string): Uint8Array => new Uint8Array(readFileSync(join(VECTORS, path)));
const at = (time: string): bigint => BigInt(Date.parse(time));

function quotes(): () => boolean {
  if (!isReal) {
    const collateral = verifyCollateral(makeCollateral("sgx"), NOW, dcapRoot);
    if (!collateral.ok) throw new Error(collateral.error.code);
    const quote = makeQuote();
    return () => verifyDcapQuote(quote, collateral.value, NOW, dcapRoot).ok;
  }
  const now = at("2025-06-20T12:00:00Z");
  const json = real("intel-dcap/collateral/tdx_b0c06f000000_2025-06.json");
  const parsed = parseDcapCollateral(new TextDecoder().decode(json));
  const collateral = parsed.ok ? verifyCollateral(parsed.value, now) : parsed;
  if (!collateral.ok) throw new Error(collateral.error.code);
  const quote = real("intel-dcap/quotes/tdx-dstack-b0c06f-uptodate.bin");
  return () => verifyDcapQuote(quote, collateral.value, now).ok;
}

function reports(): () => boolean {
  const input: VerifySnpInput = isReal
    ? {
        report: real("amd-sev-snp/snp-milan-bare.report.bin"),
        vek: real("amd-sev-snp/snp-milan-bare.vek.der"),
        authorities: AMD_AUTHORITIES,
        now: at("2023-06-01T00:00:00Z"),
        revocation: { accept: "any", because: "the sample has no list" },
      }
    : makeSnp();
  return () => verifySnpReport(input).ok;
}

function documents(): { readonly verify: () => boolean; readonly signatures: number } {
  const input = isReal
    ? {
        document: real("aws-nitro/nitro-2025-12.cbor"),
        root: NITRO_ROOT,
        now: at("2025-12-25T13:15:37.578Z"),
      }
    : makeNitro();
  const facts = verifyNitroDocument(input);
  if (!facts.ok) throw new Error(facts.error.code);
  // Every certificate but the pinned root, and the document.
  return { verify: () => verifyNitroDocument(input).ok, signatures: facts.value.certificates };
}

const MESSAGE = new Uint8Array(600).fill(9);
const binaryOf = (text = ""): Uint8Array => plainBytes(Buffer.from(text, "base64url"));

function ecdsa(curve: EcdsaCurve): () => boolean {
  const digest = curve === "P-256" ? "SHA-256" : "SHA-384";
  const pair = generateKeyPairSync("ec", { namedCurve: curve });
  const { x, y } = pair.publicKey.export({ format: "jwk" });
  const key: { readonly key: KeyObject; readonly dsaEncoding: "ieee-p1363" } = {
    key: pair.privateKey,
    dsaEncoding: "ieee-p1363",
  };
  const signature = plainBytes(sign(digest, MESSAGE, key));
  const publicKey = concatBytes(binaryOf(x), binaryOf(y));
  return () => ecdsaVerify({ curve, digest, publicKey, message: MESSAGE, signature });
}

function rsa4096(): () => boolean {
  const pair = generateKeyPairSync("rsa", { modulusLength: 4_096 });
  const modulus = binaryOf(pair.publicKey.export({ format: "jwk" }).n);
  const signature = plainBytes(
    sign("SHA-384", MESSAGE, { key: pair.privateKey, padding: 6, saltLength: 48 }),
  );
  const publicKey = { modulus, exponent: 65_537 };
  return () =>
    rsaVerify({ publicKey, padding: "pss", digest: "SHA-384", message: MESSAGE, signature });
}

/** Milliseconds of processor time that a call takes. @throws Error when it does not accept */
function timeOf(accepts: () => boolean): number {
  const began = processorMs();
  let calls = 0;
  let used = 0;
  while (used < ROUND_MS) {
    if (!accepts()) throw new Error("good evidence is accepted");
    calls++;
    used = processorMs() - began;
  }
  return used / calls;
}

/** Of this process: what others take from a core does not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

interface Subject {
  readonly id: string;
  readonly verify: () => boolean;
  readonly signatures: readonly (() => boolean)[];
  readonly about: string;
  readonly floor: number;
  readonly goal: number;
}

function rowOf({ id, verify, signatures, about, floor, goal }: Subject): Measured {
  const own: number[] = [];
  const alone: number[] = [];
  // In turns, so that both have the same machine.
  for (let round = 0; round < ROUNDS; round++) {
    own.push(timeOf(verify));
    alone.push(timeOf(() => signatures.every((accepts) => accepts())));
  }
  return {
    id: `attestation/${id}`,
    value: 1_000 / median(own),
    unit: "per second of a core",
    better: "larger",
    against: { name: "its signatures alone", value: 1_000 / median(alone) },
    samples: ROUNDS,
    floor,
    goal,
    note: `${isReal ? "real" : "made"} evidence: ${about}`,
  };
}

export const attestation: Bench = {
  id: "attestation",
  async run() {
    const [p256, p384] = [ecdsa("P-256"), ecdsa("P-384")];
    const authority = isReal ? rsa4096() : p384;
    const nitro = documents();
    return [
      rowOf({
        id: "dcap",
        verify: quotes(),
        signatures: [p256, p256, p256, p256],
        about:
          "four of P-256 in quote, quoting enclave and two certificates; collateral verified before",
        floor: 150,
        goal: 400,
      }),
      rowOf({
        id: "sev-snp",
        verify: reports(),
        signatures: [p384, authority, authority],
        about: "the report's of P-384, two of the chain",
        floor: 150,
        goal: 300,
      }),
      rowOf({
        id: "nitro",
        verify: nitro.verify,
        signatures: new Array<() => boolean>(nitro.signatures).fill(p384),
        about: `${nitro.signatures} of P-384`,
        floor: 60,
        goal: 120,
      }),
    ];
  },
};
