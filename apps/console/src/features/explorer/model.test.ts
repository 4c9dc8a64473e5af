import { describe, expect, test } from "vitest";
import { csvText } from "../../format/export.ts";
import {
  BLOCK_COLUMNS,
  blockCells,
  contractOf,
  isSealedCall,
  isSearchable,
  placeOf,
} from "./model.ts";

describe("a search by anything", () => {
  const hex = `0x${"AB".repeat(32)}`;
  test.each([
    "12",
    "#12",
    "12-3",
    hex,
    "45R2pfjQUW2s9PQRHU48HQKLKHVMaDja7N3wpBtmF28UYDs2",
  ])("looks for %s", (text) => expect(isSearchable(text)).toBe(true));
  test.each([
    "",
    "hello",
    "0x12",
    "-1",
    "12-",
    "12345678901",
    `0x${"ab".repeat(33)}`,
    "<script>",
  ])("finds nothing in %j", (text) => expect(isSearchable(text)).toBe(false));
});

test("an extrinsic has a place that is its address", () => {
  expect(placeOf("12-3")).toEqual({ block: 12, index: 3 });
  for (const odd of ["12", "-3", "12-3-4", "a-b"]) expect(placeOf(odd)).toBeUndefined();
});

test("commands alone are sealed; what they are for is not", () => {
  expect(isSealedCall("PhalaPhatContracts", "push_command")).toBe(true);
  expect(isSealedCall("PhalaPhatContracts", "instantiate")).toBe(false);
  expect(contractOf({ contract: new Uint8Array(32) })).toBe(`0x${"00".repeat(32)}`);
  for (const odd of [null, 7, {}, { contract: "0x" }]) expect(contractOf(odd)).toBeUndefined();
});

test("blocks become a table for other programs", () => {
  const block = {
    number: 7,
    hash: Uint8Array.of(1),
    at: 0,
    extrinsics: 2,
    signed: 1,
    commands: 1,
    bytes: 9,
  };
  expect(csvText(BLOCK_COLUMNS, [block, { ...block, at: undefined }].map(blockCells))).toBe(
    "number,hash,time,extrinsics,signed,sealed_commands,bytes\n" +
      "7,0x01,1970-01-01T00:00:00.000Z,2,1,1,9\n7,0x01,,2,1,1,9\n",
  );
});
