import { expect, test } from "vitest";
import { readPageSearch } from "./search.ts";

test("the address of a page gives what it may, and nothing else", () => {
  expect(readPageSearch({ net: "local", as: "Bob", lens: "network", other: "Eve" })).toEqual({
    net: "local",
    as: "Bob",
    lens: "network",
    other: "Eve",
  });
  expect(readPageSearch({ lens: "mine" })).toEqual({});
  expect(readPageSearch({ net: "<img src=x>", as: 7, lens: ["network"], other: "" })).toEqual({});
});
