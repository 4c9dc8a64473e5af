import { type Codec, decode, encode, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { EXCUSED, FUNCTIONS, isDecoderName, PACKAGES, PLACEHOLDERS } from "./registry.ts";
import { seeded, validBytes } from "./valid-bytes.ts";

function isCodec(value: unknown): value is Codec<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "read" in value &&
    "write" in value &&
    "shape" in value &&
    "minBytes" in value
  );
}

const exported = Object.entries(PACKAGES).flatMap(([name, members]) =>
  Object.entries(members).map(([member, value]) => ({
    name: `${name}.${member}`,
    package: name,
    member,
    value,
  })),
);
const codecs = exported.flatMap(({ name, value }) =>
  isCodec(value) && !(name in PLACEHOLDERS) ? [[name, value] as const] : [],
);

test("every exported function that decodes is in the registry or excused", () => {
  const found = exported
    .filter((one) => typeof one.value === "function" && isDecoderName(one.package, one.member))
    .map(({ name }) => name);
  expect(found.length).toBeGreaterThan(30);
  expect(found.filter((name) => !(name in FUNCTIONS) && !(name in EXCUSED))).toEqual([]);
  const all = new Set<string>(exported.map(({ name }) => name));
  expect(
    [...Object.keys(FUNCTIONS), ...Object.keys(EXCUSED)].filter((name) => !all.has(name)),
  ).toEqual([]);
});

test("codecs are found", () => {
  expect(codecs.length).toBeGreaterThan(100);
});

const RUNS = 30;

/** Hostile input of every kind: empty, random, small numbers, huge counts, zeros. */
function hostile(random: () => number): readonly Uint8Array[] {
  const length = Math.floor(random() * 300);
  const fill = (most: number) => Uint8Array.from({ length }, () => Math.floor(random() * most));
  return [
    new Uint8Array(0),
    fill(256),
    fill(8),
    Uint8Array.of(0xfe, 0xff, 0xff, 0xff, ...fill(256)),
    Uint8Array.of(0x03, 0xff, 0xff, 0xff, 0xff, ...fill(4)),
    new Uint8Array(length),
  ];
}

/** Numbers of things that decoding made: items of lists, characters, bytes that are not views of the input. */
function made(value: unknown, input: ArrayBufferLike, depth = 0): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.buffer === input ? 1 : value.length;
  if (Array.isArray(value))
    return value.reduce((sum, item) => sum + 1 + made(item, input, depth + 1), 0);
  if (typeof value === "object" && value !== null)
    return Object.values(value).reduce((sum, item) => sum + made(item, input, depth + 1), 0);
  return 0;
}

test.each(codecs)("%s reads strictly and makes no more than it was given", (_name, codec) => {
  const random = seeded(1);
  let accepted = 0;
  for (let run = 0; run < RUNS; run++) {
    for (const bytes of hostile(random)) {
      const decoded = decode(codec, bytes);
      if (!decoded.ok) expect(decoded.error.code).toBe("scale/malformed");
      else {
        expect(toHex(encode(codec, decoded.value))).toBe(toHex(bytes));
        expect(made(decoded.value, bytes.buffer)).toBeLessThanOrEqual(8 * bytes.length + 64);
      }
    }
    const valid = validBytes(codec.shape, random);
    const decoded = decode(codec, valid);
    if (!decoded.ok) continue;
    accepted++;
    expect(toHex(encode(codec, decoded.value))).toBe(toHex(valid));
    expect(decode(codec, Uint8Array.of(...valid, 0)).ok, "a trailing byte").toBe(false);
    const cut = Math.floor(random() * valid.length);
    if (valid.length > 0) expect(decode(codec, valid.subarray(0, cut)).ok, "cut").toBe(false);
    const changed = valid.slice();
    changed[cut] = (changed[cut] ?? 0) ^ (1 << Math.floor(random() * 8));
    const other = decode(codec, changed);
    if (other.ok) expect(toHex(encode(codec, other.value))).toBe(toHex(changed));
  }
  expect(accepted, "valid encodings were read").toBeGreaterThan(0);
});

test.each(Object.entries(FUNCTIONS))("%s refuses without throwing", (_name, attempt) => {
  const random = seeded(2);
  for (let run = 0; run < 10; run++)
    for (const bytes of hostile(random)) expect(() => attempt(bytes)).not.toThrow();
});

const RAW_CODECS: Readonly<Record<string, Codec<unknown>>> = Object.fromEntries(codecs);

test.each(
  Object.entries(FUNCTIONS),
)("%s refuses well-formed forgeries without throwing", (_name, attempt) => {
  const random = seeded(3);
  for (const codec of Object.values(RAW_CODECS)) {
    const bytes = validBytes(codec.shape, random);
    expect(() => attempt(bytes)).not.toThrow();
  }
});
