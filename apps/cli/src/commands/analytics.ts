/** `pha analytics …`: the collector of a site's sealed visits, who may bring them, and what pages load. */
import { PhaError, toHex } from "@pha/scale";
import { Option } from "commander";
import { startCollector, trackerFiles, visitKey } from "../collector/collector.ts";
import { listenOn } from "../collector/collector-server.ts";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf } from "../program/contract.ts";
import { distFolder } from "../program/dist-folder.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";
import { portOf } from "../program/port.ts";
import { accountOf } from "./account.ts";

const collect: CommandDeclaration = {
  usage: "collect <contract>",
  docs: "Runs a collector: takes sealed visits from pages and brings them to the contract, unread, until Ctrl-C.",
  examples: [
    "pha analytics collect analytics --from //Collector --port 7000 --origin https://shop.example",
    "pha analytics collect 0x… --from @collector.key --url wss://node.example --worker https://worker.example --origin https://shop.example --behind-proxy",
  ],
  options: [
    ...networkOptions,
    new Option("--from <account>", `account that pays for the commands: ${FROM}`).default(
      "//Collector",
    ),
    new Option("--port <port>", "port to listen on; 0 takes any").default("7000"),
    new Option("--host <address>", "address to listen on").default("127.0.0.1"),
    new Option(
      "--origin <origin...>",
      "origins of pages that may send, such as https://shop.example",
    ),
    new Option("--behind-proxy", "the sender is the last address of X-Forwarded-For"),
  ],
  async run({ args, options, output }) {
    const port = portOf(options["port"]);
    const origins = originsOf(options["origin"]);
    const signer = signerOf(String(options["from"]));
    const files = await trackerFiles(distFolder());
    const network = await openNetwork(options);
    try {
      const { address, handle } = await contractOf(network, args[0] ?? "");
      // The owner puts it into pages: the contract must have one.
      const key = await visitKey(handle);
      const collector = await startCollector({
        client: network.client,
        contract: () => Promise.resolve(handle),
        site: address,
        signer,
        listen: (server) => listenOn(server, String(options["host"]), port),
        origins: () => origins,
        behindProxy: options["behindProxy"] === true,
        files: files ?? new Map(),
      });
      const account = signer.address;
      output.result({ site: toHex(address), key, account, port: collector.port }, [
        `collecting for ${toHex(address)}`,
        `account        ${account}`,
        `listening on   ${String(options["host"])}:${collector.port}`,
        `pages of       ${origins.join(" ") || "no origin: give --origin"}`,
      ]);
      await interrupted();
      await collector.stop();
      const { brought, refused, dropped } = collector.state;
      output.progress(`  brought ${brought}, refused ${refused}, dropped ${dropped}`);
    } finally {
      network.client.close();
    }
  },
};

const appoint: CommandDeclaration = {
  usage: "appoint <contract> <account>",
  docs: "Names the account that may bring sealed visits to a contract; `none` ends it. For the contract's owner.",
  examples: [
    "pha analytics appoint analytics //Collector --from alice",
    "pha analytics appoint analytics none --from alice",
  ],
  options: [...networkOptions, new Option("--from <account>", FROM).default("alice")],
  async run({ args, options, output }) {
    const [contractName = "", text = ""] = args;
    const account = text === "none" ? undefined : accountOf(text);
    const signer = signerOf(String(options["from"]));
    const network = await openNetwork(options);
    try {
      const { handle } = await contractOf(network, contractName);
      const { blockNumber } = await handle.command(
        "appoint",
        { collector: account },
        { signer, until: "final" },
      );
      output.result({ collector: account ?? null, block: blockNumber }, [
        account === undefined ? "nobody may bring visits now" : `${text} may bring visits now`,
      ]);
    } finally {
      network.client.close();
    }
  },
};

const snippet: CommandDeclaration = {
  usage: "snippet <contract>",
  docs: "Prints what a page loads to have its visits counted, with the contract's key, verified here.",
  examples: ["pha analytics snippet analytics --collector https://stats.example"],
  options: [
    ...networkOptions,
    new Option("--collector <url>", "address of the collector").default("http://127.0.0.1:7000"),
  ],
  async run({ args, options, output }) {
    const network = await openNetwork(options);
    try {
      const { address, handle } = await contractOf(network, args[0] ?? "");
      const key = await visitKey(handle);
      const site = toHex(address);
      const collector = String(options["collector"]).replace(/\/+$/, "");
      const tag = `<script defer src="${collector}/w.js" data-site="${site}" data-worker-key="${key}"></script>`;
      output.result({ site, key, collector, snippet: tag }, [tag]);
    } finally {
      network.client.close();
    }
  },
};

export const analyticsCommands: readonly CommandDeclaration[] = [collect, appoint, snippet];

function originsOf(value: unknown): readonly string[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : [];
  return given.map((one) => {
    const text = String(one);
    if (text === "*" || /^https?:\/\/[^/?#\s]+$/.test(text)) return text;
    throw new PhaError("usage/bad-origin", `${text} is no origin`, {
      hint: "Give scheme, host and port alone, such as https://shop.example; * for all.",
    });
  });
}

/** Until Ctrl-C, or until another program asks it to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
