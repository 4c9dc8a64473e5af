/** Configuration of a worker host: a JSON file, checked strictly, or the same as a value. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fail, ok, PhaError, parseHex, type Result } from "@pha/scale";
import { type CollateralServices, PUBLIC_SERVICES } from "./collateral/sources.ts";

export interface PRuntimeConfig {
  /** Shown in logs, metrics and `/v1/info`; unique in the host. */
  readonly name: string;
  /** What it registers as. */
  readonly role: "worker" | "gatekeeper";
  /** Folder of its sealed store; of one pRuntime alone. */
  readonly dataDir: string;
  /** What the evidence provider needs: for simulated evidence its platform's key file. */
  readonly platformFile?: string | undefined;
  /** JavaScript file of this pRuntime. @default the host's `pruntimeProgram` */
  readonly program?: string | undefined;
  /**
   * Program and arguments that reach this pRuntime by stdin and stdout, for TEEs that fix what runs in them: an enclave under
   * Gramine, one of Nitro behind vsock. No program and no arguments are passed then.
   */
  readonly launcher?: readonly string[] | undefined;
  /**
   * Port on which other servers reach this worker by RA-TLS: TLS that ends in pRuntime, which shows its TEE's evidence; 0
   * takes any free one. Queries are asked over it, as over HTTP. Of workers alone.
   *
   * @default none: RA-TLS is not offered
   */
  readonly raTlsPort?: number | undefined;
}

export interface WorkerHostConfig {
  /** WebSocket of the chain node. */
  readonly nodeUrl: string;
  /** Port of the host's HTTP; 0 takes any free one. */
  readonly httpPort: number;
  /** Address that HTTP is served on. @default "127.0.0.1" */
  readonly httpHost?: string | undefined;
  /** Address that RA-TLS is served on, where a pRuntime has a `raTlsPort`. @default "127.0.0.1" */
  readonly raTlsHost?: string | undefined;
  /** Secret URI of the operator's account; either this or `operatorUriFile`. */
  readonly operatorUri?: string | undefined;
  /** File that holds the secret URI. */
  readonly operatorUriFile?: string | undefined;
  /** The pRuntimes of this host, 1 to 64. */
  readonly pruntimes: readonly PRuntimeConfig[];
  /** JavaScript file of pRuntime. */
  readonly pruntimeProgram: string;
  /** Gateways of other worker hosts, `http://` or `https://`: sources of blobs that the node does not have. */
  readonly peers?: readonly string[] | undefined;
  /** Evidence provider of all pRuntimes; `auto` takes the TEE that is there. @default "auto", "simulated" with a platform file */
  readonly provider?: string | undefined;
  /**
   * What keeps vendors' collateral on the chain current, and fetches the certificate of an AMD chip's key for a machine that
   * gives its guests none; `false` for nothing. Its keys: `intelUrl` (PCS or a PCCS),
   * `intelRootCrlUrl`, `amdUrl` (KDS), `googleUrl`, by default the vendors' public services; `families` (FMSPCs beside
   * those of this host's platforms); `everyMinutes` (360).
   *
   * @default the vendors' public services on live chains, none on others
   */
  readonly collateral?: CollateralConfig | false | undefined;
  /**
   * Where Intel's quote of this machine is asked for when a pRuntime wants one: of a confidential machine of Azure on TDX.
   *
   * @default the machine's metadata service, "http://169.254.169.254/acc/tdquote"
   */
  readonly tdQuoteUrl?: string | undefined;
  /** trace, debug, info, warn, error, fatal or silent. @default "info" */
  readonly logLevel?: string | undefined;
}

export interface CollateralConfig {
  readonly services: CollateralServices;
  /** Families of Intel's platforms (FMSPC) beside those of this host. */
  readonly families: readonly Uint8Array[];
  readonly everyMs: number;
}

export const DEFAULT_COLLATERAL: CollateralConfig = {
  services: PUBLIC_SERVICES,
  families: [],
  everyMs: 6 * 3_600_000,
};

export interface ConfigError {
  readonly code: "worker-config/malformed";
  /** Path of the field and what it must be. */
  readonly reason: string;
}

const MAX_PRUNTIMES = 64;
const MAX_PEERS = 16;
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const HOST_FIELDS = [
  "nodeUrl",
  "httpPort",
  "httpHost",
  "raTlsHost",
  "operatorUri",
  "operatorUriFile",
  "pruntimes",
  "pruntimeProgram",
  "peers",
  "provider",
  "collateral",
  "tdQuoteUrl",
  "logLevel",
];
const URL_FIELDS = ["intelUrl", "intelRootCrlUrl", "amdUrl", "googleUrl"] as const;
const COLLATERAL_FIELDS = [...URL_FIELDS, "families", "everyMinutes"];
const MAX_FAMILIES = 16;
const MAX_MINUTES = 7 * 24 * 60;
const PRUNTIME_FIELDS = [
  ...["name", "role", "dataDir", "platformFile", "program", "launcher"],
  "raTlsPort",
];
const MAX_LAUNCHER_PARTS = 32;

type Fields = Readonly<Record<string, unknown>>;

/** Thrown by the readers below only; `parseConfig` turns exactly this class into a `Result`. */
class FieldError extends Error {}

export function parseConfig(json: unknown): Result<WorkerHostConfig, ConfigError> {
  try {
    return ok(hostOf(json));
  } catch (error) {
    if (error instanceof FieldError)
      return fail({ code: "worker-config/malformed", reason: error.message });
    throw error;
  }
}

export interface HostArguments {
  /** Path of the configuration. */
  readonly config: string;
  /** Address of the node for this run, instead of the configuration's. */
  readonly node: string | undefined;
}

/** @throws PhaError `worker-config/missing` */
export function hostArguments(args: readonly string[]): HostArguments {
  try {
    const { config, node } = parseArgs({
      args: [...args],
      options: { config: { type: "string" }, node: { type: "string" } },
    }).values;
    if (config !== undefined) return { config, node };
  } catch (cause) {
    throw missing(cause);
  }
  throw missing();
}

function missing(cause?: unknown): PhaError {
  return new PhaError("worker-config/missing", "no configuration was given", {
    hint: "Start it with --config FILE, and --node URL for another node than the file's.",
    cause,
  });
}

/**
 * @param nodeUrl instead of the file's
 * @throws PhaError `worker-config/…`
 */
export async function loadConfig(path: string, nodeUrl?: string): Promise<WorkerHostConfig> {
  return configOf(await readConfig(path), path, nodeUrl);
}

/** Text of the configuration's file. @throws PhaError `worker-config/unreadable` */
export async function readConfig(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** What the text says. @param path for errors @throws PhaError `worker-config/…` */
export function configOf(text: string, path: string, nodeUrl?: string): WorkerHostConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (nodeUrl !== undefined && typeof json === "object" && json !== null)
    json = { ...json, nodeUrl };
  const config = parseConfig(json);
  if (!config.ok)
    throw new PhaError(config.error.code, `the configuration is wrong: ${config.error.reason}`, {
      facts: { path },
      hint: "docs/reference/config.md lists the fields.",
    });
  return config.value;
}

function unreadable(path: string, cause: unknown): PhaError {
  return new PhaError("worker-config/unreadable", "the configuration cannot be read", {
    cause,
    facts: { path },
    hint: "Give the path of a JSON file with --config.",
  });
}

/** Secret URI of the operator. @throws PhaError `worker-config/…` */
export async function operatorSecret(config: WorkerHostConfig): Promise<string> {
  if (config.operatorUri !== undefined) return config.operatorUri;
  const path = config.operatorUriFile ?? "";
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new PhaError("worker-config/no-operator", "the operator's secret cannot be read", {
      cause,
      facts: { path },
      hint: "Write the account's secret URI into the file that operatorUriFile names.",
    });
  }
}

function hostOf(json: unknown): WorkerHostConfig {
  const fields = fieldsOf(json, "configuration", HOST_FIELDS);
  const { httpPort, pruntimes } = fields;
  if (!isPort(httpPort)) throw new FieldError("httpPort is a port from 0 to 65535");
  if (!Array.isArray(pruntimes) || pruntimes.length === 0 || pruntimes.length > MAX_PRUNTIMES)
    throw new FieldError(`pruntimes is a list of 1 to ${MAX_PRUNTIMES}`);
  const nodeUrl = text(fields, "nodeUrl");
  if (!/^wss?:\/\//.test(nodeUrl)) throw new FieldError("nodeUrl starts with ws:// or wss://");
  const operatorUri = optionalText(fields, "operatorUri");
  const operatorUriFile = optionalText(fields, "operatorUriFile");
  if ((operatorUri === undefined) === (operatorUriFile === undefined))
    throw new FieldError("exactly one of operatorUri and operatorUriFile is given");
  const logLevel = optionalText(fields, "logLevel");
  if (logLevel !== undefined && !LEVELS.includes(logLevel))
    throw new FieldError(`logLevel is one of ${LEVELS.join(", ")}`);
  const tdQuoteUrl = optionalText(fields, "tdQuoteUrl");
  if (tdQuoteUrl !== undefined && !isHttpUrl(tdQuoteUrl))
    throw new FieldError("tdQuoteUrl is a URL of HTTP or HTTPS");
  const peers = fields["peers"] ?? [];
  if (!Array.isArray(peers) || peers.length > MAX_PEERS || !peers.every(isHttpUrl))
    throw new FieldError(`peers is a list of at most ${MAX_PEERS} URLs of worker hosts`);
  const all = pruntimes.map((pruntime: unknown, index) =>
    pruntimeOf(pruntime, `pruntimes[${index}]`),
  );
  for (const field of ["name", "dataDir"] as const)
    if (new Set(all.map((one) => one[field])).size !== all.length)
      throw new FieldError(`each pRuntime has its own ${field}`);
  return {
    nodeUrl,
    httpPort,
    httpHost: optionalText(fields, "httpHost"),
    raTlsHost: optionalText(fields, "raTlsHost"),
    operatorUri,
    operatorUriFile,
    pruntimes: all,
    pruntimeProgram: text(fields, "pruntimeProgram"),
    peers,
    provider: optionalText(fields, "provider"),
    collateral: collateralOf(fields["collateral"]),
    tdQuoteUrl,
    logLevel,
  };
}

function collateralOf(json: unknown): CollateralConfig | false | undefined {
  if (json === undefined || json === false) return json;
  const fields = fieldsOf(json, "collateral", COLLATERAL_FIELDS);
  const services = { ...PUBLIC_SERVICES };
  for (const name of URL_FIELDS) {
    const url = fields[name] ?? services[name];
    if (!isHttpUrl(url)) throw new FieldError(`collateral.${name} is a URL of HTTP or HTTPS`);
    services[name] = url;
  }
  const { everyMinutes = DEFAULT_COLLATERAL.everyMs / 60_000 } = fields;
  if (
    typeof everyMinutes !== "number" ||
    !Number.isInteger(everyMinutes) ||
    everyMinutes < 1 ||
    everyMinutes > MAX_MINUTES
  )
    throw new FieldError(`collateral.everyMinutes is a whole number from 1 to ${MAX_MINUTES}`);
  const named = fields["families"] ?? [];
  const families = (Array.isArray(named) ? named : [undefined]).map((family: unknown) => {
    const parsed = typeof family === "string" ? parseHex(`0x${family}`, 6) : undefined;
    if (!parsed?.ok || parsed.value.length !== 6)
      throw new FieldError("collateral.families is a list of FMSPCs, 12 digits of hex each");
    return parsed.value;
  });
  if (families.length > MAX_FAMILIES)
    throw new FieldError(`collateral.families has at most ${MAX_FAMILIES}`);
  return { services, families, everyMs: everyMinutes * 60_000 };
}

function pruntimeOf(json: unknown, where: string): PRuntimeConfig {
  const fields = fieldsOf(json, where, PRUNTIME_FIELDS);
  const { role } = fields;
  if (role !== "worker" && role !== "gatekeeper")
    throw new FieldError(`${where}.role is "worker" or "gatekeeper"`);
  const name = text(fields, "name");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    throw new FieldError(`${where}.name has letters, digits, dots, dashes, at most 64`);
  return {
    name,
    role,
    dataDir: text(fields, "dataDir"),
    platformFile: optionalText(fields, "platformFile"),
    program: optionalText(fields, "program"),
    launcher: launcherOf(fields, where),
    raTlsPort: raTlsPortOf(fields, where, role),
  };
}

function raTlsPortOf({ raTlsPort }: Fields, where: string, role: string): number | undefined {
  if (raTlsPort === undefined) return undefined;
  if (!isPort(raTlsPort)) throw new FieldError(`${where}.raTlsPort is a port from 0 to 65535`);
  if (role !== "worker")
    throw new FieldError(`${where}.raTlsPort is of workers: a gatekeeper answers no queries`);
  return raTlsPort;
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function launcherOf(fields: Fields, where: string): readonly string[] | undefined {
  const { launcher } = fields;
  if (launcher === undefined) return undefined;
  const isText = (part: unknown): part is string => typeof part === "string" && part !== "";
  if (
    !Array.isArray(launcher) ||
    launcher.length === 0 ||
    launcher.length > MAX_LAUNCHER_PARTS ||
    !launcher.every(isText)
  )
    throw new FieldError(`${where}.launcher is a list of a program and its arguments`);
  // Its own arguments are fixed inside: what the host would pass is not passed.
  for (const field of ["program", "platformFile"])
    if (fields[field] !== undefined)
      throw new FieldError(`${where} has a launcher, which passes no ${field}`);
  return launcher;
}

function fieldsOf(json: unknown, where: string, known: readonly string[]): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new FieldError(`${where} is an object`);
  const unknown = Object.keys(json).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new FieldError(`${where} has no field ${unknown}`);
  return { ...json };
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "")
    throw new FieldError(`${name} is a text that is not empty`);
  return value;
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value);
}

function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : text(fields, name);
}
