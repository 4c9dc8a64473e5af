import { expect, test } from "vitest";
import { pastedBytes } from "./pasted-bytes.ts";

const bytes = Uint8Array.from({ length: 70 }, (_, i) => (i * 37) & 255);
const hex = Buffer.from(bytes).toString("hex");
const base64 = Buffer.from(bytes).toString("base64");

test.each([
  ["hex", hex],
  ["hex with its mark", `0x${hex}`],
  ["hex in capitals", hex.toUpperCase()],
  ["hex in lines", `${hex.slice(0, 64)}\n${hex.slice(64)}\n`],
  ["base64", base64],
  ["base64 without its end", base64.replace(/=+$/, "")],
  ["base64 of addresses", Buffer.from(bytes).toString("base64url")],
  ["base64 in lines", `${base64.slice(0, 64)}\r\n${base64.slice(64)}`],
])("%s", (_form, text) => {
  expect(pastedBytes(text)).toEqual(bytes);
});

test.each([
  "",
  "0x",
  "hello, world",
  "aGVsbG8$",
  "AAAAA",
  "====",
])("%j is neither, or nothing", (text) => {
  expect(pastedBytes(text) ?? new Uint8Array(0)).toEqual(new Uint8Array(0));
});
