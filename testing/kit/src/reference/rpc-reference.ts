/**
 * `docs/reference/rpc.md`: every method of the node's JSON-RPC, from the tables of methods.
 *
 * What a method does is its comment. Parameters and error codes are found in what it runs: calls of `hashParam(params, 0,
 * "hash")` and the like, and errors made on the way, followed through the functions of `packages/node/src/rpc`.
 */
import ts from "typescript";
import { filesUnder, isTest } from "../workspace/files.ts";
import { code, page, table } from "./page.ts";
import { docComment, nodesOf, sourceFile } from "./syntax.ts";

const FOLDER = "packages/node/src/rpc";
const METHOD = /^[a-z][A-Za-z]*_\w+$/;

/** Reader of a parameter → what it takes. */
const READERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    hexParam: "hex",
    optionalHexParam: "hex",
    hashParam: "hash",
    optionalHashParam: "hash",
    numberParam: "number",
    stringParam: "string",
    booleanParam: "boolean",
    listParam: "list",
    keysParam: "list of hex",
  }),
);
/** Errors that what is not in the folder gives: of subscriptions, and of states that are not there any more. */
const IMPLIED: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    subscribe: ["rpc/needs-websocket", "rpc/too-many-subscriptions"],
    stateOf: ["database/state-discarded"],
  }),
);

export interface RpcMethodDocs {
  readonly name: string;
  readonly group: string;
  readonly docs: string;
  readonly params: readonly string[];
  readonly errors: readonly string[];
}

/** File of methods → its title; in the order of the page. */
const GROUPS: Readonly<Record<string, string>> = {
  pha: "Pha",
  blobs: "Blobs",
  chain: "Chain",
  state: "State",
  author: "Extrinsics",
  payment: "Fees",
  grandpa: "Finality",
  system: "System",
  "chain-head": "chainHead_v1",
  archive: "archive_v1",
  transaction: "transaction_v1",
  "chain-spec": "Chain specification",
  keys: "Session keys",
  index: "Methods",
};

export function rpcReference(): string {
  const methods = rpcMethods();
  const parts = Object.entries(GROUPS).map(([group, title]) => {
    const own = methods.filter((method) => method.group === group);
    const rows = own.map(({ name, docs, params, errors }) => [
      `${code(name)} ${params.length === 0 ? "" : params.join(", ")}`.trim(),
      docs,
      errors.map(code).join(" "),
    ]);
    const about = docComment(firstStatement(group)).text;
    return [
      `## ${title}`,
      about,
      table(["method and parameters", "what it does and gives", "errors"], rows),
    ].join("\n\n");
  });
  return page(
    "JSON-RPC of the node",
    "Over HTTP and WebSocket on one port (`9944`, or the next free one). Polkadot's clients work unchanged; `pha_*` are ours. " +
      "Parameters are given by position; `?` marks those that may be absent. Hashes and bytes are `0x`-hex. Methods that " +
      "subscribe need a WebSocket and answer with the subscription's id. Any method may answer `rpc/busy`, `rpc/deadline` and, " +
      "for parameters that do not fit, `rpc/invalid-params`; [error codes](../errors.md) says what to do.",
    parts,
  );
}

function firstStatement(group: string): ts.Node {
  const [first] = sourceFile(`${FOLDER}/methods/${group}.ts`).statements;
  if (first === undefined) throw new Error(`${group} is empty`);
  return first;
}

/** All methods in the order of the sources. */
export function rpcMethods(): readonly RpcMethodDocs[] {
  const files = filesUnder(FOLDER, /\.ts$/).filter((path) => !isTest(path));
  const shared = functionsOf(files.filter((path) => !path.includes("/methods/")));
  return files
    .filter((path) => path.includes("/methods/"))
    .flatMap((path) => {
      const functions = new Map([...shared, ...functionsOf([path])]);
      return [...nodesOf(sourceFile(path))]
        .filter(ts.isPropertyAssignment)
        .filter(isMethod)
        .map((property) => methodOf(property, path, functions));
    });
}

/** Of a table of methods, not of what one of them answers. */
function isMethod({ name, parent }: ts.PropertyAssignment): boolean {
  return METHOD.test(name.getText()) && !ts.isPropertyAssignment(parent.parent);
}

function methodOf(
  property: ts.PropertyAssignment,
  path: string,
  functions: ReadonlyMap<string, ts.Node>,
): RpcMethodDocs {
  const { text, tags } = docComment(property);
  const found: Found = { params: new Map(), errors: new Set() };
  visit(property.initializer, functions, new Map(), found, []);
  const given = tags.filter(({ name }) => name === "param").map(({ text: one }) => paramText(one));
  for (const { text: thrown } of tags.filter(({ name }) => name === "throws"))
    for (const [, error = ""] of thrown.matchAll(/`([^`]+)`/g)) found.errors.add(error);
  found.errors.delete("rpc/invalid-params");
  const read = [...found.params].sort(([a], [b]) => a - b).map(([, one]) => one);
  return {
    name: property.name.getText(),
    group: path.replace(/^.*\//, "").replace(/\.ts$/, ""),
    docs: text,
    params: [
      ...read.filter((one) => !given.some((other) => other.startsWith(one.split(":")[0] ?? ""))),
      ...given,
    ],
    errors: [...found.errors].sort(),
  };
}

/** `hash one hash, or a list` → `hash: one hash, or a list`. */
function paramText(text: string): string {
  const [name = "", ...rest] = text.split(" ");
  const optional = rest.join(" ").replace(/; optional$/, "");
  return `${name}${optional === rest.join(" ") ? "" : "?"}: ${optional}`;
}

interface Found {
  readonly params: Map<number, string>;
  readonly errors: Set<string>;
}

/** Functions by name, those that constants hold included. */
function functionsOf(paths: readonly string[]): ReadonlyMap<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  for (const path of paths)
    for (const node of nodesOf(sourceFile(path))) {
      if (ts.isFunctionDeclaration(node) && node.name) found.set(node.name.text, node);
      if (
        ts.isVariableDeclaration(node) &&
        node.initializer &&
        ts.isArrowFunction(node.initializer)
      )
        found.set(node.name.getText(), node.initializer);
    }
  return found;
}

/** @param known numbers that the parameters of the function stand for */
function visit(
  node: ts.Node,
  functions: ReadonlyMap<string, ts.Node>,
  known: ReadonlyMap<string, number>,
  found: Found,
  path: readonly ts.Node[],
): void {
  if (path.includes(node)) return;
  // A method that is a function by name: `chain_getHead: blockHash`.
  const named = ts.isIdentifier(node) ? functions.get(node.text) : undefined;
  if (named !== undefined) visit(named, functions, new Map(), found, [...path, node]);
  for (const inner of nodesOf(node)) {
    if (ts.isNewExpression(inner) && inner.expression.getText() === "PhaError") {
      const [first] = inner.arguments ?? [];
      if (first && ts.isStringLiteral(first)) found.errors.add(first.text);
    }
    if (ts.isCallExpression(inner)) visitCall(inner, functions, known, found, [...path, node]);
  }
}

function visitCall(
  call: ts.CallExpression,
  functions: ReadonlyMap<string, ts.Node>,
  known: ReadonlyMap<string, number>,
  found: Found,
  path: readonly ts.Node[],
): void {
  const callee = ts.isPropertyAccessExpression(call.expression)
    ? call.expression.name.text
    : call.expression.getText();
  for (const error of IMPLIED.get(callee) ?? []) found.errors.add(error);
  const [, index, label] = call.arguments;
  const type = READERS.get(callee);
  if (type !== undefined && index && label) {
    const at = numberOf(index, known);
    const isOptional = callee.startsWith("optional") || isMaybeAbsent(call);
    if (at !== undefined && ts.isStringLiteral(label))
      found.params.set(at, `${label.text}${isOptional ? "?" : ""}: ${type}`);
    return;
  }
  const called = ts.isIdentifier(call.expression) ? functions.get(callee) : undefined;
  if (called === undefined) return;
  const parameters =
    ts.isFunctionDeclaration(called) || ts.isArrowFunction(called) ? called.parameters : [];
  const numbers = new Map<string, number>();
  for (const [position, { name }] of parameters.entries()) {
    const given = call.arguments[position];
    const value = given && numberOf(given, known);
    if (value !== undefined) numbers.set(name.getText(), value);
  }
  visit(called, functions, numbers, found, path);
}

/** `isAbsent(params[0]) ? [] : keysParam(…)`. */
function isMaybeAbsent(call: ts.CallExpression): boolean {
  const { parent } = call;
  return ts.isConditionalExpression(parent) && parent.condition.getText().startsWith("isAbsent(");
}

function numberOf(node: ts.Expression, known: ReadonlyMap<string, number>): number | undefined {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  return ts.isIdentifier(node) ? known.get(node.text) : undefined;
}
