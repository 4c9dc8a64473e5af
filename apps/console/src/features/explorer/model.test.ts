import { describe, expect, test } from "vitest";
import { csvOf, isSealedCall, plainJson, targetsOf } from "./model.ts";

describe("a search by anything", () => {
  test("knows blocks, contracts and accounts by their form", () => {
    expect(targetsOf(" #12 ")).toEqual([{ kind: "block", number: 12 }]);
    const hex = `0x${"AB".repeat(32)}`;
    expect(targetsOf(hex)).toEqual([
      { kind: "contract", address: hex.toLowerCase() },
      { kind: "account", address: hex.toLowerCase() },
    ]);
    const address = "45R2pfjQUW2s9PQRHU48HQKLKHVMaDja7N3wpBtmF28UYDs2";
    expect(targetsOf(address)).toEqual([{ kind: "account", address }]);
  });
  test.each([
    "",
    "hello",
    "0x12",
    "-1",
    "12345678901",
    `0x${"ab".repeat(33)}`,
    "<script>",
  ])("finds nothing in %j", (text) => {
    expect(targetsOf(text)).toEqual([]);
  });
});

test("decoded values are shown whole, whatever is in them", () => {
  expect(plainJson({ to: Uint8Array.of(1, 255), value: 2n ** 70n, none: undefined })).toBe(
    '{\n  "to": "0x01ff",\n  "value": "1180591620717411303424"\n}',
  );
});

test("only commands are sealed", () => {
  expect(isSealedCall("PhalaPhatContracts", "push_command")).toBe(true);
  expect(isSealedCall("PhalaPhatContracts", "instantiate")).toBe(false);
  expect(isSealedCall("Balances", "push_command")).toBe(false);
});

test("an export has a line for each block", () => {
  const block = {
    number: 7,
    hash: new Uint8Array(32),
    at: 0,
    extrinsics: 2,
    signed: 1,
    commands: 1,
    bytes: 90,
  };
  expect(csvOf([block, { ...block, number: 6, at: undefined }]).split("\n")).toEqual([
    "number,hash,time,extrinsics,signed,sealed_commands,bytes",
    `7,0x${"00".repeat(32)},1970-01-01T00:00:00.000Z,2,1,1,90`,
    `6,0x${"00".repeat(32)},,2,1,1,90`,
    "",
  ]);
});
