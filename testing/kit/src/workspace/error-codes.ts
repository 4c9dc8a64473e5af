/** Every error code in the sources, with its text and hint where the place that makes it gives them. */
import ts from "typescript";
import { ERROR_AREAS } from "./error-areas.ts";
import { productSources, readText } from "./files.ts";

export interface ErrorCode {
  readonly code: string;
  readonly text: string;
  readonly hint: string;
}

const CODE = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/;
/** Words with a slash that are no codes: media types, topics. */
const NOT_AREAS = new Set(["application", "text", "image", "pha", "node", "multipart"]);
/** The one code of `node/…`; `node:` modules are written with a colon. */
const NODE_CODES = /^node\/no-finality$/;

function isCode(text: string): boolean {
  if (NODE_CODES.test(text)) return true;
  return CODE.test(text) && !NOT_AREAS.has(text.slice(0, text.indexOf("/")));
}

interface Site {
  readonly text?: string | undefined;
  readonly hint?: string | undefined;
}

let found: readonly ErrorCode[] | undefined;

/** Codes in the order of their names; the sources are read once. */
export function errorCodes(): readonly ErrorCode[] {
  found ??= findCodes();
  return found;
}

function findCodes(): readonly ErrorCode[] {
  const sites = new Map<string, Site>();
  for (const path of productSources())
    for (const [code, site] of sitesIn(path, readText(path))) {
      const known = sites.get(code);
      sites.set(code, known === undefined || rank(site) > rank(known) ? site : known);
    }
  return [...sites]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { text, hint }]) => ({
      code,
      text: sentence(text ?? spoken(code)),
      hint: sentence(hint ?? ERROR_AREAS[areaOf(code)]?.hint ?? ""),
    }));
}

/** A place with text and hint says more than a bare code; one that blames ourselves says less to others. */
function rank({ text, hint }: Site): number {
  if (hint !== undefined && /^report this/i.test(hint)) return -1;
  return (text === undefined ? 0 : 1) + (hint === undefined ? 0 : 2);
}

export function areaOf(code: string): string {
  return code.slice(0, code.indexOf("/"));
}

function spoken(code: string): string {
  return code.slice(code.indexOf("/") + 1).replaceAll("-", " ");
}

function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function sitesIn(path: string, text: string): readonly (readonly [string, Site])[] {
  const found: (readonly [string, Site])[] = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && isCode(node.text) && !isImport(node))
      found.push([node.text, siteOf(node)]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isImport(node: ts.StringLiteral): boolean {
  const { parent } = node;
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent);
}

/** `new PhaError(code, text, { hint })`, `[code]: { title, hint }`, `{ code, message, hint }`. */
function siteOf(node: ts.StringLiteral): Site {
  const { parent } = node;
  if (
    (ts.isNewExpression(parent) || ts.isCallExpression(parent)) &&
    parent.arguments?.[0] === node
  ) {
    const rest = parent.arguments.slice(1);
    const options = rest.find(ts.isObjectLiteralExpression);
    const [text, second] = rest.map(textOf).filter((part) => part !== undefined);
    return { text, hint: (options && property(options, "hint")) ?? second };
  }
  if (ts.isPropertyAssignment(parent) && parent.name === node) {
    const value = parent.initializer;
    if (!ts.isObjectLiteralExpression(value)) return { hint: textOf(value) };
    return {
      text: property(value, "title") ?? property(value, "message"),
      hint: property(value, "hint"),
    };
  }
  if (ts.isPropertyAssignment(parent) && ts.isObjectLiteralExpression(parent.parent))
    return { text: property(parent.parent, "message"), hint: property(parent.parent, "hint") };
  return {};
}

function property(object: ts.ObjectLiteralExpression, name: string): string | undefined {
  for (const member of object.properties)
    if (ts.isPropertyAssignment(member) && member.name.getText() === name)
      return textOf(member.initializer);
  return undefined;
}

/** Text of a literal; what a template inserts becomes `…`. A name that stands for a text is looked up in its file. */
function textOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
  if (ts.isIdentifier(node)) return constant(node);
  return undefined;
}

function constant(name: ts.Identifier): string | undefined {
  for (const statement of name.getSourceFile().statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name: declared, initializer } of statement.declarationList.declarations)
      if (declared.getText() === name.text && initializer && ts.isStringLiteral(initializer))
        return initializer.text;
  }
  return undefined;
}
