/** What the node exports, and that dashboards and alerts name nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { developmentChain } from "./preset-chain.ts";
import { type RunningNode, startNode } from "./service.ts";
import { openKeystore } from "./signer/secret-keys.ts";

const OPERATIONS = join(import.meta.dirname, "../../../docs/operations");
let node: RunningNode;
let text = "";

beforeAll(async () => {
  const { spec, runtime } = developmentChain({
    parameters: { slotDurationMs: 200n, epochLength: 10n },
  });
  node = await startNode({
    spec,
    runtime,
    keystore: openKeystore("//Alice"),
    rpcPort: 0,
    slotDurationMs: 200,
    onFailure: (error) => {
      throw error;
    },
  });
  for (let tries = 0; node.chain.finalized.number < 2 && tries < 500; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  text = await (await fetch(`${node.rpc.http}/metrics`)).text();
});
afterAll(() => node.stop());

/** Value of the first sample that begins so. */
function sampleOf(sample: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${sample} `));
  return Number(line?.slice(sample.length + 1) ?? Number.NaN);
}

/** Names of metrics and of their samples. */
function exported(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of text.split("\n")) {
    const name = /^(?:# TYPE )?([a-z_][a-z0-9_]*)/.exec(line)?.[1];
    if (name !== undefined) names.add(name);
  }
  return names;
}

test("exports what nodes of Substrate do, by the same names", () => {
  expect(sampleOf('substrate_block_height{status="best"}')).toBeGreaterThanOrEqual(2);
  expect(sampleOf('substrate_block_height{status="finalized"}')).toBeGreaterThanOrEqual(2);
  expect(sampleOf('substrate_block_height{status="sync_target"}')).toBeGreaterThanOrEqual(2);
  expect(sampleOf("substrate_finality_grandpa_round")).toBeGreaterThanOrEqual(2);
  expect(sampleOf("substrate_sub_libp2p_peers_count")).toBe(0);
  expect(sampleOf("substrate_ready_transactions_number")).toBe(0);
  expect(sampleOf("substrate_node_roles")).toBe(4);
  expect(sampleOf("substrate_number_leaves")).toBe(1);
  expect(sampleOf("substrate_proposer_block_constructed_count")).toBeGreaterThanOrEqual(2);
  expect(sampleOf("substrate_proposer_number_of_transactions")).toBe(1);
  expect(sampleOf('substrate_build_info{name="Pha Node",version="0.1.0"}')).toBe(1);
});

/** Words of PromQL that are no metrics. */
const WORDS = new Set(
  "sum avg max min count by without ignoring on group_left group_right rate irate increase changes histogram_quantile label_values and or unless bool instance".split(
    " ",
  ),
);

/** Metrics that an expression names. */
function namedIn(expression: string): readonly string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, " ")
    .replace(/\[[^\]]*\]/g, " ")
    .replace(/\b(?:by|without|ignoring|on)\s*\([^)]*\)/g, " ");
  return (bare.match(/[a-zA-Z_:][a-zA-Z0-9_:]*/g) ?? []).filter((word) => !WORDS.has(word));
}

interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly query: string; readonly type: string }[];
  };
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

function dashboardExpressions(): readonly string[] {
  const text = readFileSync(join(OPERATIONS, "dashboards/node.json"), "utf8");
  const { templating, panels }: Dashboard = JSON.parse(text);
  const queries = templating.list.filter(({ type }) => type === "query");
  return [
    ...queries.map(({ query }) => query),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
}

function alertExpressions(): readonly string[] {
  const rules = readFileSync(join(OPERATIONS, "alerts/node.yml"), "utf8");
  const expressions = [...rules.matchAll(/^ {8}expr: (.+)$/gm)].map(([, one]) => one ?? "");
  expect(expressions.length).toBe([...rules.matchAll(/^ {6}- alert: \w+$/gm)].length);
  return expressions;
}

describe("every metric that is named is exported", () => {
  test.each([
    ["dashboards", dashboardExpressions, 20],
    ["alerts", alertExpressions, 10],
  ] as const)("%s", (_name, expressions, atLeast) => {
    const all = expressions();
    expect(all.length).toBeGreaterThanOrEqual(atLeast);
    const names = exported();
    for (const one of all) {
      const named = namedIn(one);
      expect(named.length, one).toBeGreaterThan(0);
      expect(named.filter((name) => !names.has(name))).toEqual([]);
    }
  });

  test("and a name that is not would be found", () => {
    expect(namedIn('rate(pha_no_such_metric{a="b"}[5m]) > 2')).toEqual(["pha_no_such_metric"]);
    expect(exported().has("pha_no_such_metric")).toBe(false);
  });
});
