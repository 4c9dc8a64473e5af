/** The syntax of tests: matchers, skipped tests, tables, helpers and who calls them. */
import ts from "typescript";

export interface SourceText {
  readonly path: string;
  readonly text: string;
}

export function bind(files: readonly SourceText[]): {
  readonly checker: ts.TypeChecker;
  readonly sources: readonly ts.SourceFile[];
} {
  const sources = new Map(
    files.map(({ path, text }) => [
      path,
      ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true),
    ]),
  );
  const host: ts.CompilerHost = {
    getSourceFile: (path) => sources.get(path),
    getDefaultLibFileName: () => "lib.d.ts",
    writeFile: () => undefined,
    getCurrentDirectory: () => "",
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (path) => sources.has(path),
    readFile: () => undefined,
  };
  const options = { noLib: true, noResolve: true, target: ts.ScriptTarget.ES2023, types: [] };
  const program = ts.createProgram([...sources.keys()], options, host);
  return { checker: program.getTypeChecker(), sources: [...sources.values()] };
}

export function callsByName(
  sources: readonly ts.SourceFile[],
): ReadonlyMap<string, readonly ts.CallExpression[]> {
  const calls = new Map<string, ts.CallExpression[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      if (isSkipped(node)) return;
      const name = ts.isPropertyAccessExpression(node.expression)
        ? node.expression.name.text
        : node.expression.getText();
      const known = calls.get(name);
      if (known === undefined) calls.set(name, [node]);
      else known.push(node);
    }
    ts.forEachChild(node, visit);
  };
  for (const source of sources) visit(source);
  return calls;
}

/** `expect(subject)….toX(…)`, not negated, about something that was computed. */
export function isMatcher(node: ts.CallExpression): boolean {
  const names: string[] = [];
  let at: ts.Expression = node.expression;
  while (ts.isPropertyAccessExpression(at)) {
    names.push(at.name.text);
    at = at.expression;
  }
  if (names.length === 0 || names.includes("not") || !ts.isCallExpression(at)) return false;
  const root = at.expression.getText();
  if (!/^expect(\.poll|\.soft)?$/.test(root)) return false;
  const [subject] = at.arguments;
  return subject !== undefined && !ts.isStringLiteralLike(subject);
}

export function isSkipped(node: ts.CallExpression): boolean {
  return /^(test|it|describe)\.(skip|todo)$/.test(node.expression.getText());
}

export function isTransparent(
  node: ts.Node,
): node is
  | ts.ParenthesizedExpression
  | ts.AsExpression
  | ts.SatisfiesExpression
  | ts.NonNullExpression
  | ts.AwaitExpression {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAwaitExpression(node)
  );
}

export function unwrap(node: ts.Expression): ts.Expression {
  return isTransparent(node) ? unwrap(node.expression) : node;
}

/** A constant that holds what a call gave says nothing about the call's arguments. */
export function isCallResult(node: ts.Expression): boolean {
  const inner = unwrap(node);
  return ts.isCallExpression(inner) && !/^Object\./.test(inner.expression.getText());
}

export function rootOf(node: ts.CallExpression | ts.NewExpression): string {
  let at: ts.Expression = node.expression;
  while (ts.isPropertyAccessExpression(at)) at = at.expression;
  return at.getText();
}

export function nameOf(member: ts.ObjectLiteralElementLike): string | undefined {
  const { name } = member;
  if (name === undefined) return undefined;
  return ts.isStringLiteralLike(name) ? name.text : name.getText();
}

export function functionName(node: ts.SignatureDeclaration): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) return node.name?.getText();
  const { parent } = node;
  const named = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return named ? parent.name.getText() : undefined;
}

export function isExported(node: ts.SignatureDeclaration): boolean {
  if (ts.isMethodDeclaration(node) || ts.isPropertyAssignment(node.parent)) return true;
  const holder = ts.isFunctionDeclaration(node) ? node : node.parent.parent?.parent;
  return (
    holder !== undefined &&
    ts.canHaveModifiers(holder) &&
    (ts.getModifiers(holder) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

/** A pattern's text, its slashes not escaped. */
export function patternOf(node: ts.RegularExpressionLiteral): string {
  return node.text.slice(1, node.text.lastIndexOf("/")).replaceAll("\\/", "/");
}
