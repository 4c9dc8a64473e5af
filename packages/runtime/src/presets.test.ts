import { memoryOverlay } from "@pha/frame";
import { expect, test } from "vitest";
import { Babe } from "./babe/index.ts";
import { Balances } from "./balances/index.ts";
import { Grandpa } from "./grandpa/index.ts";
import { PHA, SUPPLY } from "./parameters.ts";
import { developmentPreset, localPreset, testnetPreset } from "./presets.ts";
import { Session, validators } from "./session/index.ts";
import { Staking } from "./staking/index.ts";

const local = localPreset();
const testnet = testnetPreset({ validators: local.genesis.Session.validators });

/** State of block 0. */
function born(preset: typeof local) {
  const overlay = memoryOverlay();
  for (const [key, value] of preset.runtime.genesis(preset.genesis)) overlay.put(key, value);
  preset.runtime.tryState(overlay);
  return preset.runtime.env(overlay);
}

test("local has four validators with equal bonds, who author and finalize", () => {
  const env = born(local);
  expect(validators({ env })).toHaveLength(4);
  expect(env.of(Babe).storage.Authorities.get()).toHaveLength(4);
  expect(env.of(Grandpa).storage.Authorities.get()).toHaveLength(4);
  const bonds = [...env.of(Staking).storage.Ledger.entries()].map(([, ledger]) => ledger.total);
  expect(bonds).toEqual(new Array(4).fill(10_000n * PHA));
  expect([...env.of(Session).storage.NextKeys.keys()]).toHaveLength(4);
  expect(env.of(Balances).storage.TotalIssuance.get()).toBe(SUPPLY);
});

test("dev keeps its one authority, whose bond is beside its endowment", () => {
  const { runtime, genesis } = developmentPreset();
  const overlay = memoryOverlay();
  for (const [key, value] of runtime.genesis(genesis)) overlay.put(key, value);
  runtime.tryState(overlay);
  const env = runtime.env(overlay);
  expect(validators({ env })).toHaveLength(1);
  expect(env.of(Balances).storage.TotalIssuance.get()).toBe(SUPPLY);
});

test("testnet has the design's slots and epochs, nobody's well-known root, and a whole supply", () => {
  const { runtime, genesis, parameters } = testnet;
  expect(parameters).toMatchObject({ slotDurationMs: 3_000n, epochLength: 600n });
  expect(runtime.tables.byName.has("Sudo")).toBe(false);
  const overlay = memoryOverlay();
  for (const [key, value] of runtime.genesis(genesis)) overlay.put(key, value);
  runtime.tryState(overlay);
  expect(runtime.env(overlay).of(Balances).storage.TotalIssuance.get()).toBe(SUPPLY);
  expect(() => testnetPreset({ validators: [] })).toThrow("validators");
});

test("all presets have the same pallets at the same places", () => {
  const places = (preset: { readonly runtime: (typeof local)["runtime"] }) =>
    preset.runtime.tables.pallets.map(({ index, pallet }) => `${index} ${pallet.name}`);
  expect(places(local)).toEqual(places(developmentPreset()));
  const publicPlaces = testnet.runtime.tables.pallets.map(
    ({ index, pallet }) => `${index} ${pallet.name}`,
  );
  expect(places(local).filter((place) => place !== "99 Sudo")).toEqual(publicPlaces);
});
