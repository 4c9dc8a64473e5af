import { PRODUCT_LINES, verifyWithCollateral } from "@pha/attestation";
import {
  collateralItems,
  makeAzure,
  makeSnp,
  NOW,
  rsaPair,
  TEST_ROOTS,
} from "@pha/attestation/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyUnder, openVtpmProvider, sealingPolicy } from "./azure-vtpm.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import {
  extend,
  makeAttestationKey,
  type Swtpm,
  startSwtpm,
  swtpmMissing,
  writeReport,
} from "./testing/swtpm.ts";
import { send, type TpmTransport } from "./tpm-commands.ts";

const data = (value: number) => new Uint8Array(64).fill(value);
const files = { exists: () => Promise.resolve(false), pause: () => Promise.resolve() };

function verdict(bytes: Uint8Array, expectedReportData: Uint8Array) {
  const items = collateralItems();
  const verified = verifyWithCollateral({
    bytes,
    roots: TEST_ROOTS,
    view: (slot) => items.find(({ type }) => type === slot.type),
    lines: PRODUCT_LINES.map((line) => ({ line })),
    amdLevels: [],
    simulatedRoot: undefined,
    now: NOW,
    expectedReportData,
  });
  return verified.ok ? verified.value : verified.error;
}

describe.skipIf(swtpmMissing)(`a virtual TPM${swtpmMissing ? `: ${swtpmMissing}` : ""}`, () => {
  let swtpm: Swtpm;
  let provider: EvidenceProvider;
  const { vek } = makeSnp();

  beforeAll(async () => {
    swtpm = await startSwtpm();
    expect(await openVtpmProvider({ transport: swtpm.tpm, files, vek })).toBeUndefined();
    const modulus = await makeAttestationKey(swtpm.tpm);
    const jwk = { n: Buffer.from(modulus).toString("base64url"), e: "AQAB" };
    const { paravisorReport } = makeAzure({ ...rsaPair(), jwk });
    await writeReport(swtpm.tpm, paravisorReport);
    const opened = await openVtpmProvider({ transport: swtpm.tpm, files, vek });
    if (opened === undefined) throw new Error("the report is there");
    provider = opened;
  });
  afterAll(() => swtpm?.stop());

  test("quotes over the hash of the report data; the whole chain verifies", async () => {
    expect(provider).toMatchObject({ name: "azure-vtpm", kind: "AzureVtpm" });
    const evidence = await provider.evidence(data(3));
    expect(verdict(evidence, data(3))).toMatchObject({ line: "azure-milan", debug: false });
    expect(verdict(evidence, data(4))).toMatchObject({ code: "evidence/other-report-data" });
  });

  test("the sealing key is the same at every start, and another after another boot", async () => {
    const key = await provider.sealingKey();
    expect(key?.length).toBe(32);
    expect(await provider.sealingKey()).toEqual(key);
    const before = verdict(await provider.evidence(data(3)), data(3));
    const policy = await sealingPolicy(swtpm.tpm);
    expect(await keyUnder(swtpm.tpm, policy)).toEqual(key);
    await extend(swtpm.tpm, 4);
    // The attack: another boot chain asks for the key of the former one.
    await expect(keyUnder(swtpm.tpm, policy)).rejects.toMatchObject({
      code: "provider/tpm-refused",
    });
    expect(await provider.sealingKey()).not.toEqual(key);
    const after = verdict(await provider.evidence(data(3)), data(3));
    // What booted is part of the measurement, too.
    expect(after).toMatchObject({ line: "azure-milan" });
    expect("measurement" in after && after.measurement).not.toEqual(
      "measurement" in before && before.measurement,
    );
  });

  test("keys and sessions are given back: hundreds of requests find room", async () => {
    for (let i = 0; i < 20; i++) await provider.sealingKey();
    expect((await provider.sealingKey())?.length).toBe(32);
  });

  test("another TPM has another key", async () => {
    const other = await startSwtpm();
    try {
      await writeReport(other.tpm, new Uint8Array(8));
      const opened = await openVtpmProvider({ transport: other.tpm, files, vek });
      expect(await opened?.sealingKey()).not.toEqual(await provider.sealingKey());
    } finally {
      await other.stop();
    }
  });

  test("without the chip's certificate there is no evidence, and what the TPM refuses has its code", async () => {
    const asking = await openVtpmProvider({
      ...{ transport: swtpm.tpm, files },
      askChipKey: async ({ line }) => (line === "Milan" ? vek : undefined),
    });
    expect(verdict((await asking?.evidence(data(3))) ?? data(0), data(3))).toMatchObject({
      line: "azure-milan",
    });
    const bare = await openVtpmProvider({ transport: swtpm.tpm, files });
    await expect(bare?.evidence(data(3))).rejects.toMatchObject({ code: "provider/no-vek-file" });
    await expect(send(swtpm.tpm, { code: 0x1ff })).rejects.toMatchObject({
      code: "provider/tpm-refused",
      facts: { command: 0x1ff },
    });
  });
});

describe("a device that answers anything", () => {
  const answering = (...answers: readonly (readonly number[])[]): TpmTransport => {
    const left = [...answers];
    return { exchange: () => Promise.resolve(Uint8Array.from(left.shift() ?? [])) };
  };
  const ok = (...parameters: number[]) => [
    0x80,
    1,
    0,
    0,
    0,
    10 + parameters.length,
    0,
    0,
    0,
    0,
    ...parameters,
  ];

  test.each([
    ["nothing", []],
    ["a header of another length", [0x80, 1, 0, 0, 0, 99, 0, 0, 0, 0]],
    ["no parameters", ok()],
    ["a length beyond its end", ok(0, 9, 1)],
  ])("%s is malformed", async (_, answer) => {
    const opened = openVtpmProvider({ transport: answering(answer), files });
    await expect(opened).rejects.toMatchObject({ code: "provider/tpm-malformed" });
  });

  test("a busy one is asked again", async () => {
    const busy = [0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0x22];
    const tpm = answering(busy);
    await expect(send(tpm, { code: 1 })).rejects.toMatchObject({ code: "EBUSY" });
  });

  test("one without the bank of SHA-256 cannot quote for us", async () => {
    const info = ok(0, 2, 0, 0);
    const none = ok(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    const tpm = answering(info, info, none);
    const opened = await openVtpmProvider({ transport: tpm, files, vek: new Uint8Array(1) });
    await expect(opened?.evidence(data(1))).rejects.toMatchObject({
      code: "provider/no-sha256-bank",
    });
  });

  test("no device, no provider", async () => {
    expect(await openVtpmProvider({ files })).toBeUndefined();
  });
});
