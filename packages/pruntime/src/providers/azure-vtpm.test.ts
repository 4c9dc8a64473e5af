import { PRODUCT_LINES, verifyWithCollateral } from "@pha/attestation";
import {
  collateralItems,
  makeAzure,
  makeAzureTdx,
  makeQuote,
  makeSnp,
  NOW,
  rsaPair,
  TEST_ROOTS,
} from "@pha/attestation/testing";
import { concatBytes } from "@pha/scale";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHostDesk } from "../shell/host-desk.ts";
import { keyUnder, openVtpmProvider, sealingPolicy } from "./azure-vtpm.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import type { AskTdQuote } from "./td-quote.ts";
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

/** Intel's texts are of SGX and of TDX: a quote of a trust domain is verified with the latter. */
const ITEMS = collateralItems().filter(({ type, value }) => {
  const text = type === "IntelTcbInfo" || type === "IntelQeIdentity" ? value.text : undefined;
  return text === undefined || /"id":"(TDX|TD_QE)"/.test(Buffer.from(text).toString());
});

function verdict(bytes: Uint8Array, expectedReportData: Uint8Array) {
  const verified = verifyWithCollateral({
    bytes,
    roots: TEST_ROOTS,
    view: (slot) => ITEMS.find(({ type }) => type === slot.type),
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
      await writeReport(other.tpm, makeAzure(rsaPair()).paravisorReport);
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

describe.skipIf(swtpmMissing)(
  `a virtual TPM on TDX${swtpmMissing ? `: ${swtpmMissing}` : ""}`,
  () => {
    let swtpm: Swtpm;
    const pair = rsaPair();
    let machine: ReturnType<typeof makeAzureTdx>;

    beforeAll(async () => {
      swtpm = await startSwtpm();
      const modulus = await makeAttestationKey(swtpm.tpm);
      const jwk = { n: Buffer.from(modulus).toString("base64url"), e: "AQAB" };
      machine = makeAzureTdx({ ...pair, jwk });
      await writeReport(swtpm.tpm, machine.paravisorReport);
    });
    afterAll(() => swtpm?.stop());

    async function opened(askTdQuote?: AskTdQuote): Promise<EvidenceProvider> {
      const provider = await openVtpmProvider({ transport: swtpm.tpm, files, askTdQuote });
      if (provider === undefined) throw new Error("the report is there");
      return provider;
    }

    test("has Intel's quote of its own report fetched; the whole chain verifies", async () => {
      const asked: Uint8Array[] = [];
      const provider = await opened(async (localReport) => {
        asked.push(localReport);
        // The service pads what it gives.
        return concatBytes(machine.quote, new Uint8Array(70));
      });
      expect(provider).toMatchObject({ name: "azure-vtpm-tdx", kind: "AzureTdx" });
      expect(asked).toEqual([]);
      const evidence = await provider.evidence(data(3));
      expect(asked).toEqual([machine.paravisorReport.slice(32, 32 + 1_024)]);
      const told = verdict(evidence, data(3));
      expect(told).toMatchObject({ line: "azure-tdx", confidence: 2, debug: false });
      expect(verdict(evidence, data(4))).toMatchObject({ code: "evidence/other-report-data" });
      // Evidence made anew is over the same machine.
      const again = verdict(await provider.evidence(data(4)), data(4));
      expect(again).toMatchObject({ measurement: "measurement" in told && told.measurement });
    });

    test("has a sealing key and counters as on SEV-SNP, without asking anybody", async () => {
      const provider = await opened(() => Promise.reject(new Error("nobody asks")));
      const key = await provider.sealingKey();
      expect(key?.length).toBe(32);
      expect(await (await opened()).sealingKey()).toEqual(key);
      const index = (await provider.counters?.create()) ?? 0;
      const before = (await provider.counters?.read(index)) ?? 0n;
      expect(await provider.counters?.increment(index)).toBe(before + 1n);
    });

    test.each<[string, () => Uint8Array | undefined, string]>([
      ["nothing", () => undefined, "provider/no-td-quote"],
      ["what is no quote", () => new Uint8Array(5_000).fill(1), "provider/no-quote"],
      ["a cut quote", () => machine.quote.slice(0, 900), "provider/no-quote"],
      ["an enclave's", () => makeQuote(), "provider/other-quote"],
      ["another machine's", () => makeAzureTdx(rsaPair()).quote, "provider/other-quote"],
      [
        "one of other registers",
        () => makeAzureTdx(pair, { td: { tdAttributes: [1, 0, 0, 0x10] } }).quote,
        "provider/other-quote",
      ],
    ])("makes no evidence when the host gives %s", async (_, quote, code) => {
      const provider = await opened(() => Promise.resolve(quote()));
      await expect(provider.evidence(data(3))).rejects.toMatchObject({ code });
    });

    test("makes none without a host, or with one that is silent", async () => {
      const bare = await opened();
      await expect(bare.evidence(data(3))).rejects.toMatchObject({ code: "provider/no-td-quote" });
      const desk = createHostDesk<Uint8Array>(20);
      desk.connect(() => {});
      const asking = await opened(desk.ask);
      await expect(asking.evidence(data(3))).rejects.toMatchObject({
        code: "provider/no-td-quote",
      });
    });
  },
);

describe("a device that answers anything", () => {
  const answering = (...answers: readonly (readonly number[])[]): TpmTransport => {
    const left = [...answers];
    return { exchange: () => Promise.resolve(Uint8Array.from(left.shift() ?? [])) };
  };
  const ok = (...parameters: number[]) => {
    const length = 10 + parameters.length;
    return [0x80, 1, 0, 0, length >> 8, length & 255, 0, 0, 0, 0, ...parameters];
  };

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

  /** Of an index that is as long as the report, and of its parts. */
  function reading(report: Uint8Array) {
    const two = (length: number) => [length >> 8, length & 255];
    const parts = [];
    for (let at = 0; at < report.length; at += 1_024) {
      const part = report.subarray(at, at + 1_024);
      parts.push(ok(...two(part.length), ...part));
    }
    return [ok(0, 2, ...two(report.length)), ...parts];
  }

  test("one without the bank of SHA-256 cannot quote for us", async () => {
    const { paravisorReport } = makeAzure(rsaPair());
    const none = ok(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    const [info = [], ...parts] = reading(paravisorReport);
    const tpm = answering(info, info, ...parts, info, ...parts, none);
    const opened = await openVtpmProvider({ transport: tpm, files, vek: new Uint8Array(1) });
    await expect(opened?.evidence(data(1))).rejects.toMatchObject({
      code: "provider/no-sha256-bank",
    });
  });

  test("one with something else at the report's index is not Azure's", async () => {
    for (const report of [new Uint8Array(0), new Uint8Array(8), new Uint8Array(2_600).fill(7)]) {
      const [info = [], ...parts] = reading(report);
      const opened = openVtpmProvider({ transport: answering(info, info, ...parts), files });
      await expect(opened).rejects.toMatchObject({ code: "provider/no-paravisor-report" });
    }
  });

  test("no device, no provider", async () => {
    expect(await openVtpmProvider({ files })).toBeUndefined();
  });
});
