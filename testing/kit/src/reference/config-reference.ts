/** `docs/reference/config.md`: the keys of configuration files, from the types that the programs read them into. */
import { code, page, table } from "./page.ts";
import { type Field, fieldsOf } from "./syntax.ts";

const NODE = "packages/node/src/config.ts";
const WORKER = "packages/worker/src/config.ts";
const DEVNET_FILE = "apps/cli/src/devnet/devnet-file.ts";

/** Tables of the page. */
export const CONFIG_TYPES: readonly {
  readonly path: string;
  readonly type: string;
  readonly title: string;
  readonly about: string;
}[] = [
  {
    path: NODE,
    type: "NodeConfig",
    title: "Node",
    about:
      "`node dist/node.js --config node.json`; `pha node` makes it of its [options](cli.md#pha-node).",
  },
  { path: NODE, type: "NetworkConfig", title: "Node: network", about: "The value of `network`." },
  {
    path: NODE,
    type: "DevnetConfig",
    title: "Node: devnet",
    about:
      "The value of `devnet`: the confidential part of a development chain's genesis. `pha dev` writes it.",
  },
  {
    path: WORKER,
    type: "WorkerHostConfig",
    title: "Worker host",
    about:
      "`node dist/worker.js --config worker.json`. Programs may change while it runs; the rest needs a new start.",
  },
  {
    path: WORKER,
    type: "PRuntimeConfig",
    title: "Worker host: pruntimes",
    about: "One entry of `pruntimes`.",
  },
];

export function configReference(): string {
  return page(
    "Configuration",
    "Programs read one JSON file each and nothing of the environment. Files are checked strictly: an unknown key or a wrong " +
      "value ends the start with `config/bad-field` or `worker-config/malformed`, which names the key. What a chain begins " +
      "with is its [chain spec](cli.md#pha-chain-spec), which everybody on it shares; these files are one operator's choices.",
    [
      ...CONFIG_TYPES.flatMap(({ path, type, title, about }) => [
        `## ${title}`,
        about,
        keys(fieldsOf(path, type)),
      ]),
      "## Devnet",
      "A devnet is configured by the [options of `pha dev`](cli.md#pha-dev). While it runs, `.pha/devnet.json` in its folder says " +
        "where everything is; later versions may add keys.",
      table(
        ["key", "value", "what"],
        fieldsOf(DEVNET_FILE, "DevnetFile").map(({ name, type, docs }) => [
          code(name),
          code(plainType(type)),
          docs.text,
        ]),
      ),
    ],
  );
}

function keys(fields: readonly Field[]): string {
  return table(
    ["key", "value", "what", "default"],
    fields.map(({ name, type, isOptional, docs }) => [
      code(name),
      code(plainType(type)),
      docs.text,
      docs.tags.find((tag) => tag.name === "default")?.text ??
        (isOptional ? "absent" : "must be given"),
    ]),
  );
}

/** As JSON has it: without what only TypeScript needs. */
function plainType(type: string): string {
  return type.replaceAll("readonly ", "").replaceAll(" | undefined", "").replaceAll(/;\s*}/g, " }");
}
