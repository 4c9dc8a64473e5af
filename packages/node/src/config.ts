/** Configuration file of the node: JSON, checked strictly. */
import { readFileSync } from "node:fs";
import { PhaError } from "@pha/scale";
import { isPruning, type Pruning } from "./database/pruning.ts";

/** Confidential part of a development chain's genesis. */
export interface DevnetConfig {
  /** Public key of simulated evidence, 32 bytes of hex. */
  readonly simulatedRoot: string;
  /** Measurement of the pRuntime that may run, 32 bytes of hex. */
  readonly measurement: string;
  /** Contracts of the development cluster: name, and file of the artefact. */
  readonly contracts: readonly { readonly name: string; readonly file: string }[];
  /** Replicas of the cluster. */
  readonly workers?: number;
  /** Public test accounts (`//Name`) that may run a gatekeeper, one seat each. @default `//Operator` */
  readonly gatekeeperOperators?: readonly string[];
}

/** The node's part of the peer-to-peer network. */
export interface NetworkConfig {
  /** Multiaddrs, such as `/ip4/0.0.0.0/tcp/30333` or `/ip4/127.0.0.1/tcp/30334/ws`. */
  readonly listen?: readonly string[];
  /** Multiaddrs of peers to begin with, their peer ids at the end. */
  readonly bootNodes?: readonly string[];
  /** Peers that always have a place. */
  readonly reserved?: readonly string[];
  /** Nobody but reserved peers. @default false */
  readonly reservedOnly?: boolean;
  /**
   * How a node without blocks begins: with every block from genesis, or with the newest final one and its state, the
   * past coming later. @default "full"
   */
  readonly sync?: "full" | "warp";
  /** File of the node's key, made when it is not there. @default in `dataDir`, or new at each start */
  readonly nodeKey?: string;
  /**
   * When it opens: at the start, or when `sync_state_genSyncSpec` is asked for the first time, as who serves nobody but
   * light clients can wait for. @default "at-start"
   */
  readonly opens?: "at-start" | "on-demand";
}

export interface NodeConfig {
  /** Preset `dev` or `local`, or the path of a raw chain spec, which ends in `.json`. */
  readonly chain: string;
  /** Folder of the database; absent: in memory. */
  readonly dataDir?: string;
  /**
   * States of blocks that are kept: `archive` for all, or a number of final blocks, and those above. A database stays
   * what it is. @default for a new database: all of `dev` and `local`, 256 of other chains
   */
  readonly pruning?: Pruning;
  /** Bytes of blobs that the chain refers to and the node keeps, at most. @default 4294967296 */
  readonly maxBlobBytes?: number;
  /** First port to try for RPC; 0 takes any. @default 9944 */
  readonly rpcPort?: number;
  /** Address that RPC is served on. @default "127.0.0.1" */
  readonly rpcHost?: string;
  /** Public test account whose keys the authority has, such as `//Alice`; other secrets are in the keystore alone. */
  readonly authority?: string;
  /** Author and finalize with the keys of the keystore, which is in `dataDir`. @default false */
  readonly validator?: boolean;
  /** Serve the RPC methods that handle keys; on a loopback address only. @default false */
  readonly rpcUnsafe?: boolean;
  /** Milliseconds of a slot. @default the chain's own */
  readonly slotDurationMs?: number;
  /** Block 1 waits for its first transactions, at most for a time. */
  readonly holdFirstBlock?: { readonly transactions: number; readonly maxMs: number };
  /** From which level on the log has lines. @default "info" */
  readonly logLevel?: "debug" | "info" | "warn" | "error" | "silent";
  /** Name that peers, tools and telemetry are shown. @default "Pha Node" */
  readonly name?: string;
  /** Telemetry servers that are told of the node, `ws://` or `wss://`; absent: nobody is. */
  readonly telemetry?: readonly string[];
  /** Absent: the node is alone. */
  readonly network?: NetworkConfig;
  /** Absent: the chain has neither a TEE nor a cluster. */
  readonly devnet?: DevnetConfig;
}

const CHECKS: Readonly<Record<keyof NodeConfig, (value: unknown) => boolean>> = {
  chain: (value) =>
    value === "dev" || value === "local" || (isText(value) && String(value).endsWith(".json")),
  dataDir: isText,
  pruning: isPruning,
  maxBlobBytes: isNatural,
  rpcPort: (value) => isNatural(value) && Number(value) <= 65_535,
  rpcHost: isText,
  authority: (value) => isText(value) && /^\/\/[A-Za-z]/.test(String(value)),
  validator: (value) => typeof value === "boolean",
  rpcUnsafe: (value) => typeof value === "boolean",
  slotDurationMs: (value) => isNatural(value) && Number(value) >= 100,
  holdFirstBlock: isHold,
  logLevel: (value) => ["debug", "info", "warn", "error", "silent"].includes(String(value)),
  name: isText,
  telemetry: (value) => isTexts(value) && value.every(isWebSocketUrl),
  network: isNetwork,
  devnet: isDevnet,
};

const LOOPBACK: readonly string[] = ["127.0.0.1", "::1", "localhost"];

const NETWORK_CHECKS: Readonly<Record<keyof NetworkConfig, (value: unknown) => boolean>> = {
  listen: isTexts,
  bootNodes: isTexts,
  reserved: isTexts,
  reservedOnly: (value) => typeof value === "boolean",
  sync: (value) => value === "full" || value === "warp",
  nodeKey: isText,
  opens: (value) => value === "at-start" || value === "on-demand",
};

function isNetwork(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const checks = new Map<string, (value: unknown) => boolean>(Object.entries(NETWORK_CHECKS));
  return Object.entries(value).every(([field, one]) => checks.get(field)?.(one) ?? false);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= 256 && value.every(isText);
}

function isWebSocketUrl(value: string): boolean {
  return URL.canParse(value) && /^wss?:$/.test(new URL(value).protocol);
}

function isHold(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return isNatural(fields["transactions"]) && isNatural(fields["maxMs"]);
}

function isDevnet(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { simulatedRoot, measurement, contracts, workers, gatekeeperOperators } = fields;
  return (
    isHash(simulatedRoot) &&
    isHash(measurement) &&
    Array.isArray(contracts) &&
    contracts.every(isContract) &&
    (workers === undefined || isNatural(workers)) &&
    (gatekeeperOperators === undefined || isOperators(gatekeeperOperators))
  );
}

function isOperators(value: unknown): boolean {
  return isTexts(value) && value.length <= 31 && value.every((uri) => /^\/\/[A-Za-z]/.test(uri));
}

function isContract(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { name, file } = fields;
  return isText(name) && isText(file);
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}

/** @throws PhaError `config/unreadable`, `config/bad-field` */
export function loadConfig(path: string): NodeConfig {
  return parseConfig(readJson(path));
}

export function parseConfig(json: unknown): NodeConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw badField("", "the configuration is an object");
  for (const [field, value] of Object.entries(json)) {
    const check = Object.entries(CHECKS).find(([name]) => name === field)?.[1];
    if (!check) throw badField(field, `there is no field ${field}`);
    if (!check(value)) throw badField(field, `the value of ${field} is not allowed`);
  }
  if (!("chain" in json)) throw badField("chain", "the field chain is missing");
  // Every field was checked above.
  const config = json as NodeConfig;
  const { rpcUnsafe = false, rpcHost = "127.0.0.1" } = config;
  if (rpcUnsafe && !LOOPBACK.includes(rpcHost))
    throw new PhaError(
      "config/unsafe-rpc-exposed",
      "RPC methods that handle keys would be open to others",
      {
        facts: { rpcHost },
        hint: "serve them on 127.0.0.1 alone, or leave them out: key commands work on the keystore's folder too",
      },
    );
  return config;
}

function readJson(path: string): unknown {
  try {
    const json: unknown = JSON.parse(readFileSync(path, "utf8"));
    return json;
  } catch (cause) {
    throw new PhaError("config/unreadable", "the configuration cannot be read", {
      facts: { path },
      hint: "give the path of a JSON file: node.js --config node.json",
      cause,
    });
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length > 0;
}

function isNatural(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function badField(field: string, message: string): PhaError {
  return new PhaError("config/bad-field", message, {
    facts: { field },
    hint: `fields are ${Object.keys(CHECKS).join(", ")}`,
  });
}
