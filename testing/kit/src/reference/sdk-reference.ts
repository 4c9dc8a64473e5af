/** `docs/reference/sdk.md`: what `@pha/sdk` exports, with comments and signatures as the sources have them. */
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { block, page } from "./page.ts";
import { declarationOf, docComment, sourceFile } from "./syntax.ts";

const ENTRY = "packages/sdk/src/index.ts";
const LIGHT = "packages/sdk/src/light/index.ts";
const AUDIT = "packages/sdk/src/audit/index.ts";
const DEPLOY = "packages/sdk/src/deploy/index.ts";
const LOGS = "packages/sdk/src/logs/index.ts";
const WALLETS = "packages/sdk/src/wallets/index.ts";

/** Folder → what its part of the page is called. */
const PARTS: Readonly<Record<string, string>> = {
  ".": "Client",
  chain: "Chain and accounts",
  contracts: "Contracts: commands and queries",
  verify: "Verification",
  receipt: "Receipts",
  metadata: "Metadata",
  rpc: "Transport",
};

export interface SdkExport {
  readonly name: string;
  readonly path: string;
  readonly docs: string;
  readonly throws: string;
  readonly declaration: string;
}

export function sdkReference(): string {
  const all = sdkExports();
  const parts = Object.entries(PARTS).flatMap(([folder, title]) => {
    const own = all.filter(({ path }) => dirname(path) === normalize(`packages/sdk/src/${folder}`));
    return [`## ${title}`, ...own.flatMap(exportPart)];
  });
  return page(
    "SDK",
    "`@pha/sdk` for Node and browsers. How it is used, with programs to copy, is in the " +
      "[package's README](../../packages/sdk/README.md); the [tutorial](../tutorial.md) needs only the command line. Values of " +
      "`Result` have `ok` and then `value` or `error`; what throws throws `PhaError` with one of the [error codes](../errors.md).",
    [
      ...parts,
      "## Light client: @pha/sdk/light",
      ...sdkExports(LIGHT).flatMap(exportPart),
      "## Audit: @pha/sdk/audit",
      ...sdkExports(AUDIT).flatMap(exportPart),
      "## New contracts: @pha/sdk/deploy",
      ...sdkExports(DEPLOY).flatMap(exportPart),
      "## Logs of contracts: @pha/sdk/logs",
      ...sdkExports(LOGS).flatMap(exportPart),
      "## Wallets in pages: @pha/sdk/wallets",
      ...sdkExports(WALLETS).flatMap(exportPart),
    ],
  );
}

function exportPart({ name, docs, throws, declaration }: SdkExport): readonly string[] {
  return [
    `### ${name}`,
    ...(docs === "" ? [] : [docs]),
    block("ts declared", declaration),
    ...(throws === "" ? [] : [`Throws ${throws}.`]),
  ];
}

/** Exports of an entry in its order. */
export function sdkExports(entry = ENTRY): readonly SdkExport[] {
  return sourceFile(entry)
    .statements.filter(ts.isExportDeclaration)
    .flatMap(({ exportClause, moduleSpecifier }) => {
      if (!exportClause || !ts.isNamedExports(exportClause) || !moduleSpecifier) return [];
      if (!ts.isStringLiteral(moduleSpecifier)) return [];
      const path = normalize(join(dirname(entry), moduleSpecifier.text));
      return exportClause.elements.map(({ name }) => exportOf(path, name.text));
    });
}

function exportOf(path: string, name: string): SdkExport {
  const declared = declarationOf(sourceFile(path), name);
  if (declared === undefined) throw new Error(`${path} does not declare ${name}`);
  const { text, tags } = docComment(declared);
  const throws = tags
    .filter((tag) => tag.name === "throws")
    .map((tag) => tag.text.replace(/^PhaError\s*/, "").replace(/\.$/, ""))
    .join("; ");
  return { name, path, docs: text, throws, declaration: declarationText(declared) };
}

/** Without `export`, without bodies and without values that do not say anything to a reader. */
function declarationText(declared: ts.Statement): string {
  const text = declared.getText();
  if (ts.isFunctionDeclaration(declared) && declared.body)
    return clean(text.slice(0, declared.body.getStart() - declared.getStart()).trimEnd());
  if (ts.isVariableStatement(declared) && text.includes("\n"))
    return clean(text.slice(0, text.indexOf(" = ")));
  return clean(text);
}

function clean(text: string): string {
  return text.replace(/^export /, "").replace(/^async function/, "function");
}
