/** `docs/reference/metrics.md`: what nodes and worker hosts export, read where it is registered. */
import ts from "typescript";
import { filesUnder, isTest, readText } from "../workspace/files.ts";
import { code, page, table } from "./page.ts";
import { nodesOf, propertyOf, sourceFile, stringOf } from "./syntax.ts";

export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

export const METRIC_NAME = /^(pha|substrate)_[a-z0-9_]+$/;

/** What a function that registers makes; those of one worker are labelled with its name. */
const TYPES: ReadonlyMap<string, { readonly type: string; readonly labels: readonly string[] }> =
  new Map(
    Object.entries({
      gauge: { type: "gauge", labels: [] },
      gaugePerWorker: { type: "gauge", labels: ["name"] },
      counter: { type: "counter", labels: [] },
      histogram: { type: "histogram", labels: [] },
    }),
  );

export function metricsReference(): string {
  const rows = (folder: string) =>
    metricsOf(folder).map(({ name, type, labels, help }) => [
      code(name),
      type,
      labels.map(code).join(", "),
      help,
    ]);
  const head = ["metric", "type", "labels", "what"];
  return page(
    "Metrics",
    "Prometheus reads a node at `/metrics` of its RPC port and a worker host at `/metrics` of its HTTP port. `substrate_*` are " +
      "named and labelled as those of Substrate's nodes; `process_*` and `nodejs_*` are of the process. Dashboards and alerts " +
      "that use them are [ready to import](../operations/README.md).",
    [
      "## Node",
      table(head, rows("packages/node/src")),
      "## Worker host",
      table(head, rows("packages/worker/src")),
    ],
  );
}

/** Metrics that the sources of a folder register, by name. */
export function metricsOf(folder: string): readonly Metric[] {
  const found = filesUnder(folder, /\.ts$/)
    // Parsing all sources takes long.
    .filter((path) => !isTest(path) && /"(pha|substrate)_/.test(readText(path)))
    .flatMap((path) => [...nodesOf(sourceFile(path))].flatMap((node) => metricOf(node) ?? []));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function metricOf(node: ts.Node): Metric | undefined {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined;
  const callee = ts.isPropertyAccessExpression(node.expression)
    ? node.expression.name.text
    : node.expression.getText();
  const [first, second, third] = node.arguments ?? [];
  if (first !== undefined && ts.isObjectLiteralExpression(first)) {
    const name = stringOf(propertyOf(first, "name"));
    if (name === undefined || !METRIC_NAME.test(name)) return undefined;
    const labels = textsOf(propertyOf(first, "labelNames"));
    return {
      name,
      type: callee.toLowerCase(),
      labels,
      help: stringOf(propertyOf(first, "help")) ?? "",
    };
  }
  const name = stringOf(first);
  const made = TYPES.get(callee);
  if (name === undefined || made === undefined || !METRIC_NAME.test(name)) return undefined;
  return {
    name,
    type: made.type,
    labels: [...made.labels, ...textsOf(third)],
    help: stringOf(second) ?? "",
  };
}

function textsOf(node: ts.Expression | undefined): readonly string[] {
  if (node === undefined || !ts.isArrayLiteralExpression(node)) return [];
  return node.elements.flatMap((one) => stringOf(one) ?? []);
}
