/**
 * Chain specs as files: the *raw* form that nodes and light clients read, and the *plain* form that people write, which
 * names a preset and its validators.
 *
 * **Bounds**: a file of `MAX_SPEC_BYTES`. **Trust**: a raw spec is what its author says; its genesis hash names it.
 * Unknown and missing fields are refused: two readers that skip different fields would be on two chains.
 */
import { readFileSync, statSync } from "node:fs";
import { STORAGE } from "@pha/protocol";
import { compareBytes, equalBytes, PhaError, parseHex } from "@pha/scale";
import type { ChainSpec } from "./chain-spec.ts";

/** Ours are below 3 MiB. */
export const MAX_SPEC_BYTES = 64 << 20;
const MAX_BOOT_NODES = 256;
const HINT = "take one that `pha chain-spec raw` wrote, or write it anew with that command";

export interface RawChainSpec {
  readonly spec: ChainSpec;
  /** Multiaddrs with peer ids. */
  readonly bootNodes: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const RAW_FIELDS = [
  "name",
  "id",
  "chainType",
  "bootNodes",
  "telemetryEndpoints",
  "protocolId",
  "properties",
  "consensusEngine",
  "genesis",
] as const;

/** @throws PhaError `chain-spec/unreadable`, and those of `parseChainSpec` */
export function readChainSpec(path: string): RawChainSpec {
  return parseChainSpec(readSpecJson(path));
}

/** The JSON of a chain spec's file. @throws PhaError `chain-spec/unreadable` */
export function readSpecJson(path: string): unknown {
  try {
    if (statSync(path).size > MAX_SPEC_BYTES) throw new RangeError(`above ${MAX_SPEC_BYTES} bytes`);
    const json: unknown = JSON.parse(readFileSync(path, "utf8"));
    return json;
  } catch (cause) {
    throw new PhaError("chain-spec/unreadable", "the chain spec cannot be read", {
      facts: { path },
      hint: "give the path of a JSON file; `pha chain-spec build` and `raw` write one",
      cause,
    });
  }
}

/** @throws PhaError `chain-spec/unknown-field`, `chain-spec/missing-field`, `chain-spec/bad-field`, `chain-spec/not-raw` */
export function parseChainSpec(json: unknown): RawChainSpec {
  const top = strictObject(json, "", RAW_FIELDS, ["lightSyncState"]);
  const { bootNodes, ...spec } = parseIdentity(top);
  requireValue(top["telemetryEndpoints"] === null, "telemetryEndpoints", "null");
  requireValue(top["consensusEngine"] === null, "consensusEngine", "null");
  requireValue(isName(top["protocolId"]), "protocolId", "a text");
  const genesis = top["genesis"];
  if (isObject(genesis) && "preset" in genesis)
    throw new PhaError("chain-spec/not-raw", "the chain spec is in its plain form", {
      facts: { field: "genesis" },
      hint: "make the raw form of it first: pha chain-spec raw FILE --out RAW",
    });
  const { raw } = strictObject(genesis, "genesis", ["raw"]);
  const { top: entries, childrenDefault } = strictObject(raw, "genesis.raw", [
    "top",
    "childrenDefault",
  ]);
  requireValue(
    isObject(childrenDefault) && Object.keys(childrenDefault).length === 0,
    "genesis.raw.childrenDefault",
    "an empty object: there are no child tries",
  );
  requireValue(isObject(entries), "genesis.raw.top", "an object of hex keys and values");
  const state = Object.entries(entries).map(([key, value]) => {
    const field = `genesis.raw.top.${key.slice(0, 80)}`;
    return [bytesOf(key, field), bytesOf(value, field)] as const;
  });
  state.sort(([a], [b]) => compareBytes(a, b));
  const isSimulated = state.some(([key]) => equalBytes(key, STORAGE.simulatedRoot.key));
  return { spec: { ...spec, isSimulated, genesis: state }, bootNodes };
}

/** What both forms say beside the genesis. */
export function parseIdentity(
  top: Json,
): Omit<ChainSpec, "isSimulated" | "genesis"> & Pick<RawChainSpec, "bootNodes"> {
  const { name, id, chainType, bootNodes, properties } = top;
  requireValue(isName(name), "name", "a text");
  requireValue(
    typeof id === "string" && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(id),
    "id",
    "small letters, digits, - and _: it names the folder of the database",
  );
  requireValue(
    chainType === "Development" || chainType === "Local" || chainType === "Live",
    "chainType",
    "Development, Local or Live",
  );
  requireValue(
    Array.isArray(bootNodes) && bootNodes.length <= MAX_BOOT_NODES && bootNodes.every(isName),
    "bootNodes",
    "a list of multiaddrs",
  );
  const shown = strictObject(properties, "properties", [
    "ss58Format",
    "tokenDecimals",
    "tokenSymbol",
  ]);
  const { ss58Format, tokenDecimals, tokenSymbol } = shown;
  requireValue(isNatural(ss58Format, 16_383), "properties.ss58Format", "a number up to 16383");
  requireValue(isNatural(tokenDecimals, 38), "properties.tokenDecimals", "a number up to 38");
  requireValue(isName(tokenSymbol), "properties.tokenSymbol", "a text");
  const strings: readonly string[] = bootNodes;
  return {
    name,
    id,
    chainType,
    bootNodes: strings,
    properties: { ss58Format, tokenDecimals, tokenSymbol },
  };
}

/**
 * An object with exactly these fields.
 *
 * @param path of the object in the file; "" is the file itself
 */
export function strictObject<const F extends string>(
  value: unknown,
  path: string,
  fields: readonly F[],
  optional: readonly string[] = [],
): Readonly<Record<F, unknown>> & Json {
  requireValue(isObject(value), path === "" ? "the file" : path, "an object");
  const at = (field: string): string => (path === "" ? field : `${path}.${field}`);
  const known: readonly string[] = [...fields, ...optional];
  for (const field of Object.keys(value))
    if (!known.includes(field))
      throw new PhaError("chain-spec/unknown-field", `the chain spec has a field ${at(field)}`, {
        facts: { field: at(field) },
        hint: `remove it, or check its spelling; here belong ${known.join(", ")}`,
      });
  for (const field of fields)
    if (!(field in value))
      throw new PhaError("chain-spec/missing-field", `the chain spec has no field ${at(field)}`, {
        facts: { field: at(field) },
        hint: HINT,
      });
  // Every field was found above.
  return value as Readonly<Record<F, unknown>> & Json;
}

export function requireValue(holds: boolean, field: string, wanted: string): asserts holds {
  if (holds) return;
  throw new PhaError("chain-spec/bad-field", `the chain spec's ${field} is not ${wanted}`, {
    facts: { field },
    hint: HINT,
  });
}

function bytesOf(value: unknown, field: string): Uint8Array {
  const parsed = typeof value === "string" ? parseHex(value) : undefined;
  requireValue(parsed?.ok === true, field, "hex with 0x in front");
  return parsed.value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 256;
}

function isNatural(value: unknown, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most;
}
