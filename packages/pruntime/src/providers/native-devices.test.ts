import { PRODUCT_LINES, verifyWithCollateral } from "@pha/attestation";
import { collateralItems, makeNitro, makeSnp, NOW, TEST_ROOTS } from "@pha/attestation/testing";
import { concatBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { openProvider, PROVIDERS } from "./detect.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import type { IoctlCall, IoctlDevices } from "./ioctl.ts";
import {
  attestationRequest,
  documentOf,
  NSM_DEVICE,
  NSM_REQUEST,
  openNitroProvider,
} from "./nitro.ts";
import {
  openSevGuestProvider,
  SEV_DEVICE,
  SNP_GET_DERIVED_KEY,
  SNP_GET_EXT_REPORT,
  SNP_GET_REPORT,
} from "./sev-guest.ts";
import { deviceError } from "./testing/fake-devices.ts";

const data = (value: number) => new Uint8Array(64).fill(value);
const files = (...paths: readonly string[]) => ({
  exists: (path: string) => Promise.resolve(paths.includes(path)),
  pause: () => Promise.resolve(),
});

/** Errors of the first calls, one each, before the device answers. */
function devices(
  answer: (path: string, call: IoctlCall) => void,
  failures: string[] = [],
): IoctlDevices {
  return {
    call: async (path, call) => {
      const failure = failures.shift();
      if (failure !== undefined) throw deviceError(failure);
      answer(path, call);
    },
  };
}

async function opened(provider: Promise<EvidenceProvider | undefined>): Promise<EvidenceProvider> {
  const found = await provider;
  if (found === undefined) throw new Error("the device is there");
  return found;
}

/** What the chain would say. */
function verdict(bytes: Uint8Array, expectedReportData: Uint8Array): string {
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
  return verified.ok ? verified.value.line : verified.error.code;
}

const bufferAt = ({ addresses, argument }: IoctlCall, at: number): Uint8Array => {
  const found = addresses.find((one) => one.into === argument && one.at === at);
  if (found === undefined) throw new Error(`no buffer at ${at}`);
  return found.of;
};

const text = (value: string) => concatBytes(Uint8Array.of(0x60 | value.length), utf8(value));
/** `{"Attestation": {"document": …}}`, streamed as the module of today writes maps. */
const attestation = (document: Uint8Array) =>
  concatBytes(
    Uint8Array.of(0xbf),
    text("Attestation"),
    Uint8Array.of(0xbf),
    text("document"),
    Uint8Array.of(0x59, document.length >> 8, document.length & 255),
    document,
    Uint8Array.of(0xff, 0xff),
  );
const nitroDocument = (user_data: Uint8Array) =>
  makeNitro({ fields: { user_data }, timestampMs: NOW }).document;

describe("AWS Nitro's security module", () => {
  const nsm = (
    answerOf: (request: Uint8Array) => Uint8Array,
    failures: string[] = [],
    length?: bigint,
  ) =>
    opened(
      openNitroProvider({
        files: files(NSM_DEVICE),
        devices: devices((path, call) => {
          expect([path, call.request]).toEqual([NSM_DEVICE, NSM_REQUEST]);
          const view = new DataView(call.argument.buffer);
          const request = bufferAt(call, 0);
          expect(Number(view.getBigUint64(8, true))).toBe(request.length);
          const answer = answerOf(request);
          bufferAt(call, 16).set(answer);
          view.setBigUint64(24, length ?? BigInt(answer.length), true);
        }, failures),
      }),
    );
  const good = () => attestation(nitroDocument(data(3)));

  test("is not there on other machines", async () => {
    expect(await openNitroProvider({ files: files() })).toBeUndefined();
  });

  test("signs over what it is asked; the chain takes the document", async () => {
    const asked: Uint8Array[] = [];
    const provider = await nsm((request) => {
      asked.push(request);
      return good();
    });
    expect(provider).toMatchObject({ name: "nitro", kind: "AwsNitro" });
    expect(verdict(await provider.evidence(data(3)), data(3))).toBe("aws-nitro");
    expect(asked).toEqual([attestationRequest(data(3))]);
    // As AWS's own library encodes it.
    expect(Buffer.from(attestationRequest(Uint8Array.of(7))).toString("hex")).toBe(
      "a16b4174746573746174696f6ea369757365725f64617461410" +
        "7656e6f6e6365f66a7075626c69635f6b6579f6",
    );
    expect(await provider.sealingKey()).toBeUndefined();
  });

  test("is asked again while it is busy, and not for ever", async () => {
    const provider = await nsm(good, ["EBUSY", "EINTR"]);
    expect(verdict(await provider.evidence(data(3)), data(3))).toBe("aws-nitro");
    const busy = await nsm(good, Array(9).fill("EBUSY"));
    await expect(busy.evidence(data(3))).rejects.toMatchObject({ code: "provider/busy" });
    const broken = await nsm(good, ["EIO"]);
    await expect(broken.evidence(data(3))).rejects.toMatchObject({ code: "EIO" });
  });

  test("that refuses says why", async () => {
    const answer = concatBytes(Uint8Array.of(0xa1), text("Error"), text("InvalidOperation"));
    const provider = await nsm(() => answer);
    await expect(provider.evidence(data(3))).rejects.toMatchObject({
      code: "provider/nsm-refused",
      facts: { error: "InvalidOperation" },
    });
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["no map", Uint8Array.of(0x01)],
    ["another answer", concatBytes(Uint8Array.of(0xa1), text("Random"), Uint8Array.of(0x41, 1))],
    ["no document", concatBytes(Uint8Array.of(0xa1), text("Attestation"), Uint8Array.of(0xa0))],
    ["a document that is none", attestation(Uint8Array.of(1, 2, 3))],
    ["a document over other data", attestation(nitroDocument(data(4)))],
    ["bytes behind the answer", concatBytes(attestation(nitroDocument(data(3))), Uint8Array.of(0))],
  ])("that answers %s is malformed", (_, answer) => {
    expect(() => documentOf(answer, data(3))).toThrowError(
      expect.objectContaining({ code: "provider/nsm-malformed" }),
    );
  });

  test("that names a length beyond its buffer is malformed", async () => {
    const provider = await nsm(good, [], 0x3001n);
    await expect(provider.evidence(data(3))).rejects.toMatchObject({
      code: "provider/nsm-malformed",
      facts: { cause: "length" },
    });
  });
});

describe("the older device of SEV-SNP guests", () => {
  const { vek } = makeSnp();
  const VCEK = "8d75da6364e66445adc5f4b93be8accd";

  interface Behaviour {
    /** Of the extended request: the host's error, or none. */
    readonly hostErrors?: number[];
    readonly table?: Uint8Array;
    readonly status?: number;
    readonly size?: number;
    readonly over?: Uint8Array;
  }

  /** The kernel's rules: what requests have in them, and where answers go. */
  const guest = (behaviour: Behaviour = {}, ownVek?: Uint8Array) => {
    const asked: number[] = [];
    const { hostErrors = [], table = new Uint8Array(0), status = 0, size = 1184, over } = behaviour;
    const answer = (path: string, call: IoctlCall) => {
      expect(path).toBe(SEV_DEVICE);
      expect(call.argument[0]).toBe(1);
      asked.push(call.request);
      const request = bufferAt(call, 8);
      const view = new DataView(bufferAt(call, 16).buffer);
      view.setUint32(0, status, true);
      if (call.request === SNP_GET_DERIVED_KEY) {
        // Policy and measurement, root key of the chip, level 0.
        expect(new DataView(request.buffer).getBigUint64(8, true)).toBe(9n);
        new Uint8Array(view.buffer).fill(0x5a, 32);
        return;
      }
      if (call.request === SNP_GET_EXT_REPORT) {
        expect(new DataView(request.buffer).getUint32(104, true)).toBe(0x4000);
        const hostError = hostErrors.shift();
        if (hostError !== undefined) {
          new DataView(call.argument.buffer).setUint32(28, hostError, true);
          throw deviceError("EIO");
        }
        call.addresses.find(({ into }) => into === request)?.of.set(table);
      }
      view.setUint32(4, size, true);
      const reportData = over ?? request.slice(0, 64);
      new Uint8Array(view.buffer).set(makeSnp({ reportData }).report, 32);
    };
    const opening = openSevGuestProvider({
      files: files(SEV_DEVICE),
      devices: devices(answer),
      vek: ownVek,
    });
    return { opening: opened(opening), asked };
  };

  test("is not there on other machines", async () => {
    expect(await openSevGuestProvider({ files: files() })).toBeUndefined();
  });

  test("reports over what it is asked, with the host's certificate; the chain takes it", async () => {
    const table = new Uint8Array(48 + vek.length);
    table.set(Buffer.from(VCEK, "hex"));
    const view = new DataView(table.buffer);
    view.setUint32(16, 48, true);
    view.setUint32(20, vek.length, true);
    table.set(vek, 48);
    const { opening, asked } = guest({ table });
    const provider = await opening;
    expect(provider).toMatchObject({ name: "sev-guest", kind: "AmdSevSnp" });
    expect(verdict(await provider.evidence(data(6)), data(6))).toBe("amd-milan-vcek");
    expect(asked).toEqual([SNP_GET_EXT_REPORT]);
  });

  test("of a host without certificates reports with the operator's", async () => {
    const { opening, asked } = guest({ hostErrors: [1] }, vek);
    expect(verdict(await (await opening).evidence(data(6)), data(6))).toBe("amd-milan-vcek");
    expect(asked).toEqual([SNP_GET_EXT_REPORT, SNP_GET_REPORT]);
    const without = await guest({ hostErrors: [1] }).opening;
    await expect(without.evidence(data(6))).rejects.toMatchObject({ code: "provider/no-vek" });
  });

  test("is asked again while the host gives way to others", async () => {
    const { opening, asked } = guest({ hostErrors: [2, 2] }, vek);
    expect(verdict(await (await opening).evidence(data(6)), data(6))).toBe("amd-milan-vcek");
    expect(asked.length).toBe(3);
  });

  test("derives a sealing key from the chip's for this program and its policy", async () => {
    const key = await (await guest().opening).sealingKey();
    expect(key?.length).toBe(32);
    // Not the chip's own bytes.
    expect(key).not.toEqual(new Uint8Array(32).fill(0x5a));
    const refused = await guest({ status: 0x16 }).opening;
    await expect(refused.sealingKey()).rejects.toMatchObject({
      code: "provider/sev-firmware",
      facts: { status: 0x16 },
    });
  });

  test("whose answer is no report over our data is refused", async () => {
    for (const behaviour of [{ size: 100 }, { size: 5_000 }, { over: data(7) }])
      await expect((await guest(behaviour, vek).opening).evidence(data(6))).rejects.toMatchObject({
        code: "provider/sev-malformed",
      });
    await expect(
      (await guest({ status: 0x27 }, vek).opening).evidence(data(6)),
    ).rejects.toMatchObject({ code: "provider/sev-firmware" });
  });

  test("that fails for both requests says with which numbers", async () => {
    const failing = devices((_, call) => {
      new DataView(call.argument.buffer).setUint32(24, 0x15, true);
      throw deviceError("EIO");
    });
    const provider = await opened(
      openSevGuestProvider({ files: files(SEV_DEVICE), devices: failing }),
    );
    await expect(provider.evidence(data(6))).rejects.toMatchObject({
      code: "provider/sev-refused",
      facts: { request: SNP_GET_REPORT, firmwareError: 0x15, hostError: 0 },
    });
    const other = devices(() => undefined, ["ENODEV"]);
    const gone = await opened(openSevGuestProvider({ files: files(SEV_DEVICE), devices: other }));
    await expect(gone.evidence(data(6))).rejects.toMatchObject({ code: "ENODEV" });
  });
});

test("both are looked for after the newer device and before the widest platforms", async () => {
  expect(Object.keys(PROVIDERS)).toEqual([
    "gramine",
    "configfs-tsm",
    "sev-guest",
    "nitro",
    "dstack",
    "azure-vtpm",
  ]);
  // This machine has neither.
  for (const provider of ["sev-guest", "nitro"])
    await expect(openProvider({ provider, platform: undefined })).rejects.toMatchObject({
      code: "provider/not-here",
    });
});
