import { expect, test } from "vitest";
import { filesUnder, isTest, readText } from "../workspace/files.ts";
import { CONFIG_TYPES } from "./config-reference.ts";
import { routes } from "./http-reference.ts";
import { METRIC_NAME, metricsOf } from "./metrics-reference.ts";
import { rpcMethods } from "./rpc-reference.ts";
import { sdkExports } from "./sdk-reference.ts";
import { fieldsOf } from "./syntax.ts";

test("every export of the SDK says what it is, and every function what it returns", () => {
  const all = [
    ...sdkExports(),
    ...sdkExports("packages/sdk/src/light/index.ts"),
    ...sdkExports("packages/sdk/src/audit/index.ts"),
    ...sdkExports("packages/sdk/src/deploy/index.ts"),
    ...sdkExports("packages/sdk/src/wallets/index.ts"),
  ];
  expect(all.length).toBeGreaterThan(90);
  expect(all.filter(({ docs }) => docs === "").map(({ name }) => name)).toEqual([]);
  const functions = all.filter(({ declaration }) => declaration.startsWith("function "));
  expect(functions.length).toBeGreaterThan(25);
  expect(functions.filter(({ declaration }) => /\)$/.test(declaration))).toEqual([]);
});

test("every RPC method says what it does, and names what it reads", () => {
  const methods = rpcMethods();
  const named = new Map(methods.map((method) => [method.name, method]));
  expect(named.size).toBe(methods.length);
  expect(methods.length).toBeGreaterThan(90);
  expect(methods.filter(({ docs }) => docs === "").map(({ name }) => name)).toEqual([]);
  expect(named.get("state_getKeysPaged")).toMatchObject({
    params: ["prefix?: hex", "count: number", "startKey?: hex", "at?: hash"],
    errors: ["database/state-discarded", "rpc/block-not-found", "rpc/limit-reached"],
  });
  // Read by functions that the method calls, at places that they are told.
  expect(named.get("chainHead_v1_storage")?.params).toEqual([
    "followSubscription: string",
    "hash: hash",
    "items: list",
    "childTrie?: hex",
  ]);
});

test("every name of a method in the sources of the RPC is documented", () => {
  const names = new Set(rpcMethods().map(({ name }) => name));
  const keys = filesUnder("packages/node/src/rpc/methods", /\.ts$/)
    .filter((path) => !isTest(path))
    .flatMap((path) => [
      ...readText(path).matchAll(/^ {4}([a-z][A-Za-z]*_(?:v1_)?[a-z][A-Za-z]+):/gm),
    ])
    .map(([, name]) => name ?? "");
  expect(keys.length).toBeGreaterThan(90);
  expect(keys.filter((name) => !names.has(name))).toEqual([]);
});

test.each([
  "packages/node/src",
  "packages/worker/src",
])("every metric that %s names is documented", (folder) => {
  const documented = metricsOf(folder);
  expect(documented.length).toBeGreaterThan(15);
  for (const { name, help } of documented) expect(help, name).toMatch(/\S.*\.$/);
  const literals = filesUnder(folder, /metrics\.ts$|service\.ts$|gateway\.ts$/)
    .filter((path) => !isTest(path))
    .flatMap((path) => [...readText(path).matchAll(/"([a-z0-9_]+)"/g)].map(([, one]) => one ?? ""))
    .filter((one) => METRIC_NAME.test(one));
  const names = new Set(documented.map(({ name }) => name));
  expect(literals.filter((one) => !names.has(one))).toEqual([]);
});

test("every key of a configuration says what it is", () => {
  for (const { path, type } of CONFIG_TYPES)
    for (const { name, docs } of fieldsOf(path, type))
      expect(docs.text, `${type}.${name}`).not.toBe("");
});

test("every route of the worker host says what it takes and gives", () => {
  expect(routes().length).toBeGreaterThan(8);
  for (const { path, docs } of routes()) {
    expect(docs, path).not.toBe("");
    expect(path).toMatch(/^\/[a-z0-9/]+(<[\w ]+>)?$/);
  }
});
