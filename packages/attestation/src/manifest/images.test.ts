import { expect, test } from "vitest";
import { MAX_IMAGES, parseImages } from "./images.ts";

const of = (digit: string, bytes: number): string => digit.repeat(2 * bytes);
const digest = of("d", 32);
const domain = {
  ...{ mrTd: of("1", 48), rtmr0: of("2", 48), rtmr1: of("3", 48), rtmr2: of("4", 48) },
  ...{ mrConfigId: of("0", 48), mrOwner: of("0", 48), mrOwnerConfig: of("0", 48) },
};
const image = `registry.example/pha/worker@sha256:${of("a", 32)}`;
const machine = { ...domain, events: [{ name: "system-ready", payload: "" }] };
const ENTRIES = {
  gramine: { mrEnclave: of("1", 32), mrSigner: of("2", 32), isvProdId: 1, isvSvn: 2 },
  dstack: { image, machine },
  "cvm-tdx": { ...domain, rtmr3: of("0", 48) },
  "cvm-sev-snp": { measurement: of("5", 48) },
  nitro: { pcr0: of("6", 48), pcr1: of("7", 48), pcr2: of("8", 48) },
} as const;
type Name = keyof typeof ENTRIES;

const entry = (platform: Name, change: object = {}) => ({
  ...{ platform, digest },
  ...ENTRIES[platform],
  ...change,
});
const read = (...entries: readonly object[]) => parseImages(JSON.stringify(entries));
const reasonOf = (...entries: readonly object[]): string => {
  const images = read(...entries);
  return images.ok ? "ok" : images.error.reason;
};

test("every platform's entry is read, and a dstack image before a machine was started", () => {
  const names = Object.keys(ENTRIES) as Name[];
  const images = read(...names.map((name) => entry(name)));
  expect(images.ok && images.value.map(({ platform }) => platform)).toEqual(names);
  expect(read({ platform: "dstack", digest, image })).toMatchObject({
    ok: true,
    value: [{ image, machine: undefined }],
  });
  expect(read()).toEqual({ ok: true, value: [] });
});

test.each<readonly [Name, object, string]>([
  ["gramine", { platform: "sgx" }, "platform is unknown"],
  ["gramine", { digest: `0x${digest}` }, "digest is not hex of 32 bytes"],
  ["gramine", { digest: of("d", 31) }, "digest is not hex of 32 bytes"],
  ["gramine", { mrEnclave: of("0", 32) }, "mrEnclave is zero"],
  ["gramine", { isvSvn: 65536 }, "isvSvn is no number up to 65535"],
  ["gramine", { measurement: of("5", 48) }, "measurement is unknown"],
  ["dstack", { image: "registry.example/pha/worker:latest" }, "image is no name with a digest"],
  ["dstack", { image: `${image}"` }, "image is no name with a digest"],
  ["dstack", { machine: { ...machine, rtmr3: of("0", 48) } }, "rtmr3 is unknown"],
  ["dstack", { machine: { ...machine, events: {} } }, "events is no list"],
  [
    "dstack",
    { machine: { ...machine, events: [{ name: "a:b", payload: "" }] } },
    "name is no name of an event",
  ],
  [
    "dstack",
    { machine: { ...machine, events: [{ name: "a", payload: "", digest: "" }] } },
    "digest is unknown",
  ],
  ["cvm-tdx", { rtmr3: undefined }, "rtmr3 is no text"],
  ["cvm-tdx", { mrTd: of("0", 48) }, "mrTd is zero"],
  ["cvm-sev-snp", { measurement: of("5", 32) }, "measurement is not hex of 48 bytes"],
  // An enclave that is debugged.
  ["nitro", { pcr0: of("0", 48) }, "pcr0 is zero"],
])("%s with %o is refused", (platform, change, reason) => {
  expect(reasonOf(entry("nitro"), entry(platform, change))).toBe(reason);
});

test("what is no list, or too long, is refused by its code", () => {
  const code = "images/malformed-list";
  expect(parseImages("{}")).toMatchObject({ error: { code, reason: "the text is no list" } });
  expect(parseImages(" ".repeat((1 << 20) + 1))).toMatchObject({ error: { reason: "too long" } });
  const many = new Array(MAX_IMAGES + 1).fill(entry("cvm-sev-snp"));
  expect(parseImages(JSON.stringify(many))).toMatchObject({ error: { reason: "too many images" } });
});
