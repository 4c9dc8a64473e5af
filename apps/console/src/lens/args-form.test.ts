import { parseAbiValue } from "@pha/contract";
import { describe, expect, test } from "vitest";
import { argsOf, typeName } from "./args-form.tsx";

describe("what a form's draft says", () => {
  test("numbers stay text, so none loses digits", () => {
    const type = { struct: [["n", "u64"]] } as const;
    const args = argsOf(type, { n: " 18446744073709551615 " });
    expect(args).toEqual({ n: "18446744073709551615" });
    expect(parseAbiValue(type, args)).toEqual({ ok: true, value: { n: 18446744073709551615n } });
  });
  test("a field that was not filled in is refused by name", () => {
    const type = { struct: [["n", "u64"]] } as const;
    expect(parseAbiValue(type, argsOf(type, {}))).toMatchObject({
      ok: false,
      error: { code: "abi/wrong-value", path: "value.n" },
    });
  });
  test("lists are JSON; what is none stays text and is refused", () => {
    const type = { struct: [["views", { seq: { struct: [["path", "str"]] } }]] } as const;
    expect(argsOf(type, { views: '[{"path":"/"}]' })).toEqual({ views: [{ path: "/" }] });
    const wrong = argsOf(type, { views: "[{" });
    expect(parseAbiValue(type, wrong)).toMatchObject({ ok: false, error: { path: "value.views" } });
  });
  test("options are nothing when empty, switches are false when untouched, text keeps its spaces", () => {
    const type = {
      struct: [
        ["to", { option: "u32" }],
        ["all", "bool"],
        ["note", "str"],
      ],
    } as const;
    expect(argsOf(type, { note: " a " })).toEqual({ to: null, all: false, note: " a " });
    expect(argsOf({ struct: [] }, {})).toEqual({});
  });
  test("types are named as authors write them", () => {
    expect(typeName({ seq: { fixed: 32 } })).toBe("[[u8; 32]]");
    expect(typeName({ option: { tuple: ["u8", { compact: "u32" }] } })).toBe("(u8, u32)?");
    expect(
      typeName({
        enum: [
          ["A", 0, "unit"],
          ["B", 1, "u8"],
        ],
      }),
    ).toBe("A | B");
  });
});
