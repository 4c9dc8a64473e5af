/** Ours against the verifiers of others, on third-party evidence as it is and changed: where they part is listed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../workspace/files.ts";
import { type CollateralJson, openDcapOracles, type Verdicts } from "./dcap-verdicts.ts";

const FOLDER = join(ROOT, "..", "shared", "vectors", "attestation");
const MANIFEST = join(FOLDER, "manifest.json");
const isLong = process.env["PHA_LONG"] === "1";
/** Bytes of a quote that are changed, one at a time; all of them in the long form. */
const FLIPS = 24;
const TIMEOUT_MS = isLong ? 3_600_000 : 120_000;

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly files: Readonly<Record<string, string>>;
  readonly verifyAt: string;
}

interface Case {
  readonly quote: Uint8Array;
  readonly collateral: CollateralJson;
  readonly at: bigint;
}

const listed: readonly Listed[] = existsSync(MANIFEST)
  ? JSON.parse(readFileSync(MANIFEST, "utf8")).cases
  : [];
const read = (path: string | undefined): Buffer => readFileSync(join(FOLDER, path ?? ""));
const cases = new Map(
  listed
    .filter(({ kind }) => kind.endsWith("-dcap"))
    .map(({ id, files, verifyAt }): [string, Case] => [
      id,
      {
        quote: new Uint8Array(read(files["quote"])),
        collateral: JSON.parse(read(files["collateral"]).toString()),
        at: BigInt(Date.parse(verifyAt)),
      },
    ]),
);

const REFUSED = "refused";
const jsAccepts = (status: string): Verdicts => ({ ours: REFUSED, js: status, wasm: REFUSED });
const wasmAccepts = (status: string): Verdicts => ({ ours: REFUSED, js: REFUSED, wasm: status });

/** Every case in which a verdict differs from ours. */
const DISAGREEMENTS: Readonly<Record<string, Verdicts>> = {
  // No revocation list is looked at.
  "t-pck-crl-empty": jsAccepts("UpToDate"),
  "t-pck-crl-bad-signature": jsAccepts("UpToDate"),
  "t-pck-crl-other-ca": jsAccepts("UpToDate"),
  "root list is garbage": jsAccepts("UpToDate"),
  "PCK list is garbage": jsAccepts("UpToDate"),
  "root list's signature": jsAccepts("UpToDate"),
  "SGX: PCK list's signature": jsAccepts("SWHardeningNeeded"),
  "PCK list is expired": jsAccepts("UpToDate"),
  // The beginning of a validity is not looked at, nor by one of them that of a list.
  "PCK list is of a later time": { ...jsAccepts("UpToDate"), wasm: "UpToDate" },
  "t-collateral-from-future": wasmAccepts("UpToDate"),
  // Below every level of TCB info: a status that stands for none.
  "tdx-b0c06f-tcb-unsupported": wasmAccepts("Unknown"),
  // The identity of the quoting enclave is not looked at.
  "QE identity's signature": wasmAccepts("UpToDate"),
  "QE identity of SGX": wasmAccepts("UpToDate"),
  // Intel leaves two of TDX's components to the identity of the module; both compare them.
  "tdx-gcp-cos113-with-ccel": { ours: "UpToDate", js: "OutOfDate", wasm: "OutOfDate" },
};

const REFUSALS: Verdicts = { ours: REFUSED, js: REFUSED, wasm: REFUSED };

function caseOf(id: string): Case {
  const found = cases.get(id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found;
}

const withFields = (one: Case, fields: CollateralJson): Case => ({
  ...one,
  collateral: { ...one.collateral, ...fields },
});

function flippedAt(quote: Uint8Array, at: number): Uint8Array {
  const changed = quote.slice();
  changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
  return changed;
}

/** Hex with its last bit changed: of a list, its signature. */
const brokenEnd = (hex = ""): string =>
  `${hex.slice(0, -2)}${(Number.parseInt(hex.slice(-2), 16) ^ 1).toString(16).padStart(2, "0")}`;

/** What attestation evidence is changed in, beside single bytes. */
function mutations(): ReadonlyMap<string, Case> {
  const good = caseOf("tdx-dstack-b0c06f-uptodate");
  const sgx = caseOf("sgx-icelake-hardening");
  const { collateral } = good;
  const day = 86_400_000n;
  const versioned = (version: number): Case => ({
    ...good,
    quote: Uint8Array.from(good.quote, (byte, i) => (i === 0 ? version : byte)),
  });
  const pckCrlOf = (id: string): CollateralJson => ({
    pck_crl: caseOf(id).collateral["pck_crl"] ?? "",
  });
  return new Map<string, Case>([
    ["root list is garbage", withFields(good, { root_ca_crl: "00112233" })],
    ["PCK list is garbage", withFields(good, { pck_crl: "00112233" })],
    [
      "root list's signature",
      withFields(good, { root_ca_crl: brokenEnd(collateral["root_ca_crl"]) }),
    ],
    [
      "SGX: PCK list's signature",
      withFields(sgx, { pck_crl: brokenEnd(sgx.collateral["pck_crl"]) }),
    ],
    ["PCK list is expired", withFields(good, pckCrlOf("tdx-debug-td"))],
    ["PCK list is of a later time", withFields(good, pckCrlOf("tdx-dstack-eventlog-2025"))],
    [
      "TCB info's signature",
      withFields(good, { tcb_info_signature: brokenEnd(collateral["tcb_info_signature"]) }),
    ],
    [
      "QE identity's signature",
      withFields(good, { qe_identity_signature: brokenEnd(collateral["qe_identity_signature"]) }),
    ],
    [
      "QE identity of SGX",
      withFields(good, {
        qe_identity: sgx.collateral["qe_identity"] ?? "",
        qe_identity_signature: sgx.collateral["qe_identity_signature"] ?? "",
      }),
    ],
    ["TCB info is no JSON", withFields(good, { tcb_info: "{" })],
    ["no chain of TCB info", withFields(good, { tcb_info_issuer_chain: "" })],
    [
      "collateral of another family",
      { ...good, collateral: caseOf("tdx-v5-service-td").collateral },
    ],
    ["collateral of SGX", { ...good, collateral: sgx.collateral }],
    ["two months later", { ...good, at: good.at + 60n * day }],
    ["twenty years later", { ...good, at: good.at + 7_300n * day }],
    ["version 3", versioned(3)],
    ["version 5", versioned(5)],
    ["version 6", versioned(6)],
    ["a byte more", { ...good, quote: Uint8Array.from([...good.quote, 7]) }],
    ["cut", { ...good, quote: good.quote.subarray(0, 2_000) }],
    ["nothing", { ...good, quote: new Uint8Array(0) }],
  ]);
}

describe.skipIf(cases.size === 0)("verifiers of DCAP", async () => {
  const verdicts = await openDcapOracles();
  const of = ({ quote, collateral, at }: Case): Verdicts => verdicts(quote, collateral, at);

  test("agree on third-party evidence and on its mutations, but for what is listed", () => {
    expect(cases.size).toBeGreaterThan(20);
    const found: Record<string, Verdicts> = {};
    for (const [id, one] of [...cases, ...mutations()]) {
      const all = of(one);
      if (all.js !== all.ours || all.wasm !== all.ours) found[id] = all;
    }
    expect(found).toEqual(DISAGREEMENTS);
  });

  // Lengths of what is signed and certified, and what kind it is: some of these the others do not hold against the rest.
  test.each([
    ["tdx-dstack-b0c06f-uptodate", [632, 636, 764, 770, 1252, 1258]],
    ["sgx-icelake-hardening", [432, 436, 1046, 1052]],
  ])(
    "agree on %s with a byte changed",
    (id, unread) => {
      const isUnread = (at: number): boolean =>
        unread.filter((edge) => edge <= at).length % 2 === 1;
      const good = caseOf(id);
      const { length } = good.quote;
      const positions = isLong
        ? Array.from({ length }, (_, at) => at)
        : Array.from({ length: FLIPS }, (_, i) => Math.floor((i * (length - 1)) / (FLIPS - 1)));
      // Others read base64 and PEM with more slack than we do.
      const certificates = Buffer.from(good.quote).indexOf("-----BEGIN");
      expect(certificates).toBeGreaterThan(1_000);
      const same = of(good);
      expect(same).toEqual({ ours: same.ours, js: same.ours, wasm: same.ours });
      for (const at of positions) {
        const changed = of({ ...good, quote: flippedAt(good.quote, at) });
        if (at >= certificates) {
          if (changed.ours !== REFUSED) expect(changed, `byte ${at}`).toEqual(same);
        } else if (isUnread(at)) expect(changed.ours, `byte ${at}`).toBe(REFUSED);
        else expect(changed, `byte ${at}`).toEqual(REFUSALS);
      }
    },
    TIMEOUT_MS,
  );
});
