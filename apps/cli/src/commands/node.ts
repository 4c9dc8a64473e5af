/** `pha node`: one node of a network, until it is stopped. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { PhaError } from "@pha/scale";
import { Option } from "commander";
import type { CommandDeclaration } from "../program/command.ts";
import { reportError } from "../program/output.ts";

export const CHAIN = "dev, local, or the file of a raw chain spec (*.json)";
const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export const node: CommandDeclaration = {
  usage: "node",
  docs: "Runs a node: it follows its chain, and makes and finalizes blocks when it is a validator.",
  examples: [
    "pha node --chain local --dev-key //Alice --base-path ./alice",
    "pha node --chain local --base-path ./bob --bootnodes /ip4/127.0.0.1/tcp/30333/p2p/12D3Koo…",
    "pha node --chain ./my-network.json --validator --name my-validator --port 30333",
  ],
  options: [
    new Option("--chain <chain>", CHAIN).default("dev"),
    new Option("--base-path <dir>", "folder of database, keys and node key").default(
      undefined,
      "~/.pha",
    ),
    new Option("--validator", "make and finalize blocks with the keys of the keystore"),
    new Option("--dev-key <uri>", "validator with the key of a public test account, like //Alice"),
    new Option("--name <name>", "name that peers and tools are shown"),
    new Option("--port <port>", "TCP port for peers; 0 takes any free one").default("30333"),
    new Option("--ws-port <port>", "port for peers that are browsers and light clients"),
    new Option("--listen <addresses...>", "multiaddrs to listen on, instead of --port"),
    new Option("--rpc-port <port>", "first port to try for RPC").default("9944"),
    new Option("--rpc-host <host>", "address that RPC is served on").default("127.0.0.1"),
    new Option("--rpc-unsafe", "serve the methods that handle keys; on a loopback address only"),
    new Option("--bootnodes <addresses...>", "multiaddrs of peers to begin with"),
    new Option("--reserved <addresses...>", "multiaddrs of peers that always have a place"),
    new Option("--reserved-only", "no other peers than the reserved ones"),
    new Option("--sync <way>", "full: every block; warp: the newest final state, the past later")
      .choices(["full", "warp"])
      .default("full"),
    new Option(
      "--pruning <states>",
      "archive: states of all blocks; a number: of so many final ones and those above; a database stays archive or pruned",
    ).default(undefined, "archive for dev and local, 256 for other chains"),
    new Option(
      "--telemetry <urls...>",
      "ws:// or wss:// servers to tell name, heights and peers of this node",
    ),
    new Option("--log <level>", LEVELS.join(", ")).default("info"),
    new Option("--until-stdin-closes", "end when standard input closes, for supervisors"),
  ],
  async run({ options, output }) {
    const config = configOf(options);
    const { parseConfig, runNode } = await import("@pha/node/program");
    mkdirSync(config.dataDir, { recursive: true });
    try {
      await runNode(parseConfig(config), {
        endsWithStdin: options["untilStdinCloses"] === true,
      });
    } catch (error) {
      reportError(error, output);
      // What was opened by then would keep the process alive.
      process.exit();
    }
  },
};

type Options = Readonly<Record<string, unknown>>;

/** The node's configuration from the flags. @throws PhaError `usage/…` */
export function configOf(options: Options) {
  const port = portOf("--port", options["port"]);
  const wsPort =
    options["wsPort"] === undefined ? undefined : portOf("--ws-port", options["wsPort"]);
  const listen = textsOf(options["listen"]) ?? [
    `/ip4/0.0.0.0/tcp/${port}`,
    ...(wsPort === undefined ? [] : [`/ip4/0.0.0.0/tcp/${wsPort}/ws`]),
  ];
  const devKey = textOf(options["devKey"]);
  if (devKey !== undefined && !/^\/\/[A-Za-z]/.test(devKey))
    throw new PhaError("usage/bad-dev-key", "--dev-key is not the name of a public test account", {
      hint: "Give //Alice or another; real keys never stand in arguments: see `pha key generate`.",
    });
  const chain = chainOf(options["chain"]);
  const logLevel = LEVELS.find((level) => level === options["log"]);
  if (logLevel === undefined)
    throw new PhaError("usage/bad-log-level", `${String(options["log"])} is no log level`, {
      hint: `Give one of ${LEVELS.join(", ")}.`,
    });
  const name = textOf(options["name"]);
  const pruning = pruningOf(options["pruning"]);
  const telemetry = telemetryOf(options["telemetry"]);
  return {
    chain,
    dataDir: basePathOf(options["basePath"]),
    rpcPort: portOf("--rpc-port", options["rpcPort"]),
    rpcHost: String(options["rpcHost"]),
    logLevel,
    ...(devKey === undefined ? {} : { authority: devKey }),
    ...(name === undefined ? {} : { name }),
    ...(pruning === undefined ? {} : { pruning }),
    ...(telemetry === undefined ? {} : { telemetry }),
    validator: options["validator"] === true,
    rpcUnsafe: options["rpcUnsafe"] === true,
    network: {
      listen,
      bootNodes: textsOf(options["bootnodes"]) ?? [],
      reserved: textsOf(options["reserved"]) ?? [],
      reservedOnly: options["reservedOnly"] === true,
      sync: options["sync"] === "warp" ? ("warp" as const) : ("full" as const),
    },
  };
}

/** @throws PhaError `usage/bad-pruning` */
function pruningOf(value: unknown): "archive" | number | undefined {
  const text = textOf(value);
  if (text === undefined || text === "archive") return text;
  const blocks = Number(text);
  if (/^[1-9]\d*$/.test(text) && blocks < 2 ** 31) return blocks;
  throw new PhaError("usage/bad-pruning", `--pruning ${text} says not which states to keep`, {
    hint: "Give archive, or how many final blocks keep their states, such as 256.",
  });
}

/** @throws PhaError `usage/bad-telemetry` */
function telemetryOf(value: unknown): readonly string[] | undefined {
  const urls = textsOf(value);
  const wrong = urls?.find((url) => !URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol));
  if (wrong === undefined) return urls;
  throw new PhaError("usage/bad-telemetry", `${wrong} is no address of a telemetry server`, {
    hint: "Give a URL that begins with ws:// or wss://, such as wss://telemetry.example.org/submit.",
  });
}

/** @throws PhaError `usage/bad-chain` */
export function chainOf(value: unknown): string {
  const chain = String(value);
  if (chain === "dev" || chain === "local") return chain;
  if (chain.endsWith(".json")) return resolve(chain);
  throw new PhaError("usage/bad-chain", `${chain} is no chain`, {
    hint: "Give dev, local, or the file of a chain spec that `pha chain-spec raw` wrote (*.json).",
  });
}

/** Folder of a node's database and keys. */
export function basePathOf(value: unknown): string {
  return resolve(textOf(value) ?? join(homedir(), ".pha"));
}

function portOf(flag: string, value: unknown): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new PhaError("usage/bad-port", `${flag} ${String(value)} is no port`, {
    hint: "Give a number from 1 to 65535; 0 takes any free one.",
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined;
}
