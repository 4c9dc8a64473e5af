import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@pha/crypto";
import { fromHex, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { evidenceEnvelope } from "../evidence-kind.ts";
import { verifyCollateral } from "../intel/collateral.ts";
import { parseDstackEventLog } from "../intel/event-log.ts";
import { intelSgxDcap, intelTdxDcap } from "../intel/evidence.ts";
import { sgxProgram, tdxProgram } from "../intel/program.ts";
import { parseQuote } from "../intel/quote.ts";
import { awsNitro } from "../nitro/evidence.ts";
import { NITRO_ROOT } from "../nitro/roots.ts";
import { amdSevSnp } from "../sev-snp/evidence.ts";
import { NOW } from "../testing/certificates.ts";
import { makeCollateral, root } from "../testing/dcap.ts";
import { ENVELOPES, type RealKind } from "../testing/envelopes.ts";
import { TEST_NITRO_ROOT } from "../testing/nitro.ts";
import { SNP_AUTHORITIES } from "../testing/snp.ts";
import { verifyEvidence } from "../verify-evidence.ts";
import { dstackApp, dstackAppCompose, dstackRegister, replayBoot } from "./dstack-app.ts";
import { type Image, parseImages } from "./images.ts";
import { measurementManifest } from "./measurement-manifest.ts";

const DIGEST = new Uint8Array(32).fill(0xdd);
const COMPOSE = `services:\n  worker:\n    image: "\${PHA_IMAGE:?name the image}"\n`;
const IMAGE = `registry.example/pha/worker@sha256:${"ab".repeat(32)}`;
const bytesOf = (text: string): Uint8Array => fromHex(`0x${text}`);
const hex = (bytes: Uint8Array): string => toHex(bytes).slice(2);

function imagesOf(...entries: readonly object[]): readonly Image[] {
  const images = parseImages(JSON.stringify(entries));
  if (!images.ok) throw new Error(images.error.reason);
  return images.value;
}

const manifestOf = (...entries: readonly object[]) =>
  measurementManifest({ digest: DIGEST, compose: COMPOSE, images: imagesOf(...entries) });

describe("an image's registers give the measurement that evidence of it has", () => {
  const collateral = (["sgx", "tdx"] as const).map((tee) => {
    const verified = verifyCollateral(makeCollateral(tee), NOW, root);
    if (!verified.ok) throw new Error(verified.error.code);
    return verified.value;
  });
  const unchecked = { accept: "any", because: "a test" } as const;
  const verifiers = [
    intelSgxDcap({ collateral, root }),
    intelTdxDcap({ collateral, root }),
    amdSevSnp({ authorities: SNP_AUTHORITIES, revocation: unchecked, levels: {} }),
    awsNitro({ root: TEST_NITRO_ROOT }),
  ];

  function attested(kind: RealKind) {
    const expectedReportData = new Uint8Array(64).fill(9);
    const bytes = ENVELOPES[kind](expectedReportData, NOW);
    const verified = verifyEvidence({ bytes, verifiers, now: NOW, expectedReportData });
    if (!verified.ok) throw new Error(JSON.stringify(verified.error));
    return { measurement: toHex(verified.value.measurement), line: verified.value.line, bytes };
  }

  function reportOf(bytes: Uint8Array) {
    const quote = parseQuote(bytes.subarray(1));
    if (!quote.ok) throw new Error(quote.error.code);
    return quote.value.body;
  }

  test.each<readonly [RealKind, string, (bytes: Uint8Array) => object]>([
    [
      "IntelSgxDcap",
      "gramine",
      (bytes) => {
        const body = reportOf(bytes);
        if (body.type !== "sgx") throw new Error(body.type);
        const { mrEnclave, mrSigner, isvProdId, isvSvn } = body.report;
        return { mrEnclave: hex(mrEnclave), mrSigner: hex(mrSigner), isvProdId, isvSvn };
      },
    ],
    [
      "IntelTdxDcap",
      "cvm-tdx",
      (bytes) => {
        const body = reportOf(bytes);
        if (body.type === "sgx") throw new Error(body.type);
        const { mrTd, rtmrs, mrConfigId, mrOwner, mrOwnerConfig } = body.report;
        return {
          ...{ mrTd: hex(mrTd), mrConfigId: hex(mrConfigId), mrOwner: hex(mrOwner) },
          mrOwnerConfig: hex(mrOwnerConfig),
          ...Object.fromEntries(rtmrs.map((value, i) => [`rtmr${i}`, hex(value)])),
        };
      },
    ],
    // Kind, and the report's measurement.
    [
      "AmdSevSnp",
      "cvm-sev-snp",
      (bytes) => ({ measurement: hex(bytes.subarray(1 + 0x90, 1 + 0xc0)) }),
    ],
    [
      "AwsNitro",
      "nitro",
      () => ({ pcr0: "01".repeat(48), pcr1: "02".repeat(48), pcr2: "03".repeat(48) }),
    ],
  ])("%s", (kind, platform, registers) => {
    const { measurement, line, bytes } = attested(kind);
    const entry = { platform, digest: hex(DIGEST), ...registers(bytes) };
    const { platforms, images } = manifestOf(entry);
    const own = platforms.find((one) => one.platform === platform);
    expect(own).toMatchObject({ measurements: [measurement], missing: undefined });
    expect(own?.lines).toContain(line);
    expect(images).toMatchObject([{ platform, digest: toHex(DIGEST), measurement }]);
    // An image of other scripts is known, and none of these.
    const others = manifestOf({ ...entry, digest: "ee".repeat(32) });
    expect(others.images).toMatchObject([{ digest: `0x${"ee".repeat(32)}`, measurement }]);
    expect(others.platforms.find((one) => one.platform === platform)).toMatchObject({
      measurements: [],
      missing: { into: "deploy/images.json", command: expect.stringMatching(/\w/) },
    });
  });
});

describe("dstack", () => {
  const text = dstackAppCompose(COMPOSE, IMAGE);
  const app = dstackApp(text);
  const boot = [
    { name: "system-preparing", payload: new Uint8Array(0) },
    { name: "app-id", payload: app.appId },
    { name: "compose-hash", payload: app.composeHash },
    { name: "instance-id", payload: new Uint8Array(0) },
    { name: "system-ready", payload: new Uint8Array(0) },
  ];
  const zero = "00".repeat(48);
  const registers = {
    ...{ mrTd: "01".repeat(48), rtmr0: "02".repeat(48), rtmr1: "03".repeat(48) },
    ...{ rtmr2: "04".repeat(48), mrConfigId: zero, mrOwner: zero, mrOwnerConfig: zero },
  };
  const listed = (events: typeof boot) => ({
    ...{ platform: "dstack", digest: hex(DIGEST), image: IMAGE },
    machine: {
      ...registers,
      events: events.map(({ name, payload }) => ({ name, payload: hex(payload) })),
    },
  });
  const dstackOf = (...entries: readonly object[]) =>
    manifestOf(...entries).platforms.find(({ platform }) => platform === "dstack");

  test("measures the file with the image's name in it, and takes nothing of the environment", () => {
    const parsed = JSON.parse(text);
    expect(parsed.docker_compose_file).toBe(`services:\n  worker:\n    image: "${IMAGE}"\n`);
    expect(parsed).toMatchObject({ allowed_envs: [], no_instance_id: true, kms_enabled: false });
    expect(Object.keys(parsed)).toEqual(Object.keys(parsed).sort());
    expect(app.composeHash).toEqual(sha256(utf8(text)));
    expect(app.appId).toEqual(app.composeHash.slice(0, 20));
    for (const compose of ["services: {}", COMPOSE + COMPOSE])
      expect(() => dstackAppCompose(compose, IMAGE)).toThrow("one image");
  });

  test("an image alone gives what its machine has to measure; the machine gives the measurement", () => {
    const before = dstackOf({ platform: "dstack", digest: hex(DIGEST), image: IMAGE });
    const computed = {
      composeHash: toHex(app.composeHash),
      appId: toHex(app.appId),
      "event compose-hash": toHex(app.events[1]?.digest ?? new Uint8Array(0)),
    };
    expect(before).toMatchObject({ computed, measurements: [], objections: [] });
    expect(before?.missing).toMatchObject({
      command: expect.stringContaining("dstack.sock"),
      members: ["machine"],
    });
    expect(dstackOf()?.missing).toMatchObject({
      command: expect.stringContaining("docker build"),
      members: ["image"],
    });
    const rtmr3 = replayBoot(boot);
    const measurement = tdxProgram({
      mrTd: bytesOf(registers.mrTd),
      rtmrs: [registers.rtmr0, registers.rtmr1, registers.rtmr2].map(bytesOf).concat([rtmr3]),
      ...{ mrConfigId: bytesOf(zero), mrOwner: bytesOf(zero), mrOwnerConfig: bytesOf(zero) },
    });
    expect(dstackOf(listed(boot))).toMatchObject({
      computed: { ...computed, rtmr3: toHex(rtmr3) },
      measurements: [toHex(measurement)],
      missing: undefined,
    });
  });

  test("a machine that booted another application, or this one otherwise, has no measurement", () => {
    const without = (name: string) => boot.filter((event) => event.name !== name);
    const other = (name: string, payload: Uint8Array) =>
      boot.map((event) => (event.name === name ? { name, payload } : event));
    const [preparing, id, hash, instance, ready] = boot;
    if (!preparing || !id || !hash || !instance || !ready) throw new Error("five events");
    for (const [events, name] of [
      [without("app-id"), "app-id"],
      [other("app-id", app.composeHash), "app-id"],
      [without("compose-hash"), "compose-hash"],
      [other("compose-hash", sha256(utf8("other"))), "compose-hash"],
      // A second one would be as good as none.
      [[...boot, hash], "compose-hash"],
      [[preparing, hash, id, instance, ready], "compose-hash"],
      // Each machine would have a measurement of its own.
      [other("instance-id", new Uint8Array(20)), "instance-id"],
    ] as const) {
      expect(dstackRegister(app, events)).toEqual({
        ok: false,
        error: { code: "images/other-application", event: name },
      });
      expect(dstackOf(listed([...events]))).toMatchObject({
        measurements: [],
        objections: [`the machine measured another ${name}`],
      });
    }
  });
});

const VECTORS = join(import.meta.dirname, "..", "..", "..", "..", "..", "shared", "vectors");
const ATTESTATION = join(VECTORS, "attestation");
const noVectors = !existsSync(ATTESTATION);

describe.skipIf(noVectors)(`of real machines${noVectors ? `: no ${ATTESTATION}` : ""}`, () => {
  const file = (...path: readonly string[]): Uint8Array =>
    new Uint8Array(readFileSync(join(ATTESTATION, ...path)));

  test("a dstack machine's events are those that are computed, and its quote has their register", () => {
    const answer = JSON.parse(
      readFileSync(join(ATTESTATION, "tdx-eventlog", "dstack-quote-report.json"), "utf8"),
    );
    const log = parseDstackEventLog(answer.event_log);
    const quote = parseQuote(bytesOf(answer.quote));
    if (!log.ok || !quote.ok || quote.value.body.type === "sgx") throw new Error("no TDX quote");
    const { report } = quote.value.body;
    const events = log.value.filter(({ register }) => register === 3);
    const boot = events.map(({ name = "", payload }) => ({ name, payload }));
    const rtmr3 = report.rtmrs[3];
    expect(replayBoot(boot)).toEqual(rtmr3);
    // Its application is not ours; its hash gives its id, as ours does.
    const payloadOf = (name: string) => boot.find((event) => event.name === name)?.payload;
    const composeHash = payloadOf("compose-hash") ?? new Uint8Array(0);
    expect(payloadOf("app-id")).toEqual(composeHash.slice(0, 20));
    const registered = events.find(({ name }) => name === "compose-hash")?.digest;
    const foreign = { composeHash, appId: composeHash.slice(0, 20), events };
    const known = events.filter(({ name }) => name === "app-id" || name === "compose-hash");
    expect(registered?.length).toBe(48);
    expect(dstackRegister({ ...foreign, events: known }, boot)).toEqual({ ok: true, value: rtmr3 });
    const image = {
      ...{ platform: "dstack", digest: "ee".repeat(32), image: IMAGE },
      machine: {
        ...{ mrTd: hex(report.mrTd), mrConfigId: hex(report.mrConfigId) },
        ...{ mrOwner: hex(report.mrOwner), mrOwnerConfig: hex(report.mrOwnerConfig) },
        ...Object.fromEntries(report.rtmrs.slice(0, 3).map((value, i) => [`rtmr${i}`, hex(value)])),
        events: boot.map(({ name, payload }) => ({ name, payload: hex(payload) })),
      },
    };
    expect(manifestOf(image).images).toMatchObject([{ measurement: toHex(tdxProgram(report)) }]);
  });

  test("an enclave's quote and a Nitro document have the measurements of their registers", () => {
    const { cases } = JSON.parse(readFileSync(join(ATTESTATION, "manifest.json"), "utf8"));
    const [sgx] = cases.filter(({ kind }: { kind: string }) => kind === "intel-sgx-dcap");
    const quote = parseQuote(file(sgx.files.quote));
    if (!quote.ok || quote.value.body.type !== "sgx") throw new Error("no SGX quote");
    const { report } = quote.value.body;
    const { mrenclave: mrEnclave, mrsigner: mrSigner, isvProdId, isvSvn } = sgx.expect;
    const entry = { platform: "gramine", digest: hex(DIGEST), isvProdId, isvSvn };
    expect(manifestOf({ ...entry, mrEnclave, mrSigner }).images).toMatchObject([
      { measurement: toHex(sgxProgram(report)) },
    ]);
    const {
      expect: nitro,
      files,
      verifyAt,
    } = cases.find(({ id }: { id: string }) => id === "nitro-2025-12");
    const now = BigInt(Date.parse(verifyAt));
    const verified = verifyEvidence({
      bytes: evidenceEnvelope("AwsNitro", file(files.document)),
      verifiers: [awsNitro({ root: NITRO_ROOT })],
      now,
      expectedReportData: bytesOf(nitro.userData),
    });
    const { 0: pcr0, 1: pcr1, 2: pcr2 } = nitro.pcrs;
    const { images } = manifestOf({ platform: "nitro", digest: hex(DIGEST), pcr0, pcr1, pcr2 });
    expect(verified.ok && toHex(verified.value.measurement)).toBe(images[0]?.measurement);
  });
});
