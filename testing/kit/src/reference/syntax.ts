/** What the reference pages read of the sources: declarations, their comments and their texts. */
import ts from "typescript";
import { readText } from "../workspace/files.ts";

const parsed = new Map<string, ts.SourceFile>();

/** A source file of the workspace, parsed once. */
export function sourceFile(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known !== undefined) return known;
  const file = ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2023, true);
  parsed.set(path, file);
  return file;
}

export interface DocComment {
  /** Text before the first tag, its lines joined to paragraphs. */
  readonly text: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
}

/** The comment before a declaration, or nothing. */
export function docComment(node: ts.Node): DocComment {
  const [range] = (ts.getLeadingCommentRanges(node.getSourceFile().text, node.pos) ?? []).slice(-1);
  const raw = range && node.getSourceFile().text.slice(range.pos, range.end);
  return raw?.startsWith("/**") ? readComment(raw) : { text: "", tags: [] };
}

function readComment(raw: string): DocComment {
  const lines = raw
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  // A tag may follow the text on its line: `/** What it is. @default 7 */`.
  const [text = "", ...tags] = lines
    .join("\n")
    .split(/(?:^|\s)@(?=(?:default|throws|param|returns|see)\b)/);
  return {
    text: paragraphs(text),
    tags: tags.map((tag) => {
      const [, name = "", rest = ""] = /^(\w+)([\s\S]*)$/.exec(tag) ?? [];
      return { name, text: paragraphs(rest) };
    }),
  };
}

function paragraphs(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((one) => one.trim().replaceAll(/\s*\n\s*/g, " "))
    .filter((one) => one !== "")
    .join("\n\n");
}

/** Every node below one, itself first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}

/** The declaration that a file exports, or has at its top, under a name. */
export function declarationOf(file: ts.SourceFile, name: string): ts.Statement | undefined {
  return file.statements.find((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.some((one) => one.name.getText() === name)
      : (ts.isFunctionDeclaration(statement) ||
          ts.isInterfaceDeclaration(statement) ||
          ts.isTypeAliasDeclaration(statement) ||
          ts.isClassDeclaration(statement)) &&
        statement.name?.text === name,
  );
}

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly docs: DocComment;
}

/** Fields of an interface in their order. */
export function fieldsOf(path: string, name: string): readonly Field[] {
  const found = declarationOf(sourceFile(path), name);
  if (found === undefined || !ts.isInterfaceDeclaration(found))
    throw new Error(`${path} declares no interface ${name}`);
  return found.members.filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(),
    type: (member.type?.getText() ?? "unknown").replaceAll(/\s+/g, " "),
    isOptional: member.questionToken !== undefined,
    docs: docComment(member),
  }));
}

/** Text of a string, or of one that a constant of the same file names. */
export function stringOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isIdentifier(node)) return undefined;
  const declared = declarationOf(node.getSourceFile(), node.text);
  if (declared === undefined || !ts.isVariableStatement(declared)) return undefined;
  const one = declared.declarationList.declarations.find(
    ({ name }) => name.getText() === node.text,
  );
  return one?.initializer && ts.isStringLiteralLike(one.initializer)
    ? one.initializer.text
    : undefined;
}

/** What an object literal says under a name. */
export function propertyOf(
  node: ts.ObjectLiteralExpression,
  name: string,
): ts.Expression | undefined {
  const found = node.properties
    .filter(ts.isPropertyAssignment)
    .find((property) => property.name.getText().replaceAll('"', "") === name);
  return found?.initializer;
}
