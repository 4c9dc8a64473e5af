/** Determinism lint: finds in the author's source what replicas could answer differently, or what the engine lacks. */
import ts from "typescript";
import type { BuildProblem } from "./problem.ts";

/** Name → what to use instead. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  Date: "ctx.block.timestampMs",
  Intl: "your own formatting; contracts have no locale",
  performance: "nothing; contracts have no clock",
  setTimeout: "nothing; calls are synchronous",
  setInterval: "nothing; calls are synchronous",
  fetch: "arguments; contracts have no network",
  process: "arguments; contracts have no environment",
  require: "import",
  eval: "ordinary code",
  Function: "ordinary functions",
  WeakRef: "ordinary references",
  FinalizationRegistry: "nothing; contracts see no garbage collection",
  SharedArrayBuffer: "ArrayBuffer",
  Atomics: "ordinary code; contracts have one thread",
  Promise: "synchronous code",
  WebAssembly: "TypeScript",
  crypto: "ctx.random() and ctx.pseudonym()",
  console: "ctx.log(), where the declaration says logs",
};

const LOCALE_METHODS = new Set([
  "toLocaleString",
  "localeCompare",
  "toLocaleUpperCase",
  "toLocaleLowerCase",
]);

export function lintSource(source: ts.SourceFile): readonly BuildProblem[] {
  const problems: BuildProblem[] = [];
  const report = (node: ts.Node, message: string): void => {
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
    problems.push({
      code: "build/not-deterministic",
      file: source.fileName,
      line: line + 1,
      column: character + 1,
      message,
      text: source.text.split("\n")[line] ?? "",
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isReference(node)) {
      const instead = Object.hasOwn(FORBIDDEN, node.text) ? FORBIDDEN[node.text] : undefined;
      if (instead !== undefined)
        report(node, `${node.text} is not there in contracts; use ${instead}`);
    }
    if (ts.isPropertyAccessExpression(node)) {
      const { name, expression } = node;
      if (name.text === "random" && ts.isIdentifier(expression) && expression.text === "Math")
        report(node, "Math.random differs between replicas; use ctx.random()");
      if (LOCALE_METHODS.has(name.text)) report(node, `${name.text} depends on a locale`);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      report(node, "contracts are one file; import at the top instead of import()");
    if (ts.isAwaitExpression(node)) report(node, "calls are synchronous; remove await");
    if (isFunction(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword))
      report(node, "calls are synchronous; remove async");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}

function isFunction(
  node: ts.Node,
): node is
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node)
  );
}

/** A use of the global, not a property, a label or a name that is declared here. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent))
    return "initializer" in parent && parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isFunctionDeclaration(parent)) return false;
  return true;
}
