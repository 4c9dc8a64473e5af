import { expect, test } from "vitest";
import { csvText, plainJson } from "./export.ts";

test("an exported list has a line of names, and nothing in it becomes a formula or another field", () => {
  expect(
    csvText(
      ["name", "n", "id"],
      [
        ["plain", 1, Uint8Array.of(1, 2)],
        ["=1+1", 2n, undefined],
        ['with "quotes", commas\nand lines', true, "@x"],
      ],
    ),
  ).toBe('name,n,id\nplain,1,0x0102\n\'=1+1,2,\n"with ""quotes"", commas\nand lines",true,\'@x\n');
});

test("decoded values are readable JSON", () => {
  expect(JSON.parse(plainJson({ key: Uint8Array.of(1, 255), n: 2n ** 70n, list: [null] }))).toEqual(
    {
      key: "0x01ff",
      n: "1180591620717411303424",
      list: [null],
    },
  );
});
