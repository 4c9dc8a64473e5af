/**
 * Texts that tests assert.
 *
 * A text counts when it flows into an argument of a matcher, `expect(subject).toBe(text)`: written there, through a
 * constant, through the column of a table that a loop or `test.each` walks, or through the parameter of a helper that
 * asserts it. A comment, a list that nobody compares, a matcher behind `.not`, a skipped test and a subject that is
 * itself a literal do not count.
 */
import ts from "typescript";
import {
  bind,
  callsByName,
  functionName,
  isCallResult,
  isExported,
  isMatcher,
  isSkipped,
  isTransparent,
  nameOf,
  patternOf,
  rootOf,
  type SourceText,
  unwrap,
} from "./test-syntax.ts";

/** Step into a value: an element by position, a member by name, or any element. */
type Step = number | string | typeof ANY;
type Path = readonly Step[];
const ANY = Symbol("any element");

/** Every asserted text of these files; helpers that live in one and are called in another are followed. */
export function assertedTexts(files: readonly SourceText[]): ReadonlySet<string> {
  const { checker, sources } = bind(files);
  const calls = callsByName(sources);
  const found = new Set<string>();
  const seen = new Map<ts.Node, Set<string>>();

  const follow = (node: ts.Node, path: Path): void => {
    const key = path.map(String).join("/");
    const paths = seen.get(node) ?? new Set();
    if (paths.has(key)) return;
    seen.set(node, paths.add(key));
    followNew(node, path);
  };

  const followNew = (node: ts.Node, path: Path): void => {
    const [step, ...rest] = path;
    if (isTransparent(node)) follow(node.expression, path);
    else if (ts.isIdentifier(node)) followName(node, path);
    else if (ts.isPropertyAccessExpression(node))
      follow(node.expression, [node.name.text, ...path]);
    else if (ts.isElementAccessExpression(node))
      follow(node.expression, [indexOf(node.argumentExpression), ...path]);
    else if (ts.isConditionalExpression(node))
      for (const branch of [node.whenTrue, node.whenFalse]) follow(branch, path);
    else if (ts.isArrayLiteralExpression(node)) followElements(node.elements, step, rest);
    else if (ts.isObjectLiteralExpression(node)) followMembers(node, step, rest);
    else if (ts.isCallExpression(node) || ts.isNewExpression(node)) followCall(node, path);
    else if (step === undefined) followText(node);
  };

  const followText = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.add(node.text);
    else if (ts.isRegularExpressionLiteral(node)) found.add(patternOf(node));
    else if (ts.isTemplateExpression(node)) {
      found.add(node.getText());
      for (const { expression } of node.templateSpans) follow(expression, []);
    } else if (!ts.isFunctionLike(node)) ts.forEachChild(node, (child) => follow(child, []));
  };

  const followElements = (
    elements: ts.NodeArray<ts.Expression>,
    step: Step | undefined,
    rest: Path,
  ): void => {
    for (const [at, element] of elements.entries())
      if (ts.isSpreadElement(element)) follow(element.expression, step === undefined ? [] : [ANY]);
      else if (step === undefined || step === ANY || step === at) follow(element, rest);
  };

  const followMembers = (
    node: ts.ObjectLiteralExpression,
    step: Step | undefined,
    rest: Path,
  ): void => {
    for (const member of node.properties) {
      if (ts.isSpreadAssignment(member)) {
        follow(member.expression, step === undefined ? [] : [step, ...rest]);
        continue;
      }
      if (step !== undefined && step !== ANY && step !== nameOf(member)) continue;
      if (ts.isPropertyAssignment(member)) follow(member.initializer, rest);
      else if (ts.isShorthandPropertyAssignment(member)) {
        const symbol = checker.getShorthandAssignmentValueSymbol(member);
        for (const declaration of symbol?.declarations ?? []) followDeclaration(declaration, rest);
      }
    }
  };

  const followCall = (node: ts.CallExpression | ts.NewExpression, path: Path): void => {
    const callee = node.expression.getText();
    const [first] = node.arguments ?? [];
    const [step, column, ...rest] = path;
    if (callee === "Object.keys" || callee === "Object.entries") {
      const names = callee === "Object.keys" || column === 0;
      if (first === undefined) return;
      if (step === undefined || names) followKeys(first);
      if (step === undefined || (!names && column !== undefined)) follow(first, [ANY, ...rest]);
      return;
    }
    if (ts.isPropertyAccessExpression(node.expression) && !/^(expect|Object)$/.test(rootOf(node)))
      follow(node.expression.expression, path);
    for (const argument of node.arguments ?? [])
      if (!ts.isFunctionLike(argument)) follow(argument, ts.isNewExpression(node) ? path : []);
  };

  const followKeys = (node: ts.Expression): void => {
    if (ts.isIdentifier(node)) {
      for (const declaration of checker.getSymbolAtLocation(node)?.declarations ?? [])
        if (ts.isVariableDeclaration(declaration) && declaration.initializer)
          followKeys(declaration.initializer);
    } else if (isTransparent(node)) followKeys(node.expression);
    else if (ts.isObjectLiteralExpression(node))
      for (const member of node.properties) {
        const name = nameOf(member);
        if (name !== undefined) found.add(name);
      }
  };

  const followName = (node: ts.Identifier, path: Path): void => {
    for (const declaration of checker.getSymbolAtLocation(node)?.declarations ?? [])
      followDeclaration(declaration, path);
  };

  const followDeclaration = (declaration: ts.Node, path: Path): void => {
    if (ts.isBindingElement(declaration)) {
      const { parent } = declaration;
      const step: Step = ts.isArrayBindingPattern(parent)
        ? parent.elements.indexOf(declaration)
        : (declaration.propertyName ?? declaration.name).getText();
      followDeclaration(parent.parent, [step, ...path]);
    } else if (ts.isVariableDeclaration(declaration)) {
      const loop = declaration.parent.parent;
      if (ts.isForOfStatement(loop)) follow(loop.expression, [ANY, ...path]);
      else if (declaration.initializer && !isCallResult(declaration.initializer))
        follow(declaration.initializer, path);
    } else if (ts.isParameter(declaration)) followParameter(declaration, path);
  };

  /** What callers give for a parameter: rows of a table, elements of a list, arguments of a helper. */
  const followParameter = (parameter: ts.ParameterDeclaration, path: Path): void => {
    const { parent } = parameter;
    const at = parent.parameters.indexOf(parameter);
    const call = parent.parent;
    if (ts.isCallExpression(call) && !ts.isCallExpression(call.expression)) {
      const { expression } = call;
      if (ts.isPropertyAccessExpression(expression) && at === 0)
        follow(expression.expression, [ANY, ...path]);
      return;
    }
    if (ts.isCallExpression(call) && ts.isCallExpression(call.expression)) {
      const [table] = call.expression.arguments;
      if (table === undefined || !/\.each$/.test(call.expression.expression.getText())) return;
      follow(table, hasRowArrays(table) ? [ANY, at, ...path] : [ANY, ...path]);
      return;
    }
    for (const use of calls.get(functionName(parent) ?? "") ?? []) {
      const sameFile = use.getSourceFile() === parent.getSourceFile();
      const argument = use.arguments[at];
      if (argument !== undefined && (sameFile || isExported(parent))) follow(argument, path);
    }
  };

  const hasRowArrays = (table: ts.Expression): boolean => {
    if (isTransparent(table)) return hasRowArrays(table.expression);
    if (ts.isArrayLiteralExpression(table))
      return table.elements.some((row) => ts.isArrayLiteralExpression(unwrap(row)));
    if (ts.isIdentifier(table))
      return (checker.getSymbolAtLocation(table)?.declarations ?? []).some(
        (one) => ts.isVariableDeclaration(one) && one.initializer && hasRowArrays(one.initializer),
      );
    return ts.isCallExpression(table) && table.expression.getText() === "Object.entries";
  };

  for (const source of sources) {
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) {
        if (isSkipped(node)) return;
        if (isMatcher(node)) for (const argument of node.arguments) follow(argument, []);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

function indexOf(node: ts.Expression): Step {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  return ts.isStringLiteralLike(node) ? node.text : ANY;
}
