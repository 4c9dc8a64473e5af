import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PRODUCT_LINES, verifyWithCollateral } from "@pha/attestation";
import {
  collateralItems,
  INSTANCE_ID,
  makeCca,
  makeQuote,
  makeSnp,
  NOW,
  PLATFORM_KEY,
  sgxReport,
  TEST_ROOTS,
  tdReport,
} from "@pha/attestation/testing";
import { concatBytes, fromHex, toHex } from "@pha/scale";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { openConfigfsProvider } from "./configfs-tsm.ts";
import { openProvider } from "./detect.ts";
import { systemFiles } from "./device-files.ts";
import { openDstackProvider } from "./dstack.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import { openGramineProvider } from "./gramine.ts";
import { fakeGramine, fakeTsm } from "./testing/fake-devices.ts";

const FOLDER = "/tsm";
const scratch = mkdtempSync(join(tmpdir(), "pha-providers-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const data = (value: number) => new Uint8Array(64).fill(value);

function tdQuote(reportData: Uint8Array): Uint8Array {
  const body = tdReport();
  body.set(reportData, 520);
  return makeQuote({ version: 4, body });
}
const sgxQuote = (reportData: Uint8Array) => makeQuote({ body: sgxReport({ reportData }) });

/** What the chain would say of the evidence. */
function verdict(bytes: Uint8Array, expectedReportData: Uint8Array): string {
  const items = collateralItems();
  const arm = {
    instanceId: INSTANCE_ID,
    implementationId: new Uint8Array(32).fill(4),
    ...PLATFORM_KEY,
  };
  const verified = verifyWithCollateral({
    bytes,
    roots: TEST_ROOTS,
    view: (slot) => {
      if (slot.type === "ArmPlatformKey") return { type: slot.type, value: arm };
      const tee = slot.type === "IntelTcbInfo" ? slot.value.tee : slot.value;
      const found = items.filter(({ type }) => type === slot.type);
      return tee === "tdx" ? found[1] : found[0];
    },
    lines: PRODUCT_LINES.map((line) => ({ line })),
    amdLevels: [],
    simulatedRoot: undefined,
    now: NOW,
    expectedReportData,
  });
  return verified.ok ? verified.value.line : verified.error.code;
}

async function opened(provider: Promise<EvidenceProvider | undefined>): Promise<EvidenceProvider> {
  const found = await provider;
  if (found === undefined) throw new Error("the device is there");
  return found;
}

/** AMD's table of certificates. */
function table(entries: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const head = new Uint8Array(24 * (entries.length + 1));
  const view = new DataView(head.buffer);
  let offset = head.length;
  entries.forEach(([guid, { length }], i) => {
    head.set(fromHex(guid), 24 * i);
    view.setUint32(24 * i + 16, offset, true);
    view.setUint32(24 * i + 20, length, true);
    offset += length;
  });
  return concatBytes(head, ...entries.map(([, bytes]) => bytes));
}
const VCEK = "8d75da6364e66445adc5f4b93be8accd";
const ASK = "79b3b74aacbbe44fa02f05aef327c782";
const ARK = "a406b4c003a852499743 3fb6014cd0ae".replace(" ", "");

describe("configfs-tsm", () => {
  const tdx = () => fakeTsm({ folder: FOLDER, provider: "tdx_guest", reportOf: tdQuote });
  const open = (files: ReturnType<typeof fakeTsm>, vek?: Uint8Array) =>
    opened(openConfigfsProvider({ folder: FOLDER, files, vek }));

  test("is not there on other machines", async () => {
    expect(await openConfigfsProvider({ folder: join(scratch, "nothing") })).toBeUndefined();
  });

  test("TDX: the quote is over the report data, and verifies", async () => {
    const provider = await open(tdx());
    expect(provider).toMatchObject({ name: "configfs-tsm/tdx_guest", kind: "IntelTdxDcap" });
    expect(verdict(await provider.evidence(data(5)), data(5))).toBe("intel-tdx");
    expect(await provider.sealingKey()).toBeUndefined();
  });

  test("TDX: what the host puts behind the quote is left away", async () => {
    const reportOf = (reportData: Uint8Array) =>
      concatBytes(tdQuote(reportData), new Uint8Array(3000));
    const provider = await open(fakeTsm({ folder: FOLDER, provider: "tdx_guest", reportOf }));
    expect(verdict(await provider.evidence(data(5)), data(5))).toBe("intel-tdx");
  });

  test("SEV-SNP: the host's certificates come along", async () => {
    const { vek } = makeSnp();
    const { root, issuers } = TEST_ROOTS.amd.Milan;
    const files = fakeTsm({
      folder: FOLDER,
      provider: "sev_guest",
      reportOf: (reportData) => makeSnp({ reportData }).report,
      aux: table([
        [VCEK, vek],
        [ASK, issuers.VCEK.raw],
        [ARK, root.raw],
      ]),
    });
    const evidence = await (await open(files)).evidence(data(6));
    expect(verdict(evidence, data(6))).toBe("amd-milan-vcek");
    expect(toHex(evidence)).toContain(toHex(root.raw).slice(2));
  });

  test("SEV-SNP: without certificates of the host, the operator's file, or a refusal that says so", async () => {
    const reportOf = (reportData: Uint8Array) => makeSnp({ reportData }).report;
    const files = fakeTsm({ folder: FOLDER, provider: "sev_guest", reportOf });
    const provider = await open(files, makeSnp().vek);
    expect(verdict(await provider.evidence(data(6)), data(6))).toBe("amd-milan-vcek");
    await expect((await open(files)).evidence(data(6))).rejects.toMatchObject({
      code: "provider/no-vek",
    });
    // Asked of who can reach AMD, by what the report says of its chip.
    const names: unknown[] = [];
    const asking = await openConfigfsProvider({
      folder: FOLDER,
      files,
      askChipKey: async (name) => {
        names.push(name);
        return makeSnp().vek;
      },
    });
    const fetched = await asking?.evidence(data(6));
    expect(fetched && verdict(fetched, data(6))).toBe("amd-milan-vcek");
    expect(names).toMatchObject([{ line: "Milan", tcb: { snp: 8, microcode: 115 } }]);
    const nobody = { folder: FOLDER, files, askChipKey: async () => undefined };
    await expect((await openConfigfsProvider(nobody))?.evidence(data(6))).rejects.toMatchObject({
      code: "provider/no-vek",
    });
    const short = fakeTsm({
      folder: FOLDER,
      provider: "sev_guest",
      reportOf: () => new Uint8Array(9),
    });
    await expect((await open(short)).evidence(data(6))).rejects.toMatchObject({
      code: "provider/no-report",
    });
  });

  test("CCA: the token as it is", async () => {
    const reportOf = (reportData: Uint8Array) => makeCca({ realm: new Map([[10n, reportData]]) });
    const provider = await open(fakeTsm({ folder: FOLDER, provider: "arm_cca_guest", reportOf }));
    expect(verdict(await provider.evidence(data(7)), data(7))).toBe("arm-cca");
  });

  test("a busy quoting service is asked again, with longer pauses, and no folder is left", async () => {
    const files = tdx();
    const provider = await open(files);
    files.failures.push("EBUSY", "EINTR", "ETIMEDOUT");
    expect(verdict(await provider.evidence(data(5)), data(5))).toBe("intel-tdx");
    expect(files.pauses).toEqual([50, 100, 200]);
    files.failures.push(
      ..."x"
        .repeat(6)
        .split("")
        .map(() => "EBUSY"),
    );
    await expect(provider.evidence(data(5))).rejects.toMatchObject({ code: "provider/busy" });
    files.failures.push("EIO");
    await expect(provider.evidence(data(5))).rejects.toMatchObject({ code: "EIO" });
    expect(files.open.size).toBe(0);
  });

  test("a report over somebody else's data is thrown away: the kernel counted another write", async () => {
    const files = tdx();
    const provider = await open(files);
    files.interference = 2;
    const evidence = await provider.evidence(data(5));
    expect(verdict(evidence, data(5))).toBe("intel-tdx");
    files.interference = 3;
    await expect(provider.evidence(data(5))).rejects.toMatchObject({
      code: "provider/interfered",
      facts: { before: 0, after: 2 },
    });
    expect(files.open.size).toBe(0);
  });

  test("a guest that is unknown, or that gives no quote, is refused", async () => {
    const other = fakeTsm({ folder: FOLDER, provider: "new_guest", reportOf: tdQuote });
    await expect(openConfigfsProvider({ folder: FOLDER, files: other })).rejects.toMatchObject({
      code: "provider/unknown-guest",
      facts: { provider: "new_guest" },
    });
    const reportOf = () => new Uint8Array(100);
    const provider = await open(fakeTsm({ folder: FOLDER, provider: "tdx_guest", reportOf }));
    await expect(provider.evidence(data(1))).rejects.toMatchObject({ code: "provider/no-quote" });
  });
});

describe("Gramine", () => {
  const folder = "/dev/attestation";
  const open = (files: ReturnType<typeof fakeGramine>) =>
    opened(openGramineProvider({ folder, files }));

  test("quotes are over their own report data, however many are asked for at once", async () => {
    const files = fakeGramine({ folder, quoteOf: sgxQuote });
    const provider = await open(files);
    expect(provider).toMatchObject({ name: "gramine", kind: "IntelSgxDcap" });
    const all = await Promise.all([1, 2, 3, 4].map((one) => provider.evidence(data(one))));
    expect(all.map((evidence, i) => verdict(evidence, data(i + 1)))).toEqual(
      Array(4).fill("intel-sgx"),
    );
    // The attack that the order answers: two writes before the first read.
    await files.write(`${folder}/user_report_data`, data(1));
    await files.write(`${folder}/user_report_data`, data(2));
    expect(toHex(await files.read(`${folder}/quote`))).toContain("02".repeat(64));
  });

  test("a request that fails does not stop the next one", async () => {
    const files = fakeGramine({ folder, quoteOf: sgxQuote });
    const provider = await open(files);
    files.failures.push("EIO");
    const [first, second] = await Promise.allSettled([
      provider.evidence(data(1)),
      provider.evidence(data(2)),
    ]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
  });

  test("the sealing key is of the enclave; another length is none", async () => {
    const keyOf = async (sealingKey: Uint8Array) =>
      (await open(fakeGramine({ folder, quoteOf: sgxQuote, sealingKey }))).sealingKey();
    const key = await keyOf(new Uint8Array(16).fill(1));
    expect(key?.length).toBe(32);
    expect(await keyOf(new Uint8Array(16).fill(2))).not.toEqual(key);
    await expect(keyOf(new Uint8Array(8))).rejects.toMatchObject({
      code: "provider/bad-sealing-key",
    });
  });

  test("is not there elsewhere, and refused when the manifest asks for another attestation", async () => {
    expect(await openGramineProvider({ folder: join(scratch, "none") })).toBeUndefined();
    const files = fakeGramine({ folder, type: "none", quoteOf: sgxQuote });
    await expect(openGramineProvider({ folder, files })).rejects.toMatchObject({
      code: "provider/not-dcap",
      facts: { type: "none" },
    });
  });
});

describe("dstack", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  let count = 0;

  /** A guest agent on a unix socket. */
  async function agent(answer: (path: string, body: unknown) => readonly [number, string]) {
    const socket = join(scratch, `${count++}.sock`);
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        const [status, text] = answer(request.url ?? "", JSON.parse(body));
        response.writeHead(status).end(text);
      });
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(socket, done));
    return opened(openDstackProvider({ sockets: [join(scratch, "no.sock"), socket] }));
  }
  const quoteOf = (body: unknown) =>
    toHex(tdQuote(fromHex((body as { report_data: string }).report_data))).slice(2);

  test("gives quotes over the report data, and a key of its application", async () => {
    const asked: unknown[] = [];
    const provider = await agent((path, body) => {
      asked.push(path);
      if (path === "/GetQuote") return [200, JSON.stringify({ quote: quoteOf(body) })];
      return [200, JSON.stringify({ key: "11".repeat(32), signature_chain: [] })];
    });
    expect(provider).toMatchObject({ name: "dstack", kind: "IntelTdxDcap" });
    expect(verdict(await provider.evidence(data(9)), data(9))).toBe("intel-tdx");
    expect((await provider.sealingKey())?.length).toBe(32);
    expect(asked).toEqual(["/GetQuote", "/GetKey"]);
  });

  test.each([
    ["refuses", 500, "busy", "provider/agent-refused"],
    ["answers with something else", 200, "<html>", "provider/no-json"],
    ["leaves the quote out", 200, "{}", "provider/malformed-answer"],
    ["has a quote that is none", 200, '{"quote":"00ff"}', "provider/no-quote"],
    ["does not end", 200, "x".repeat(300 << 10), "provider/no-agent"],
  ])("an agent that %s", async (_, status, text, code) => {
    const provider = await agent(() => [status, text]);
    await expect(provider.evidence(data(9))).rejects.toMatchObject({ code });
  });

  test("is not there without a socket, and coded when nobody listens", async () => {
    expect(await openDstackProvider({ sockets: [join(scratch, "none.sock")] })).toBeUndefined();
    const dead = join(scratch, "dead.sock");
    writeFileSync(dead, "");
    const provider = await opened(openDstackProvider({ sockets: [dead] }));
    await expect(provider.evidence(data(9))).rejects.toMatchObject({ code: "provider/no-agent" });
  });
});

test("the system's files are written at once, and read", async () => {
  const file = join(scratch, "inblob");
  writeFileSync(file, new Uint8Array(64));
  await systemFiles.write(file, data(3));
  expect(await systemFiles.read(file)).toEqual(data(3));
  const folder = join(scratch, "folder");
  await systemFiles.makeFolder(folder);
  expect(await systemFiles.exists(folder)).toBe(true);
  await systemFiles.removeFolder(folder);
  expect(await systemFiles.exists(folder)).toBe(false);
  await expect(systemFiles.write(join(folder, "x"), data(3))).rejects.toMatchObject({
    code: "ENOENT",
  });
});

describe("the choice", () => {
  const here = (name: string) => ({
    open: () =>
      Promise.resolve({
        name,
        kind: "IntelTdxDcap",
        evidence: () => Promise.resolve(new Uint8Array()),
        sealingKey: () => Promise.resolve(undefined),
      } as const),
  });
  const absent = { open: () => Promise.resolve(undefined) };
  const choose = (provider: string, providers?: Parameters<typeof openProvider>[1]) =>
    openProvider({ provider, platform: undefined }, providers);

  test("takes the first that is there", async () => {
    const providers = { one: absent, two: here("two"), three: here("three") };
    expect((await choose("auto", providers)).name).toBe("two");
    expect((await choose("three", providers)).name).toBe("three");
  });

  test("never takes the simulated one by itself", async () => {
    await expect(choose("auto", { one: absent })).rejects.toMatchObject({
      code: "provider/none",
      facts: { lookedFor: "one" },
    });
  });

  test("says when the one that is named is not here, or does not exist", async () => {
    await expect(choose("one", { one: absent })).rejects.toMatchObject({
      code: "provider/not-here",
    });
    await expect(choose("tdx")).rejects.toMatchObject({ code: "provider/unknown" });
    await expect(
      openProvider({ provider: "configfs-tsm", platform: join(scratch, "no.der") }),
    ).rejects.toMatchObject({ code: "provider/no-certificate" });
  });
});
