/**
 * The plain form of a chain spec: what people edit before the chain begins. It names a preset; `testnet` has its
 * validators beside it, each an account with its session keys.
 */
import { ss58Decode, ss58Encode } from "@pha/crypto";
import { type KeyedValidator, SS58_PREFIX } from "@pha/runtime";
import { parseHex, toHex } from "@pha/scale";
import { type ChainSpec, chainSpecJson } from "./chain-spec.ts";
import { parseIdentity, requireValue, strictObject } from "./chain-spec-file.ts";
import { developmentChain, localSpec, testnetSpec } from "./preset-chain.ts";

export const PRESETS = ["dev", "local", "testnet"] as const;
export type PresetName = (typeof PRESETS)[number];

/** The bundle of a preset's state transition. */
export type PresetTransition = (preset: PresetName) => Uint8Array;

const MAX_VALIDATORS = 100;

/**
 * Spec of a preset.
 *
 * @param validators of `testnet`; the others have well-known ones
 */
export function presetSpec(
  preset: PresetName,
  transition: PresetTransition,
  validators: readonly KeyedValidator[] = [],
): ChainSpec {
  switch (preset) {
    case "dev":
      return developmentChain({ transition: transition("dev") }).spec;
    case "local":
      return localSpec(transition("local"));
    case "testnet":
      return testnetSpec(transition("testnet"), validators);
  }
}

/** The plain form of a preset. */
export function plainSpecJson(
  preset: PresetName,
  transition: PresetTransition,
  validators: readonly KeyedValidator[],
  bootNodes: readonly string[],
): object {
  const { name, id, chainType, properties } = presetSpec(preset, transition, validators);
  const genesis =
    preset === "testnet"
      ? {
          preset,
          validators: validators.map(([account, { babe, grandpa }]) => ({
            account: ss58Encode(SS58_PREFIX, account),
            babe: toHex(babe),
            grandpa: toHex(grandpa),
          })),
        }
      : { preset };
  return { name, id, chainType, bootNodes, properties, genesis };
}

/**
 * The raw form of a plain spec: the same bytes for the same text.
 *
 * @throws PhaError `chain-spec/unknown-field`, `chain-spec/missing-field`, `chain-spec/bad-field`
 */
export function rawSpecJson(plain: unknown, transition: PresetTransition): object {
  const top = strictObject(plain, "", [
    "name",
    "id",
    "chainType",
    "bootNodes",
    "properties",
    "genesis",
  ]);
  const { bootNodes, ...identity } = parseIdentity(top);
  const named = strictObject(top.genesis, "genesis", ["preset"], ["validators"]);
  const preset = PRESETS.find((name) => name === named.preset);
  requireValue(preset !== undefined, "genesis.preset", `one of ${PRESETS.join(", ")}`);
  const isPublic = preset === "testnet";
  requireValue(
    isPublic === "validators" in named,
    "genesis.validators",
    "there for testnet, and for testnet alone",
  );
  const validators = isPublic ? parseValidators(named["validators"], "genesis.validators") : [];
  const spec = { ...presetSpec(preset, transition, validators), ...identity };
  return chainSpecJson(spec, { bootNodes });
}

/**
 * @param path of the list in its file
 * @throws PhaError `chain-spec/…`
 */
export function parseValidators(value: unknown, path: string): readonly KeyedValidator[] {
  requireValue(
    Array.isArray(value) && value.length > 0 && value.length <= MAX_VALIDATORS,
    path,
    `a list of 1 to ${MAX_VALIDATORS} validators`,
  );
  const list: readonly unknown[] = value;
  const seen = new Set<unknown>();
  return list.map((one, i): KeyedValidator => {
    const at = `${path}[${i}]`;
    const { account, babe, grandpa } = strictObject(one, at, ["account", "babe", "grandpa"]);
    const address = typeof account === "string" ? ss58Decode(account) : undefined;
    requireValue(
      address?.ok === true && address.value.publicKey.length === 32,
      `${at}.account`,
      "an SS58 address",
    );
    for (const name of [account, babe, grandpa]) {
      requireValue(!seen.has(name), at, "a validator with keys of its own");
      seen.add(name);
    }
    const keys = { babe: keyOf(babe, `${at}.babe`), grandpa: keyOf(grandpa, `${at}.grandpa`) };
    return [address.value.publicKey, keys];
  });
}

function keyOf(value: unknown, field: string): Uint8Array {
  const parsed = typeof value === "string" ? parseHex(value, 32) : undefined;
  requireValue(parsed?.ok === true && parsed.value.length === 32, field, "32 bytes of hex");
  return parsed.value;
}
