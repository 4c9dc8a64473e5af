import { expect, test } from "vitest";
import { packVersion, parseVersion, unpackVersion, versionText } from "./index.ts";

test("a version is one number that compares as its parts do, and comes back", () => {
  const texts = ["0.0.0", "0.0.255", "0.1.0", "0.255.255", "1.0.0", "65535.255.255"];
  const packed = texts.map((text) => {
    const version = parseVersion(text);
    const number = version.ok ? packVersion(version.value) : version;
    if (!number.ok) throw new Error(number.error.code);
    expect(unpackVersion(number.value)).toEqual(version.ok && version.value);
    return number.value;
  });
  expect([...packed].sort((a, b) => a - b)).toEqual(packed);
  expect(packed.map(versionText)).toEqual(texts);
});

test.each([
  ["1.2", "version/malformed"],
  ["1.2.3.4", "version/malformed"],
  ["1.2.x", "version/malformed"],
  ["-1.2.3", "version/malformed"],
  ["1.2.3 ", "version/malformed"],
  ["1.256.0", "version/out-of-range"],
  ["65536.0.0", "version/out-of-range"],
])("%s is refused with %s", (text, code) => {
  expect(parseVersion(text)).toEqual({ ok: false, error: { code } });
});

test("parts that do not fit are not packed", () => {
  const code = "version/out-of-range";
  for (const parts of [[65_536, 0, 0] as const, [0, 256, 0] as const, [0, 0, 256] as const])
    expect(packVersion(parts)).toEqual({ ok: false, error: { code } });
});
