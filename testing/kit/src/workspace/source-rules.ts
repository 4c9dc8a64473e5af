/**
 * Rules of the house style that neither compiler, linter nor dependency rules know.
 *
 * Cores: no `Math.random`, nothing asynchronous, no function of the locale, a sort without comparator
 * only with a comment that names the order. Everywhere: `as`
 * only with a comment that says why it holds, no `export *` in an index, a TODO names its issue, a `PhaError` says what to
 * do.
 */
import ts from "typescript";

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: SourceRule;
}

export type SourceRule =
  | "no-random"
  | "no-async"
  | "no-locale"
  | "sort-needs-order"
  | "as-needs-reason"
  | "index-lists-names"
  | "error-needs-hint"
  | "todo-needs-issue";

const CORE =
  /^packages\/(scale|crypto|protocol|state|consensus|frame|runtime|attestation|contract)\/src\/|^packages\/pruntime\/src\/(core|wire)\/|^packages\/network\/src\/(wire|peers)\//;
const NOT_CORE = /\.(node|web)\.ts$|^packages\/contract\/src\/(build|testing)\/|\/(testing|test)\//;

export function isCore(path: string): boolean {
  return CORE.test(path) && !NOT_CORE.test(path);
}

/** Lines above an assertion in which its reason may stand. */
const REASON_LINES = 4;

export function violationsIn(path: string, text: string): readonly Violation[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const lines = text.split("\n");
  const found: Violation[] = [];
  const report = (rule: SourceRule, line: number): void => {
    found.push({ path, line: line + 1, rule });
  };
  const lineOf = (node: ts.Node): number =>
    source.getLineAndCharacterOfPosition(node.getStart(source)).line;
  const core = isCore(path);
  const visit = (node: ts.Node): void => {
    if (core)
      for (const rule of coreRules(node))
        if (rule !== "sort-needs-order" || !hasComment(lines, lineOf(node)))
          report(rule, lineOf(node));
    if (ts.isAsExpression(node) && !isConst(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.type.getStart(source));
      if (!hasComment(lines, line)) report("as-needs-reason", line);
    }
    if (ts.isNewExpression(node) && !hasHint(node)) report("error-needs-hint", lineOf(node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  lines.forEach((line, at) => {
    if (/\bTODO\b(?!\(#\d+\))/.test(line)) report("todo-needs-issue", at);
    if (path.endsWith("/index.ts") && /^export \* from/.test(line)) report("index-lists-names", at);
  });
  return found;
}

function isConst(node: ts.AsExpression): boolean {
  return ts.isTypeReferenceNode(node.type) && node.type.getText() === "const";
}

/** Whether a new `PhaError` tells a person what to do; true of everything else. */
function hasHint({ expression, arguments: given }: ts.NewExpression): boolean {
  if (expression.getText() !== "PhaError") return true;
  const options = given?.[2];
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return false;
  return options.properties.some((member) => member.name?.getText() === "hint");
}

/** Whether a comment stands on the line or shortly above it. */
function hasComment(lines: readonly string[], line: number): boolean {
  return lines
    .slice(Math.max(0, line - REASON_LINES), line + 1)
    .some((text) => /\/\/|\*\/|^\s*\*/.test(text));
}

function coreRules(node: ts.Node): readonly SourceRule[] {
  if (ts.isPropertyAccessExpression(node)) {
    const name = node.name.text;
    if (name === "random" && node.expression.getText() === "Math") return ["no-random"];
    if (/^toLocale|^localeCompare$/.test(name)) return ["no-locale"];
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name } = node.expression;
    if (/^(sort|toSorted)$/.test(name.text) && node.arguments.length === 0)
      return ["sort-needs-order"];
  }
  if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return ["no-async"];
  if (ts.isTypeReferenceNode(node) && node.typeName.getText() === "Promise") return ["no-async"];
  return [];
}
