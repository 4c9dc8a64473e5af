import { describe, expect, test } from "vitest";
import { networksOf } from "../../chain/networks.ts";
import { readNetwork } from "./network-form.tsx";

function form(fields: Readonly<Record<string, string>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

const GOOD = {
  name: "Test net",
  node: "wss://node.example/ws",
  workers: "https://a.example, https://b.example",
};

describe("a network that a person adds", () => {
  test("is read with all its parts", () => {
    expect(readNetwork(form({ ...GOOD, genesis: `0x${"ab".repeat(32)}` }), ["Local"])).toEqual({
      id: "my-test-net",
      name: "Test net",
      node: "wss://node.example/ws",
      chainSpec: undefined,
      workers: ["https://a.example", "https://b.example"],
      genesis: `0x${"ab".repeat(32)}`,
      development: false,
      isServed: false,
    });
  });
  test("by light client is read without a node, from a specification of the right form", () => {
    const spec = { way: "light", chainSpec: '{"genesis":{},"bootNodes":[]}' };
    expect(readNetwork(form({ ...GOOD, ...spec }), [])).toMatchObject({
      node: undefined,
      chainSpec: "kept",
    });
  });
  test.each([
    [{ way: "light" }, "settings.badChainSpec"],
    [{ way: "light", chainSpec: "{" }, "settings.badChainSpec"],
    [{ way: "light", chainSpec: '{"genesis":{}}' }, "settings.badChainSpec"],
    [{ way: "light", chainSpec: `"${"x".repeat(4_000_000)}"` }, "settings.badChainSpec"],
    [{ name: "" }, "settings.badName"],
    [{ name: "test NET" }, "settings.sameName"],
    [{ node: "http://node.example" }, "settings.badNode"],
    [{ node: "javascript:alert(1)" }, "settings.badNode"],
    [{ workers: "https://a.example javascript:alert(1)" }, "settings.badWorkers"],
    [{ genesis: "0x12" }, "settings.badGenesis"],
  ] as const)("is refused when %j", (change, problem) => {
    const known = problem === "settings.sameName" ? ["Test net"] : ["Test net 2"];
    expect(readNetwork(form({ ...GOOD, ...change }), known)).toBe(problem);
  });
});

describe("what a server says of networks", () => {
  test("keeps what is one and leaves out the rest, whatever its shape", () => {
    const good = {
      name: "Devnet",
      node: "ws://127.0.0.1:1",
      workers: ["http://127.0.0.1:2", "data:x", 7],
      genesis: "0x1",
      development: true,
    };
    expect(
      networksOf(
        { networks: [null, 7, { name: "x" }, { ...good, node: "file:///etc/passwd" }, good] },
        true,
      ),
    ).toEqual([
      {
        id: "local4",
        name: "Devnet",
        node: "ws://127.0.0.1:1",
        chainSpec: undefined,
        workers: ["http://127.0.0.1:2"],
        genesis: undefined,
        development: true,
        isServed: true,
      },
    ]);
    const light = { ...good, node: undefined, chainSpec: "/chain-spec.json" };
    expect(networksOf({ networks: [light] }, true)).toMatchObject([
      { node: undefined, chainSpec: "/chain-spec.json" },
    ]);
    // A server names its own paths alone; what is kept is of this browser.
    for (const place of ["//evil.example/spec", "https://evil.example", "/../x", "kept", 7])
      expect(networksOf({ networks: [{ ...light, chainSpec: place }] }, true)).toEqual([]);
    expect(networksOf({ networks: [light] }, false)).toEqual([]);
    expect(networksOf({ networks: [{ ...light, chainSpec: "kept" }] }, false)).toHaveLength(1);
    for (const odd of [null, 7, "x", [], {}, { networks: {} }])
      expect(networksOf(odd, true)).toEqual([]);
  });
});
