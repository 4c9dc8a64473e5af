/** A chain that trusts vendors which exist in a test only, and workers on their platforms. */
import {
  isSimulatedLine,
  PLATFORM_ATTRIBUTES,
  PRODUCT_LINES,
  verifyWithCollateral,
} from "@pha/attestation";
import {
  collateralItems,
  ENVELOPES,
  envelope,
  INSTANCE_ID,
  makeQuote,
  NOW,
  PLATFORM_KEY,
  type RealKind,
  sgxReport,
  TEST_ROOTS,
} from "@pha/attestation/testing";
import { registrationReportData } from "@pha/protocol";
import type { PhaParameters } from "../parameters.ts";
import { PhaAttestation, type Policy } from "../pha-attestation/index.ts";
import { DEVELOPMENT_POLICY } from "../pha-genesis.ts";
import { PhalaRegistry } from "../phala-registry/index.ts";
import { type PhaChain, registrationOf, startPhaChain, testBoot } from "./pha-chain.ts";

const LINES = PRODUCT_LINES.filter((line) => !isSimulatedLine(line)).map((line) => ({
  line,
  minSvn: 0,
  worstConfidence: { worker: 5, gatekeeper: 0 },
}));
export const VENDOR_POLICY: Policy = {
  ...DEVELOPMENT_POLICY,
  lines: LINES,
  toleratedAttributes: PLATFORM_ATTRIBUTES.filter((one) => one !== "debug"),
};

export function startVendorChain({
  withCollateral = true,
  pha = {} as Partial<PhaParameters>,
} = {}) {
  const chain = startPhaChain({}, { roots: TEST_ROOTS, ...pha }, NOW);
  chain.block();
  const tx = chain.runtime.tx.PhaAttestation;
  chain.sudo(tx.set_policy({ policy: VENDOR_POLICY }));
  const arm = {
    instanceId: INSTANCE_ID,
    implementationId: new Uint8Array(32).fill(4),
    ...PLATFORM_KEY,
  };
  if (withCollateral) {
    for (const item of collateralItems()) chain.send(tx.submit_collateral({ item }), "//Bob");
    for (const value of [
      { type: "ArmPlatformKey", value: arm },
      { type: "AndroidListedAt", value: chain.nowMs() },
    ] as const)
      chain.sudo(tx.change_entry({ change: { type: "Put", value } }));
  }
  const storage = () => chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
  return { chain, tx, storage };
}

/** A registration of a worker by number. */
export function vendorCall(
  chain: PhaChain,
  kind: RealKind,
  number = 1,
  evidenceOver: (reportData: Uint8Array, nowMs: bigint) => Uint8Array = ENVELOPES[kind],
) {
  const boot = testBoot(number);
  const registration = registrationOf(chain, boot);
  const evidence = evidenceOver(registrationReportData(registration), chain.nowMs());
  const call = chain.runtime.tx.PhalaRegistry.register_worker_v2({ registration, evidence });
  return { call, boot, registration, evidence };
}

/** What a relying party reads from the evidence: governance lists it. */
export function vendorMeasurement(chain: PhaChain, kind: RealKind): Uint8Array {
  const { evidence, registration } = vendorCall(chain, kind);
  const { storage } = chain.runtime.env(chain.overlay).of(PhaAttestation);
  const verified = verifyWithCollateral({
    bytes: evidence,
    roots: TEST_ROOTS,
    view: (slot) => storage.Collateral.get(slot)?.item,
    lines: LINES,
    amdLevels: [],
    simulatedRoot: undefined,
    now: chain.nowMs(),
    expectedReportData: registrationReportData(registration),
  });
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value.measurement;
}

/** As `ENVELOPES.IntelSgxDcap`, of a real platform whose quote another enclave than Intel's made. */
export function quotedByAnother(reportData: Uint8Array): Uint8Array {
  const quote = makeQuote({
    body: sgxReport({ reportData }),
    qe: { mrSigner: 66 },
  });
  return envelope("IntelSgxDcap", quote);
}
