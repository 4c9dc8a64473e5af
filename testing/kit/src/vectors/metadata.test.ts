import { fromHex } from "@pha/scale";
import kusama from "@polkadot/types-support/metadata/v14/kusama-hex";
import polkadot from "@polkadot/types-support/metadata/v14/polkadot-hex";
import substrate15 from "@polkadot/types-support/metadata/v15/substrate-hex";
import { expect, test } from "vitest";
import { loadMetadataVectors } from "./metadata.ts";

test.each([
  ["Kusama, version 14", kusama],
  ["Polkadot, version 14", polkadot],
  ["Substrate, version 15", substrate15],
])("reads the metadata of %s", (_name, hex) => {
  const cases = loadMetadataVectors({ name: "foreign.scale", bytes: fromHex(hex) });
  expect(cases?.length).toBeGreaterThan(1);
  for (const { run } of cases ?? []) expect(run()).toBeUndefined();
});

test("leaves other files alone", () => {
  expect(loadMetadataVectors({ name: "a.scale", bytes: new Uint8Array(40) })).toBeUndefined();
  expect(loadMetadataVectors({ name: "a.json", bytes: new Uint8Array(40) })).toBeUndefined();
});
