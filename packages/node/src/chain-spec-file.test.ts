import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ss58Encode } from "@pha/crypto";
import { toHex } from "@pha/scale";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainSpecJson, genesisBlock } from "./chain-spec.ts";
import { parseChainSpec, readChainSpec } from "./chain-spec-file.ts";
import { genesisAuthoritySet } from "./finality/genesis-authorities.ts";
import { openChain } from "./open-chain.ts";
import { type PresetTransition, plainSpecJson, presetSpec, rawSpecJson } from "./plain-spec.ts";
import { transitionsIn } from "./select-chain.ts";
import { bundledRuntime } from "./testing/bundled-runtime.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-spec-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BOOT = "/ip4/127.0.0.1/tcp/30333/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
let transition: PresetTransition;
let plain: any;
let raw: any;
beforeAll(async () => {
  const scripts = new Map([
    ["local", await bundledRuntime("local")],
    ["testnet", await bundledRuntime("testnet")],
  ]);
  transition = (preset) => scripts.get(preset) ?? new Uint8Array();
  plain = plainSpecJson("local", transition, [], [BOOT]);
  raw = rawSpecJson(plain, transition);
});

const refusal = (json: unknown) => {
  try {
    parseChainSpec(json);
    return "taken";
  } catch (error: any) {
    expect(error.hint).not.toBe(error.message);
    return `${error.code} ${error.facts?.field}`;
  }
};

test("the raw form of a preset is the chain of the preset, through a file", () => {
  const path = join(folder, "local.json");
  writeFileSync(path, JSON.stringify(raw));
  const { spec, bootNodes } = readChainSpec(path);
  expect(bootNodes).toEqual([BOOT]);
  const preset = presetSpec("local", transition);
  expect(toHex(genesisBlock(spec).hash)).toBe(toHex(genesisBlock(preset).hash));
  expect(genesisAuthoritySet(spec).authorities.length).toBe(4);
  expect(chainSpecJson(spec, { bootNodes })).toEqual(raw);
});

test("a chain runs with the program's own bundle or in a realm, and says its slot time", () => {
  const { spec } = parseChainSpec(raw);
  for (const transitions of [[transition("local")], []])
    expect(openChain(spec, { transitions }).slotDurationMs).toBe(1_000);
});

test("a genesis without a runtime is refused", () => {
  const { spec } = parseChainSpec(raw);
  const genesis = spec.genesis.filter(([key]) => !Buffer.from(key).toString().startsWith(":pha_"));
  expect(() => openChain({ ...spec, genesis }, { transitions: [] })).toThrow(
    expect.objectContaining({ code: "chain-spec/no-runtime" }),
  );
});

test("a bundle that is missing beside the program is named", () => {
  expect(() => transitionsIn(new URL(`file://${folder}/`))("local")).toThrow(
    expect.objectContaining({ code: "config/no-transition" }),
  );
});

describe("a raw spec is refused, and the field named", () => {
  test("when a field is unknown", () => {
    expect(refusal({ ...raw, forkBlocks: null })).toBe("chain-spec/unknown-field forkBlocks");
    expect(refusal({ ...raw, properties: { ...raw.properties, colour: 1 } })).toBe(
      "chain-spec/unknown-field properties.colour",
    );
    expect(refusal({ ...raw, genesis: { ...raw.genesis, runtime: {} } })).toBe(
      "chain-spec/unknown-field genesis.runtime",
    );
  });

  test("when a field is missing", () => {
    for (const field of Object.keys(raw)) {
      const { [field]: _, ...rest } = raw;
      expect(refusal(rest)).toBe(`chain-spec/missing-field ${field}`);
    }
    expect(refusal({ ...raw, genesis: {} })).toBe("chain-spec/missing-field genesis.raw");
  });

  test("when a value is not what it should be", () => {
    for (const [field, value] of [
      ["name", ""],
      ["id", "../elsewhere"],
      ["chainType", "Main"],
      ["bootNodes", "nobody"],
      ["telemetryEndpoints", []],
      ["protocolId", 7],
      ["consensusEngine", "aura"],
      ["properties", []],
    ])
      expect(refusal({ ...raw, [field as string]: value })).toBe(`chain-spec/bad-field ${field}`);
    const top = (entries: object) => ({
      ...raw,
      genesis: { raw: { top: entries, childrenDefault: {} } },
    });
    expect(refusal(top({ "0x0": "0x" }))).toBe("chain-spec/bad-field genesis.raw.top.0x0");
    expect(refusal(top({ "0x00": 1 }))).toBe("chain-spec/bad-field genesis.raw.top.0x00");
    expect(refusal([])).toBe("chain-spec/bad-field the file");
  });

  test("when it is the plain form", () => {
    expect(refusal({ ...raw, genesis: plain.genesis })).toBe("chain-spec/not-raw genesis");
  });

  test("when there is no such file, or no JSON in it", () => {
    const path = join(folder, "cut.json");
    expect(() => readChainSpec(path)).toThrow(
      expect.objectContaining({ code: "chain-spec/unreadable", facts: { path } }),
    );
    writeFileSync(path, "{");
    expect(() => readChainSpec(path)).toThrow(
      expect.objectContaining({ code: "chain-spec/unreadable" }),
    );
  });
});

describe("a plain spec", () => {
  const validator = (salt: number) => ({
    account: ss58Encode(30, new Uint8Array(32).fill(salt)),
    babe: toHex(new Uint8Array(32).fill(salt + 100)),
    grandpa: toHex(new Uint8Array(32).fill(salt + 200)),
  });
  const testnet = (validators: unknown) => ({
    name: "Test",
    id: "test",
    chainType: "Live",
    bootNodes: [],
    properties: plain.properties,
    genesis: { preset: "testnet", validators },
  });
  const refused = (json: unknown) => {
    try {
      rawSpecJson(json, transition);
      return "taken";
    } catch (error: any) {
      return `${error.code} ${error.facts?.field}`;
    }
  };

  test("of a public network names its validators; they are the first authorities", () => {
    const { spec } = parseChainSpec(rawSpecJson(testnet([validator(1), validator(2)]), transition));
    expect(spec.name).toBe("Test");
    expect(genesisAuthoritySet(spec).authorities.map(({ key }) => toHex(key))).toEqual([
      validator(1).grandpa,
      validator(2).grandpa,
    ]);
    expect(openChain(spec, { transitions: [transition("testnet")] }).slotDurationMs).toBe(3_000);
  });

  test("is refused without validators, with bad ones, or with one twice", () => {
    expect(refused(testnet([]))).toBe("chain-spec/bad-field genesis.validators");
    expect(refused(testnet([{ ...validator(1), account: "5x" }]))).toBe(
      "chain-spec/bad-field genesis.validators[0].account",
    );
    expect(refused(testnet([{ ...validator(1), babe: "0x12" }]))).toBe(
      "chain-spec/bad-field genesis.validators[0].babe",
    );
    expect(refused(testnet([validator(1), validator(1)]))).toBe(
      "chain-spec/bad-field genesis.validators[1]",
    );
    expect(refused({ ...plain, genesis: { preset: "local", validators: [] } })).toBe(
      "chain-spec/bad-field genesis.validators",
    );
    expect(refused({ ...plain, genesis: { preset: "main" } })).toBe(
      "chain-spec/bad-field genesis.preset",
    );
    expect(refused({ ...plain, extra: 1 })).toBe("chain-spec/unknown-field extra");
  });
});
