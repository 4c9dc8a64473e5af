import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chainSpecOf, forgetChainSpec, keepChainSpec, MAX_SPEC } from "./chain-specs.ts";
import type { Network } from "./networks.ts";

const kept: Network = {
  id: "my-net",
  name: "Net",
  node: undefined,
  chainSpec: "kept",
  workers: [],
  genesis: undefined,
  development: false,
  isServed: false,
};
const served: Network = { ...kept, id: "local1", chainSpec: "/chain-spec.json", isServed: true };
let store: Map<string, string>;

beforeEach(() => {
  store = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, text: string) => store.set(key, text),
    removeItem: (key: string) => store.delete(key),
  });
});
afterEach(() => {
  forgetChainSpec(kept.id);
  vi.unstubAllGlobals();
});

const missing = { code: "network/no-chain-spec" };

test("a specification is kept over visits until its network is removed", async () => {
  keepChainSpec("my-net", "{}");
  expect([...store]).toEqual([["pha-chain-spec my-net", "{}"]]);
  expect(await chainSpecOf(kept)).toBe("{}");
  await expect(chainSpecOf({ ...kept, id: "my-other" })).rejects.toMatchObject(missing);
  forgetChainSpec("my-net");
  expect(store.size).toBe(0);
  await expect(chainSpecOf(kept)).rejects.toMatchObject({
    ...missing,
    hint: expect.stringContaining("add it again"),
  });
});

test("where the browser keeps nothing it is there until the page is closed", async () => {
  const refuse = () => {
    throw new Error("storage is off");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  keepChainSpec("my-net", "{}");
  expect(await chainSpecOf(kept)).toBe("{}");
  forgetChainSpec("my-net");
  await expect(chainSpecOf(kept)).rejects.toMatchObject(missing);
});

test("one of the server is asked for each time; none, and one that is too long, are told", async () => {
  const answers = [
    new Response('{"name":"Net"}'),
    new Response("", { status: 503 }),
    new Response("x".repeat(MAX_SPEC + 1)),
    new Error("nobody listens"),
  ];
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (url: unknown) => {
    asked.push(url);
    const next = answers.shift();
    if (next instanceof Response) return next;
    throw next;
  });
  expect(await chainSpecOf(served)).toBe('{"name":"Net"}');
  for (let i = 0; i < 3; i++)
    await expect(chainSpecOf(served)).rejects.toMatchObject({
      ...missing,
      hint: expect.stringContaining("when its network runs"),
    });
  expect(asked).toEqual(Array.from({ length: 4 }, () => "/chain-spec.json"));
});
