/** Machines that exist in this test only. */
import { sha256 } from "@pha/crypto";
import { concatBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { verifyCollateral } from "../intel/collateral.ts";
import { NOW } from "../testing/certificates.ts";
import { makeCollateral, makeQuote, root, tdReport } from "../testing/dcap.ts";
import { flipped, positionsIn } from "../testing/mutate.ts";
import { type AzureTdxSample, claimsOf, makeAzureTdx, rsaPair } from "../testing/tpm.ts";
import { type VerifyAzureTdxInput, verifyAzureTdx } from "./verify-azure-tdx.ts";

function collateralOf(tee: "sgx" | "tdx") {
  const verified = verifyCollateral(makeCollateral(tee), NOW, root);
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value;
}
const tdx = collateralOf("tdx");
const pair = rsaPair();

function tdQuote(reportData: Uint8Array): Uint8Array {
  const body = tdReport();
  body.set(reportData, 520);
  return makeQuote({ version: 4, body });
}

/** Everything that is taken, good unless the sample says otherwise. */
function machine(
  sample: AzureTdxSample = {},
  change: Partial<VerifyAzureTdxInput> = {},
): VerifyAzureTdxInput {
  return { ...makeAzureTdx(pair, sample), collateral: tdx, root, now: NOW, ...change };
}
const told = (input: VerifyAzureTdxInput): string => {
  const verified = verifyAzureTdx(input);
  return verified.ok ? "ok" : verified.error.code;
};

describe("a machine of Azure on TDX", () => {
  test.each([
    1, 2,
  ] as const)("is Intel's quote, the paravisor's claims and the TPM's quote: hash %i", (hash) => {
    const verified = verifyAzureTdx(machine({ hash }));
    if (!verified.ok) throw new Error(verified.error.code);
    const { tdx: facts, vm, tpm } = verified.value;
    expect(facts).toMatchObject({ quoteVersion: 4, body: { type: "td10" } });
    expect(vm).toMatchObject({ secureBoot: true, tpmEnabled: true });
    expect(verified.value.report.reportData.slice(48)).toEqual(new Uint8Array(16));
    expect(tpm.extraData).toEqual(sha256(new Uint8Array(64).fill(3)));
  });

  test("whose quote is of another TD, of more than the claims, or of an enclave, is refused", () => {
    expect(told(machine({}, { quote: tdQuote(new Uint8Array(64)) }))).toBe("paravisor/not-bound");
    const more = concatBytes(sha256(utf8(claimsOf(pair))), new Uint8Array(32).fill(1));
    expect(told(machine({}, { quote: tdQuote(more) }))).toBe("paravisor/not-bound");
    // The attack: the claims of another machine, whose key the attacker has.
    const other = machine({ claims: claimsOf(rsaPair()) });
    expect(told({ ...machine(), paravisorReport: other.paravisorReport })).toBe(
      "paravisor/not-bound",
    );
    const enclave = { quote: makeQuote(), collateral: collateralOf("sgx") };
    expect(told(machine({}, enclave))).toBe("paravisor/no-td");
    expect(told(machine({}, { quote: makeQuote() }))).toBe("attestation/collateral-wrong-tee");
  });

  test("whose local report is of another trust domain than the quote is refused", () => {
    const good = machine();
    // The attack: claims and report of one machine, and the quote of another with the same claims.
    const other = machine({ td: { rtmrs: [new Uint8Array(48).fill(1)] } });
    expect(told({ ...good, quote: other.quote })).toBe("paravisor/other-domain");
    expect(told(other)).toBe("ok");
    // Header, then report data and registers of the report.
    for (const at of [32 + 128, 32 + 512, 32 + 911])
      expect(told({ ...good, paravisorReport: flipped(good.paravisorReport, at) })).toBe(
        "paravisor/other-domain",
      );
  });

  test("of TDX 1.5 is taken, too", () => {
    const verified = verifyAzureTdx(machine({ isLater: true }));
    expect(verified).toMatchObject({ value: { tdx: { quoteVersion: 5, body: { type: "td15" } } } });
  });

  test("that says it is AMD's, another one's TPM, and a report that is none are refused", () => {
    expect(told(machine({ hardware: 2 }))).toBe("paravisor/other-hardware");
    const { tpmQuote } = makeAzureTdx(rsaPair());
    expect(told(machine({}, { tpmQuote }))).toBe("tpm/bad-signature");
    expect(told(machine({}, { paravisorReport: new Uint8Array(9) }))).toBe("paravisor/malformed");
  });

  test("with any byte of the quote or the claims changed is refused, or says the same", () => {
    const good = machine();
    const facts = verifyAzureTdx(good);
    for (const part of ["quote", "paravisorReport"] as const)
      for (const at of positionsIn(good[part].length, 80)) {
        const changed = verifyAzureTdx({ ...good, [part]: flipped(good[part], at) });
        if (changed.ok) expect(changed, `${part} ${at}`).toEqual(facts);
      }
  });
});
