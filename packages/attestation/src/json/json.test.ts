import { describe, expect, test } from "vitest";
import { readJson, readJsonList } from "./json.ts";

const text = (json: string): unknown => {
  const result = readJson(json, (object) => object.text("a"));
  return result.ok ? result.value : result.error.reason;
};

describe("the strict form", () => {
  test.each([
    ['{"a":"x"}', "x"],
    [' {\n"a" :\t"x" ,"b":[1,{"c":null}],"d":true,"e":[],"f":{}}\r\n', "x"],
    ['{"a":"\\u0041\\n\\"\\\\\\/"}', 'A\n"\\/'],
    ['{"a":"é€😀"}', "é€😀"],
    ['{"__proto__":1,"a":"x"}', "x"],
  ])("%s", (json, value) => {
    expect(text(json)).toBe(value);
  });

  test.each([
    ["", "no JSON of the strict form at 0"],
    ['{"a":"x"', "no JSON of the strict form at 8"],
    ['{"a":"x"} 1', "no JSON of the strict form at 10"],
    ['{"a":"x",}', "no JSON of the strict form at 9"],
    ['{a:"x"}', "no JSON of the strict form at 1"],
    ['{"a":"x","a":"x"}', "a name occurs twice"],
    ['{"a":"x","\\u0061":"x"}', "a name occurs twice"],
    ['{"a":"\n"}', "no JSON of the strict form at 7"],
    ['{"a":"\\x"}', "no JSON of the strict form at 8"],
    ['{"a":"\\u00g0"}', "no JSON of the strict form at 8"],
    ['{"a":"x","b":01}', "no JSON of the strict form at 13"],
    ['{"a":"x","b":-1}', "no JSON of the strict form at 13"],
    ['{"a":"x","b":1.0}', "no JSON of the strict form at 13"],
    ['{"a":"x","b":1e3}', "no JSON of the strict form at 13"],
    ['{"a":"x","b":1000000000000000}', "no JSON of the strict form at 13"],
    ["[]", "the text is no object"],
    ['"a"', "the text is no object"],
    [`{"a":${"[".repeat(20)}${"]".repeat(20)}}`, "nested too deeply"],
    ['{"a":1}', "a is no text"],
    ["{}", "a is no text"],
  ])("%s is refused", (json, reason) => {
    expect(text(json)).toBe(reason);
  });
});

test("members have types and bounds", () => {
  const of = <T>(json: string, read: Parameters<typeof readJson<T>>[1]): unknown => {
    const result = readJson(json, read);
    return result.ok ? result.value : result.error.reason;
  };
  expect(of('{"a":7}', (o) => o.unsigned("a", 7))).toBe(7);
  expect(of('{"a":8}', (o) => o.unsigned("a", 7))).toBe("a is no number up to 7");
  expect(of('{"a":"0AbC"}', (o) => o.hex("a", 2))).toEqual(Uint8Array.of(10, 188));
  expect(of('{"a":"0AbC"}', (o) => o.hex("a", 1))).toBe("a is not hex of 1 bytes");
  expect(of('{"a":"0x0A"}', (o) => o.hex("a"))).toBe("a is not hex");
  expect(of('{"a":[{"b":"c"}]}', (o) => o.list("a", 1).map((i) => i.text("b")))).toEqual(["c"]);
  expect(of('{"a":[{},{}]}', (o) => o.list("a", 1))).toBe("a has more than 1 items");
  expect(of('{"a":{}}', (o) => o.list("a", 1))).toBe("a is no list");
  expect(of('{"a":["b",1]}', (o) => o.texts("a", 2))).toBe("an item of a is no text");
  expect(of('{"a":[1]}', (o) => o.object("a"))).toBe("a is no object");
  expect(of('{"a":"2023-02-30T00:00:00Z"}', (o) => o.time("a"))).toBe("a is no time");
  expect(of('{"a":1}', (o) => o.has("a") && !o.has("b"))).toBe(true);
});

test("a list of objects", () => {
  const read = (json: string) => readJsonList(json, (item) => item.unsigned("a", 9));
  expect(read('[{"a":1},{"a":2}]')).toEqual({ ok: true, value: [1, 2] });
  expect(read("{}").ok).toBe(false);
  expect(read("[1]").ok).toBe(false);
});

test("what the language reads and the strict form takes is the same", () => {
  const values = [
    { a: "", b: [{ c: [1, 2, { d: null }] }], "": true },
    { "\u2028": "\ud83d\ude00" },
  ];
  for (const value of values) {
    const seen = readJson(JSON.stringify(value), (object) =>
      Object.keys(value).every((name) => object.has(name)),
    );
    expect(seen).toEqual({ ok: true, value: true });
  }
});
