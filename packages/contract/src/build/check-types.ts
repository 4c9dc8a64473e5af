/** Type check of a contract as strict as our own code, without Node and DOM. */
import ts from "typescript";
import type { BuildProblem } from "./problem.ts";

export const CHECK_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts"],
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
};

export interface CheckedSource {
  readonly problems: readonly BuildProblem[];
  /** The author's own files. */
  readonly sources: readonly ts.SourceFile[];
}

/** @param program of the author's entry, made with `CHECK_OPTIONS` */
export function checkTypes(program: ts.Program): CheckedSource {
  const own = program
    .getSourceFiles()
    .filter(({ fileName, isDeclarationFile }) => !isDeclarationFile && !isLibrary(fileName));
  const problems = own.flatMap((source) =>
    [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (diagnostic) => problemOf(diagnostic, source),
    ),
  );
  return { problems, sources: own };
}

/** Our own packages and everything installed. */
function isLibrary(file: string): boolean {
  return file.includes("/node_modules/") || /\/packages\/(scale|contract)\/src\//.test(file);
}

function problemOf(diagnostic: ts.Diagnostic, source: ts.SourceFile): BuildProblem {
  const { line, character } = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
  return {
    code: "build/type-error",
    file: source.fileName,
    line: line + 1,
    column: character + 1,
    message: ts.flattenDiagnosticMessageText(diagnostic.messageText, " "),
    text: source.text.split("\n")[line] ?? "",
  };
}
